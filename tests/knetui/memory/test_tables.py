"""What is said of a run's memory, in words."""

import time

import pytest

from knetengine.gpu.memory import HostMemory, Pool
from knetengine.training.memory_pictures import Holding, Picture, PoolPicture
from knetengine.training.memory_traces import Answer
from knetui.memory.map import SizeClass
from knetui.memory.tables import (
    answer_words,
    bar,
    class_words,
    failure_words,
    figure_rows,
    first_failure,
    holder_words,
    moment_words,
    process_rows,
    traced_words,
    verdict,
)

MIB = 1 << 20


def answer(**other: object) -> Answer:
    fields = {
        "policy": "default",
        "of_run": True,
        "steps": (11, 30),
        "events": 1234,
        "needed": 3 * MIB,
        "peak_reserved": 4 * MIB,
        "driver_allocations": 5,
        "releases": 2,
        "retries": 0,
    }
    return Answer(**(fields | other))  # type: ignore[arg-type]


def test_all_figures_of_a_pool_are_told() -> None:
    pool = Pool(HostMemory(), limit=64 * MIB)
    held = [pool.allocate(MIB) for _ in range(3)]
    del held[0]
    told = {row.name: row for row in figure_rows(PoolPicture(pool.stats(), [], []))}
    assert told["requested"][1:] == ("2.00 MiB", "3.00 MiB")
    assert told["reserved"].now == told["reserved"].peak
    assert told["limit"][1:] == ("64.0 MiB", "policy default")
    assert told["blocks"].now == "2"
    assert told["blocks"].peak.startswith(f"in {pool.stats().segments} segment")
    assert told["hit rate"].now == f"{pool.stats().reuse:.2%}"
    assert told["hit rate"].peak == "of 3 requests"
    assert told["driver"].now == str(pool.stats().driver_allocations)
    assert {"in use", "rounded up", "split off", "free", "fragmented", "retries"} <= told.keys()
    assert "device" not in told  # host memory says nothing of a device


def test_a_device_that_says_what_it_has_is_quoted() -> None:
    pool = PoolPicture(Pool(HostMemory()).stats(), [], [], 3 << 30, 8 << 30)
    assert figure_rows(pool)[-1] == ("device", "3.00 GiB", "free of 8.00 GiB")


def test_process_machine_and_workbench_stand_beside() -> None:
    picture = Picture(0.0, 1, 80 * MIB, 90 * MIB, 5 << 30, 8 << 30, [])
    assert process_rows(picture, 50 * MIB) == [
        ("process", "80.0 MiB", "90.0 MiB"),
        ("machine", "5.00 GiB", "free of 8.00 GiB"),
        ("workbench", "50.0 MiB", "this program"),
    ]


@pytest.mark.parametrize(
    ("holding", "words"),
    [
        (Holding(100, 1, 100), ("100 B", "1 block", "")),
        (Holding(4096, 4, 1024), ("4.00 KiB", "4 x 1.00 KiB", "")),
        (Holding(3000, 4, 1024), ("2.93 KiB", "4 of ≤1.00 KiB", "")),
        (
            Holding(8, 1, 8, "/a/lenet.py", 31, "loss", "x = relu(x)"),
            ("8 B", "1 block", "lenet.py:31 loss: x = relu(x)"),
        ),
        (Holding(8, 1, 8, "/a/b.py", 3, "f"), ("8 B", "1 block", "b.py:3 f")),
    ],
)
def test_a_holder_is_named_by_its_line(holding: Holding, words: tuple[str, str, str]) -> None:
    assert holder_words(holding) == words


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({}, "fits"),
        ({"retries": 1}, "fits, with 1 retry"),
        ({"retries": 1200}, "fits, with 1,200 retries"),
        ({"failed_step": 1201}, "runs out in step 1,201"),
        ({"failed_step": 0}, "more is held all the time"),
    ],
)
def test_an_answer_says_what_becomes_of_the_run(other: dict[str, int], words: str) -> None:
    found = answer(**other)
    assert verdict(found) == words
    figures, said = answer_words(found)
    assert said == words
    assert figures.split()[:4] == ["default*", "4.00", "MiB", "7"]


def test_a_trace_is_told_by_its_steps_and_what_they_need() -> None:
    assert traced_words(answer()) == "steps 11 to 30 need 3.00 MiB (1,234 events)"
    assert traced_words(answer(steps=(7, 7))).startswith("step 7 need")


def test_the_holders_are_those_of_the_runs_own_policy_if_that_fails() -> None:
    fits, own = answer(policy="x", of_run=False), answer(failed_step=3, failed_bytes=MIB)
    other = answer(policy="y", of_run=False, failed_step=2)
    assert first_failure([fits, other, own]) is own
    assert first_failure([fits, other]) is other
    assert first_failure([fits]) is None
    assert failure_words(own) == "when 1.00 MiB more are asked for"
    assert "every step" in failure_words(answer(failed_step=0))


def test_it_is_told_when_a_picture_was_taken() -> None:
    picture = Picture(time.time(), 1204, 0, 0, 0, 0, [], in_gradient=True)
    assert moment_words(picture, False) == "in step 1,204"
    old = Picture(time.time() - 60, 7, 0, 0, 0, 0, [])
    assert moment_words(old, False) == "after step 7, 60 s ago"
    assert moment_words(old, True) == "after step 7, as last seen"


def test_a_bar_has_a_cell_for_whatever_there_is() -> None:
    one = SizeClass(MIB, 1, 600, 1, 1, 2, 400, 9)
    assert bar(one, 1000, 10) == [6, 1, 4]
    assert bar(one, 0, 10) == [0, 0, 0]
    assert class_words(one).split() == ["1M", "1", "600", "B", "3", "9"]
