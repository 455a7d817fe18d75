"""A curve as what can be seen of it in so many columns."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from knetui.charts.chart import Line, Scale
from knetui.charts.polyline import column_spans, thinned

SHARES = st.floats(-1, 2)
POINTS = st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=30, unique_by=lambda p: p[0])
UNIT = Scale(0.0, 1.0)


@given(POINTS.map(sorted), st.integers(1, 40))
def test_each_column_has_the_lowest_and_highest_of_the_polyline(
    points: list[tuple[float, float]], columns: int
) -> None:
    x, y = np.array(points).T
    low, high = column_spans(x, y, columns)
    for column in range(columns):
        places = np.linspace(column, column + 1, 50)[:-1] / columns
        inside = x[(x >= places[0]) & (x < (column + 1) / columns)]
        places = np.concatenate((places, inside))
        heights = np.interp(places[(places >= x[0]) & (places <= x[-1])], x, y)
        seen = heights.clip(y.min(), y.max())  # a slope may be beyond all floats
        if len(seen):
            assert low[column] <= seen.min() + 1e-9
            assert high[column] >= seen.max() - 1e-9


@example([(-2.2250738585e-313, 1.0), (5e-324, 0.0)], 1)  # the slope is beyond all floats
@given(POINTS.map(sorted), st.integers(1, 40))
def test_nothing_is_where_the_curve_does_not_come(
    points: list[tuple[float, float]], columns: int
) -> None:
    x, y = np.array(points).T
    low, high = column_spans(x, y, columns)
    for column in range(columns):
        if (column + 1) / columns < x[0] or column / columns > x[-1]:
            assert np.isnan(low[column])
            assert np.isnan(high[column])
        elif not np.isnan(low[column]):
            assert y.min() - 1e-9 <= low[column] <= high[column] <= y.max() + 1e-9


def test_a_long_line_is_thinned_to_the_extremes_of_its_columns() -> None:
    x = np.linspace(0, 1, 100_001)
    y = np.full(100_001, 0.5)
    y[33_333], y[77_777] = 0.0, 1.0
    places, values = thinned(Line("a", (0, 0, 0), x, y), UNIT, UNIT, 200)
    assert len(places) <= 400
    assert (values.min(), values.max()) == (0.0, 1.0)
    assert abs(places[values.argmin()] - 0.33333) < 1 / 200


def test_a_short_line_is_left_as_it_is() -> None:
    x, y = np.array([0.0, 0.3, 1.0]), np.array([0.1, 0.9, 0.2])
    places, values = thinned(Line("a", (0, 0, 0), x, y), UNIT, UNIT, 200)
    assert sorted(set(places.tolist())) == [0.0, 0.3, 1.0]
    assert set(np.round(values, 9).tolist()) == {0.1, 0.9, 0.2}


def test_a_zoomed_line_begins_and_ends_at_the_edges_of_what_is_seen() -> None:
    x, y = np.array([-1.0, 0.5, 2.0]), np.array([0.0, 1.0, 0.0])
    places, values = thinned(Line("a", (0, 0, 0), x, y), UNIT, UNIT, 200)
    assert (places[0], places[-1]) == (0.0, 1.0)
    assert values[0] == np.interp(0.0, x, y)
