"""Traces: recorded, kept in files, replayed; and what the default policy promises on them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.allocations import MODELS, lenet, trace_of
from benchmarks.recorded import EXAMPLES, recorded
from knetengine.gpu import memory_stats
from knetengine.gpu.memory import (
    POLICIES,
    Allocated,
    BestFit,
    Event,
    ExactSize,
    Freed,
    GrowingSegments,
    NoPool,
    Pool,
    TraceError,
    fit,
    read_trace,
    replay,
    write_trace,
)
from tests.knetengine.gpu.memory.scripted_device import ScriptedDevice

MIB = 1 << 20
HEAD = "event,block,bytes,stream\n"


def test_a_trace_begins_with_what_is_in_use() -> None:
    pool = Pool(ScriptedDevice())
    early = [pool.allocate(10), pool.allocate(20, "copies")]
    with pool.record_trace() as trace:
        block = pool.allocate(30)
        early.pop()
        other = pool.allocate(0)
        del block
    assert trace == [
        Allocated(1, 10),
        Allocated(2, 20, 1),
        Allocated(3, 30),
        Freed(2),
        Allocated(4, 0),
        Freed(3),
    ]
    early.clear()
    del other
    pool.allocate(40)
    assert len(trace) == 6  # nothing is recorded any more
    with pool.record_trace() as trace:
        pool.allocate(50)
    assert trace == [Allocated(1, 50), Freed(1)]


def test_an_example_on_the_cpu_asks_for_the_same_each_time() -> None:
    def sizes() -> list[int]:
        pools = memory_stats().pools
        held = pools["cpu"].blocks if "cpu" in pools else 0  # by other tests
        trace = recorded(EXAMPLES["housing.py"])
        return [event.nbytes for event in trace if isinstance(event, Allocated)][held:]

    first = sizes()
    assert len(first) > 400
    assert sizes() == first


def test_one_trace_at_a_time() -> None:
    pool = Pool(ScriptedDevice())
    with (
        pool.record_trace(),
        pytest.raises(RuntimeError, match="a trace of this pool is being recorded"),
        pool.record_trace(),
    ):
        pass


@st.composite
def traces(draw: st.DrawFn) -> list[Event]:
    trace: list[Event] = []
    live: list[int] = []
    for number in range(draw(st.integers(0, 40))):
        if live and draw(st.booleans()):
            trace.append(Freed(live.pop(draw(st.integers(0, len(live) - 1)))))
        else:
            trace.append(Allocated(number, draw(st.integers(0, 1 << 40)), draw(st.integers(0, 3))))
            live.append(number)
    return trace


@settings(deadline=None)
@given(trace=traces())
def test_a_trace_is_read_as_it_was_written(
    trace: list[Event], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("traces") / "trace.csv"
    write_trace(path, trace)
    assert read_trace(path) == trace


@settings(max_examples=30, deadline=None)
@given(trace=traces())
def test_a_replay_counts_what_is_in_use(trace: list[Event]) -> None:
    live: dict[int, int] = {}
    peak = 0
    for event in trace:
        if isinstance(event, Allocated):
            live[event.block] = event.nbytes
            peak = max(peak, sum(live.values()))
        else:
            del live[event.block]
    for policy in POLICIES.values():
        result = replay(trace, policy())
        assert result.peak_live == peak
        assert result.peak_reserved >= peak
        assert result.events == len(trace)
        assert result.requests == sum(isinstance(event, Allocated) for event in trace)
    without = replay(trace, NoPool())
    assert without.driver_allocations == without.requests


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "begins with ''; a trace begins with"),
        ("a,b\n", "begins with 'a,b'; a trace begins with"),
        (f"{HEAD}allocate,1,5\n", "line 2: 'allocate,1,5' is not an allocation"),
        (f"{HEAD}allocate,1,x,0\n", "line 2: 'allocate,1,x,0'"),
        (f"{HEAD}allocate,1,-1,0\n", "line 2"),
        (f"{HEAD}allocate,1,5,0\nallocate,1,5,0\n", "line 3: 'allocate,1,5,0'"),
        (f"{HEAD}free,1,,\n", "line 2: 'free,1,,' is not an allocation of a new block or the"),
        (f"{HEAD}allocate,1,5,0\n\nfree,1,,\nfree,1,,\n", "line 5"),
        (f"{HEAD}drop,1,,\n", "line 2: 'drop,1,,'"),
        ("id,lower,upper,size\n1,5,5,10\n", "line 2: '1,5,5,10' is not a buffer"),
        ("id,lower,upper,size\n1,5\n", "line 2: '1,5' is not a buffer"),
    ],
)
def test_what_is_no_trace_is_told_by_its_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text(text)
    with pytest.raises(TraceError) as caught:
        read_trace(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


@settings(max_examples=30, deadline=None)
@given(traces(), st.sampled_from(sorted(POLICIES)), st.integers(1, 1 << 42))
def test_a_trace_fits_under_a_limit_or_fails_where_it_is_said_to(
    trace: list[Event], policy: str, limit: int
) -> None:
    found = fit(trace, POLICIES[policy](), limit)
    assert found.peak_reserved <= limit
    if found.failed_at is None:
        assert found.peak_live == replay(trace, POLICIES[policy]()).peak_live
        assert found.holders == []
        return
    event = trace[found.failed_at]
    assert isinstance(event, Allocated)
    assert event.nbytes == found.failed_bytes
    before = fit(trace[: found.failed_at], POLICIES[policy](), limit)
    assert before.failed_at is None
    held = {e.block: e.nbytes for e in trace[: found.failed_at] if isinstance(e, Allocated)}
    for event in trace[: found.failed_at]:
        if isinstance(event, Freed):
            del held[event.block]
    sizes = sorted({n * list(held.values()).count(n) for n in held.values()}, reverse=True)
    assert [holder.nbytes for holder in found.holders][:1] == sizes[:1]


def test_without_a_limit_a_trace_always_fits() -> None:
    trace: list[Event] = [Allocated(1, 1 << 50), Freed(1)]
    for policy in POLICIES.values():
        assert fit(trace, policy(), None).failed_at is None
        assert fit(trace, policy(), 1 << 49).failed_at == 0


def test_buffers_of_minimalloc(tmp_path: Path) -> None:
    """Its README's form; the end is outside, so that what begins then may lie there."""
    path = tmp_path / "input.csv"
    path.write_text("id,lower,upper,size\n0,0,3,4\n1,3,9,4\n2,0,9,4\n3,9,21,4\n")
    trace = read_trace(path)
    assert trace == [
        Allocated(0, 4),
        Allocated(2, 4),
        Freed(0),
        Allocated(1, 4),
        Freed(1),
        Freed(2),
        Allocated(3, 4),
        Freed(3),
    ]
    assert replay(trace, ExactSize()).driver_allocations == 2


