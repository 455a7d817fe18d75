"""Zooming and panning along an axis, linear and logarithmic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetui.charts.grid import GAP, LEAST_COLUMNS, LEAST_ROWS, grid
from knetui.charts.window import NARROWEST, is_whole, panned, zoomed

WHOLE = (1.0, 10_000.0)


@given(st.lists(st.tuples(st.floats(0.1, 10), st.floats(1, 10_000)), max_size=30), st.booleans())
def test_a_window_is_never_outside_and_never_empty(
    steps: list[tuple[float, float]], log: bool
) -> None:
    window = None
    for factor, at in steps:
        window = zoomed(window, WHOLE, at, factor, log)
        window = panned(window, WHOLE, factor - 1, log)
        assert WHOLE[0] * (1 - 1e-9) <= window[0] < window[1] <= WHOLE[1] * (1 + 1e-9)


def test_zooming_in_ends_at_some_place() -> None:
    window = None
    for _ in range(100):
        window = zoomed(window, WHOLE, 77.0, 0.5, False)
    assert window is not None
    assert window[1] - window[0] == pytest.approx(NARROWEST * (WHOLE[1] - WHOLE[0]))
    assert window[0] <= 77.0 <= window[1]


@pytest.mark.parametrize("log", [False, True])
def test_zooming_out_again_shows_all(log: bool) -> None:
    window = zoomed(None, WHOLE, 77.0, 0.1, log)
    assert not is_whole(window, WHOLE, log)
    assert is_whole(zoomed(window, WHOLE, 77.0, 10.0, log), WHOLE, log)


@given(st.integers(2, 12), st.integers(10, 250), st.integers(5, 80))
def test_charts_lie_beside_and_below_each_other_without_touching(
    count: int, width: int, height: int
) -> None:
    places = grid(count, width, height)
    assert len(places) in (0, count)
    cells: set[tuple[int, int]] = set()
    for place in places:
        assert place.width >= LEAST_COLUMNS
        assert place.height >= LEAST_ROWS
        assert place.column + place.width <= width
        assert place.row + place.height <= height
        mine = {
            (x, y)
            for x in range(place.column, place.column + place.width)
            for y in range(place.row, place.row + place.height)
        }
        assert not cells & mine
        cells |= mine


def test_there_is_room_for_one_always() -> None:
    (place,) = grid(1, 10, 3)
    assert place == (0, 0, 10, 3)
    assert grid(2, 2 * LEAST_COLUMNS + GAP, LEAST_ROWS)
    assert not grid(2, 2 * LEAST_COLUMNS, LEAST_ROWS)
