"""Planted bugs: each is caught, by a sanitizer with its line, or here by a wrong result."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.knetengine.gpu.host import planted
from tests.knetengine.gpu.host.compiling import sanitizer_runtime
from tests.knetengine.gpu.host.sanitized import Outcome, run_sanitized

Record = Callable[[str, object], None]
HERE = "tests.knetengine.gpu.host.planted"

with_address = pytest.mark.skipif(sanitizer_runtime("address") is None, reason="no libasan")
with_thread = pytest.mark.skipif(sanitizer_runtime("thread") is None, reason="no libtsan")


def line(name: str, text: str) -> str:
    """The place, as reports have it, of the line of a source that has this text."""
    lines = planted.SOURCES[name].splitlines()
    return f"kernels.cu:{next(k for k, each in enumerate(lines, 1) if text in each)}"


def only(outcome: Outcome, kind: str) -> tuple[str, ...]:
    """The lines of the reports, which are all of one kind, and at least one."""
    assert outcome.reports, outcome.output
    assert {report.kind for report in outcome.reports} == {kind}, str(outcome)
    return outcome.reports[0].places


@pytest.mark.parametrize("order", ["forward", "backward", 1])
def test_what_has_no_bug_is_right(order: str | int) -> None:
    for name in ("sum", "count"):
        assert planted.run(name, order) == planted.right(name)


@pytest.mark.parametrize("name", ["missing barrier before the tree", "missing barrier in the tree"])
def test_a_missing_barrier_gives_a_wrong_result_in_some_order(
    name: str, record_property: Record
) -> None:
    results = {order: planted.run(name, order) for order in ("forward", "backward", 1, 2, 3)}
    wrong = [order for order, found in results.items() if found != planted.right(name)]
    assert wrong, "every order gave the right result"
    record_property("planted on the host", f"a wrong result: {name}")


def test_an_uninitialised_shared_read_gives_nan(record_property: Record) -> None:
    for order in ("forward", 7):
        assert np.isnan(planted.run("uninitialised shared read", order)).all()
    record_property("planted on the host", "a wrong result: uninitialised shared read")


def test_two_blocks_that_write_one_place_depend_on_the_order(
    record_property: Record,
) -> None:
    found = {tuple(planted.run("two blocks write one place", order)) for order in ("forward", 1, 2)}
    assert len(found) > 1
    record_property("planted on the host", "a wrong result: two blocks write one place")


# AddressSanitizer


@with_address
def test_address_sanitizer_has_nothing_to_say_of_what_is_right() -> None:
    outcome = run_sanitized("address", HERE, "run", "sum")
    assert not outcome.reports, str(outcome)
    assert outcome.value == planted.right("sum")
    assert run_sanitized("address", HERE, "run_dynamic", 256).value == planted.right("sum")


@with_address
@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("one too many read", "use-after-poison", "from[i]"),
        ("one too many written", "use-after-poison", "atomicAdd"),
        ("shared array too short", "global-buffer-overflow", "= own"),
    ],
)
def test_out_of_bounds_is_caught_with_its_line(
    name: str, kind: str, text: str, record_property: Record
) -> None:
    places = only(run_sanitized("address", HERE, "run", name), kind)
    assert places[0] == line(name, text)
    record_property("planted on the host", f"AddressSanitizer: {name}")


@with_address
def test_short_dynamic_memory_and_given_back_blocks_are_caught(record_property: Record) -> None:
    outcome = run_sanitized("address", HERE, "run_dynamic", 252)
    assert only(outcome, "heap-buffer-overflow")[0].startswith("kernels.cu:")
    record_property("planted on the host", "AddressSanitizer: too little dynamic shared memory")
    outcome = run_sanitized("address", HERE, "run_after_release")
    assert only(outcome, "use-after-poison")[0] == line("sum", "from[i]")
    record_property("planted on the host", "AddressSanitizer: a block that was given back")


@with_address
def test_a_launch_that_fails_leaves_address_sanitizer_in_order() -> None:
    outcome = run_sanitized("address", HERE, "run_divergent")
    assert not outcome.reports, str(outcome)
    assert "barrier divergence" in outcome.value


# ThreadSanitizer


@with_thread
@pytest.mark.parametrize("order", ["forward", "backward", 5])
def test_thread_sanitizer_has_nothing_to_say_of_what_is_right(order: str | int) -> None:
    outcome = run_sanitized("thread", HERE, "run_both", order=order)
    assert not outcome.reports, str(outcome)
    assert outcome.value == [planted.right("sum"), planted.right("count")]


@with_thread
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("missing barrier before the tree", "part[threadIdx.x + half]"),
        ("missing barrier in the tree", "part[threadIdx.x + half]"),
        ("missing atomic", "to[i % 2] +="),
        ("two blocks write one place", "to[0] ="),
    ],
)
def test_a_race_is_caught_with_its_line(name: str, text: str, record_property: Record) -> None:
    outcome = run_sanitized("thread", HERE, "run", name)
    assert line(name, text) in only(outcome, "data race")
    record_property("planted on the host", f"ThreadSanitizer: {name}")


@with_thread
def test_a_launch_that_fails_leaves_thread_sanitizer_in_order() -> None:
    outcome = run_sanitized("thread", HERE, "run_divergent")
    assert not outcome.reports, str(outcome)
    assert "barrier divergence" in outcome.value
