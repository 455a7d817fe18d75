"""Speed as people expect it: steady, soon right after a change, not misled by a slow start."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetui.runs.rate import SmoothedRate


def fed(*pairs: tuple[float, float]) -> SmoothedRate:
    rate = SmoothedRate()
    for pair in pairs:
        rate.add(*pair)
    return rate


def test_there_is_none_before_there_is_an_interval() -> None:
    assert fed().per_second() is None
    assert fed((1.0, 5)).per_second() is None


def test_a_steady_run_has_its_speed() -> None:
    assert fed(*((0.5 * i, i) for i in range(20))).per_second() == pytest.approx(2.0)


def test_the_first_interval_counts_only_until_there_is_a_second() -> None:
    rate = fed((0.0, 0), (10.0, 1))
    assert rate.per_second() == pytest.approx(0.1)
    assert rate.is_rough
    rate.add(10.5, 2)
    assert rate.per_second() == pytest.approx(2.0)
    assert not rate.is_rough


def test_one_slow_step_does_not_make_a_slow_run() -> None:
    rate = fed(*((0.1 * i, i) for i in range(100)))
    rate.add(9.9 + 0.5, 100)
    speed = rate.per_second()
    assert speed is not None
    assert 7.5 < speed < 10  # that interval alone says 2


def test_a_change_is_seen_within_seconds() -> None:
    rate = fed(*((0.1 * i, i) for i in range(100)))
    for i in range(1, 31):
        rate.add(9.9 + 0.4 * i, 99 + i)
    assert rate.per_second() == pytest.approx(2.5, rel=0.1)


def test_a_pause_says_nothing() -> None:
    rate = fed(*((0.5 * i, i) for i in range(20)))
    rate.pause()
    rate.add(500.0, 20)
    assert rate.per_second() == pytest.approx(2.0)
    rate.add(500.5, 21)
    assert rate.per_second() == pytest.approx(2.0)


def test_a_run_that_goes_back_to_a_checkpoint_begins_anew() -> None:
    rate = fed(*((0.5 * i, i) for i in range(20)))
    rate.add(9.0, 4)
    rate.add(9.5, 5)
    assert rate.per_second() == pytest.approx(2.0)


def test_reports_in_a_burst_count_as_one() -> None:
    rate = fed((0.0, 0), (1.0, 10), (1.001, 11), (2.0, 20), (2.001, 21), (3.0, 30))
    assert rate.per_second() == pytest.approx(10.0, rel=0.01)


@given(st.lists(st.tuples(st.floats(0.06, 50), st.integers(1, 100)), min_size=3, max_size=50))
def test_it_lies_between_the_slowest_and_the_fastest(steps: list[tuple[float, int]]) -> None:
    rate, time, count = SmoothedRate(), 0.0, 0
    rate.add(time, count)
    for seconds, done in steps:
        time, count = time + seconds, count + done
        rate.add(time, count)
    speeds = [done / seconds for seconds, done in steps[1:]]
    speed = rate.per_second()
    assert speed is not None
    assert min(speeds) * 0.999 <= speed <= max(speeds) * 1.001
