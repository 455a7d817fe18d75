"""When a chart may be drawn again: seldom when it takes long, and when looks come late."""

import pytest

from knetui.charts.pace import LEAST_SECONDS, MOST_SECONDS, REST_FACTOR, Pace

LOOK = 0.1


def drawings(pace: Pace, *, seconds: float, took: float, late: float = 0.0) -> int:
    """How often a chart that always changes is drawn, when each look is so late."""
    now, count = 0.0, 0
    while now < seconds:
        pace.want()
        if pace.look(now, LOOK):
            pace.took(took)
            count += 1
        now += LOOK + late
    return count


def test_what_is_quick_is_drawn_three_times_a_second() -> None:
    assert drawings(Pace(), seconds=100, took=0.003) == pytest.approx(250, rel=0.1)
    assert LEAST_SECONDS > 0.3


@pytest.mark.parametrize("took", [0.05, 0.1, 0.3])
def test_drawing_takes_a_tenth_of_the_time_at_most(took: float) -> None:
    count = drawings(Pace(), seconds=200, took=took)
    assert count * took <= 200 / REST_FACTOR + took
    assert count * took >= 200 / REST_FACTOR / 1.5


@pytest.mark.parametrize("late", [0.06, 0.2, 0.4])
def test_it_backs_off_while_the_looks_are_late(late: float) -> None:
    seldom = drawings(Pace(), seconds=200, took=0.003, late=late)
    assert seldom <= 200 / (REST_FACTOR * late) + 1


def test_a_look_out_of_turn_is_not_late() -> None:
    pace = Pace()
    assert pace.look(0.0, LOOK)
    pace.took(0.001)
    pace.want()
    assert pace.look(LEAST_SECONDS + LOOK)
    pace.want()
    assert not pace.look(3 * LEAST_SECONDS, LOOK)


def test_looks_may_become_rare() -> None:
    pace = Pace()
    for second in range(10):
        pace.want()
        assert pace.look(float(second), 1.0)
        pace.took(0.003)


def test_however_late_it_is_the_chart_is_true_within_some_seconds() -> None:
    count = drawings(Pace(), seconds=200, took=2.0, late=3.0)
    assert count >= 200 / (MOST_SECONDS + LOOK + 3.0) - 1


def test_what_has_not_changed_is_not_drawn() -> None:
    pace = Pace()
    assert pace.look(0.0)
    pace.took(0.001)
    assert not any(pace.look(float(second)) for second in range(1, 100))


def test_a_key_is_not_kept_waiting() -> None:
    pace = Pace()
    assert pace.look(0.0)
    pace.took(0.4)
    pace.want()
    assert not pace.look(0.1)
    pace.want(soon=True)
    assert pace.look(0.2)


def test_a_wish_that_comes_while_it_is_drawn_is_kept() -> None:
    pace = Pace()
    assert pace.look(0.0)
    pace.want(soon=True)
    pace.took(0.4)
    assert pace.look(0.01)