# Promises


@pytest.fixture(scope="module")
def deck() -> dict[str, list[Event]]:
    """The traces of the slides' models."""
    return {name: trace_of(model) for name, model in MODELS.items()}


@pytest.mark.parametrize("name", MODELS)
def test_the_default_keeps_its_promises(name: str, deck: dict[str, list[Event]]) -> None:
    """A tenth of the driver's calls of exact sizes; 1.25 of what is in use, or 2 MiB."""
    exact = replay(deck[name], ExactSize())
    default = replay(deck[name], GrowingSegments())
    calls = default.driver_allocations + default.driver_releases
    assert calls * 10 <= exact.driver_allocations + exact.driver_releases
    assert default.peak_reserved <= max(1.25 * default.peak_live, 2 * MIB)


def test_larger_batches_do_not_break_it(deck: dict[str, list[Event]]) -> None:
    """LeNet with batches of 1024 and a last one of 768; CuPy's way has 2.6 here."""
    trace = trace_of(lambda device: lenet(device, [*[1024] * 9, 768] * 2))
    assert replay(trace, GrowingSegments()).ratio <= 1.25
    assert replay(trace, BestFit()).ratio > 1.25


def test_every_trace_of_the_slides_ends_with_nothing_in_use(deck: dict[str, list[Event]]) -> None:
    for trace in deck.values():
        live: set[int] = set()
        for event in trace:
            live ^= {event.block}
        assert not live
