"""Charts in braille: any finite figures fit the cells that there are, and are where they belong."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from knetui.charts.braille import Drawing, draw
from knetui.charts.chart import Chart, Line, Mark

BLUE, RED = (40, 90, 220), (220, 40, 40)
Points = list[tuple[float, float]]

POSITIVE = st.floats(1e-300, 1e300)
VALUES = st.one_of(POSITIVE, POSITIVE.map(lambda value: -value), st.just(0.0))
EPOCHS = st.one_of(st.integers(0, 10**9).map(float), POSITIVE)
POINTS = st.lists(st.tuples(EPOCHS, VALUES), min_size=1, max_size=20, unique_by=lambda p: p[0])
CURVES = st.lists(POINTS.map(sorted), max_size=3)


def line(points: Points, colour: tuple[int, int, int] = BLUE, name: str = "a") -> Line:
    x, y = np.array(points, float).T
    return Line(name, colour, x, y)


def texts(drawing: Drawing | None) -> list[str]:
    assert drawing is not None
    return ["".join(run.text for run in row) for row in drawing.rows]


def body(drawing: Drawing) -> list[str]:
    """The cells of the curves."""
    rows = texts(drawing)[drawing.top : drawing.top + drawing.lines]
    return [row[drawing.left :] for row in rows]


def dotted(text: str) -> list[int]:
    return [i for i, c in enumerate(text) if "\u2801" <= c <= "\u28ff"]


def inks(drawing: Drawing) -> set[object]:
    return {run.ink for row in drawing.rows for run in row}


@settings(deadline=None, max_examples=100)
@given(CURVES, st.integers(0, 200), st.integers(0, 100), st.booleans(), st.booleans())
@example([[(1.0, 5.0)]], 80, 20, False, False)
@example([[(1.0, 5.0), (2.0, 5.0)]], 80, 20, True, True)
@example([[(1.0, -1e300), (2.0, 1e300)]], 80, 20, False, False)
@example([[(1.0, 1e300), (2.0, math.nextafter(1e300, math.inf))]], 80, 20, False, True)
def test_a_chart_is_as_wide_and_high_as_asked(
    curves: list[Points], width: int, height: int, log_x: bool, log_y: bool
) -> None:
    chart = Chart("t", [line(points) for points in curves], log_x=log_x, log_y=log_y)
    drawing = draw(chart, width, height)
    seen = any(
        (x > 0 or not log_x) and (y > 0 or not log_y) for points in curves for x, y in points
    )
    if seen and width >= 24 and height >= 6:
        rows = texts(drawing)
        assert [len(row) for row in rows] == [width] * height
        assert any(map(dotted, rows))
    elif not seen:
        assert drawing is None


def test_equal_values_are_a_line_in_the_middle() -> None:
    drawing = draw(Chart("", [line([(float(i), 3.0) for i in range(100)])]), 60, 21)
    assert drawing is not None
    rows = [number for number, row in enumerate(body(drawing)) if dotted(row)]
    assert rows
    assert all(8 <= row <= 11 for row in rows)


@settings(deadline=None, max_examples=50)
@given(st.integers(20, 160), st.integers(6, 60), st.data())
def test_a_single_spike_is_drawn_where_it_is(width: int, height: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(3, 100_000))
    place = data.draw(st.integers(0, count - 1))
    values = np.zeros(count)
    values[place] = 1.0
    chart = Chart("", [Line("a", BLUE, np.arange(count, dtype=float), values)])
    drawing = draw(chart, width, height)
    assert drawing is not None
    top = dotted(body(drawing)[0])
    column = drawing.column_of(float(place))
    assert column is not None
    assert any(abs(at + drawing.left - column) <= 1 for at in top)
    assert all(abs(at + drawing.left - column) <= 1 + width / count for at in top)


def test_a_rising_line_rises_by_the_same_in_every_column() -> None:
    drawing = draw(Chart("", [line([(0.0, 0.0), (1.0, 1.0)])]), 60, 27)
    assert drawing is not None
    rows = body(drawing)
    firsts = [min(dotted(row)) for row in rows]
    assert firsts == sorted(firsts, reverse=True)
    assert max(dotted(rows[0])) == drawing.columns - 1
    assert min(dotted(rows[-1])) == 0


def test_a_logarithmic_axis_names_powers_of_ten() -> None:
    rows = texts(draw(Chart("", [line([(0.0, 1e-3), (10.0, 1e4)])], log_y=True), 60, 20))
    for label in ("0.001", "0.1", "10", "1000"):
        assert any(row.lstrip().startswith(f"{label}┤") for row in rows), label


def test_on_a_logarithmic_horizontal_axis_decades_are_equally_far() -> None:
    drawing = draw(Chart("", [line([(1.0, 0.0), (10_000.0, 1.0)])], log_x=True), 84, 20)
    assert drawing is not None
    columns = [drawing.column_of(10.0**decade) for decade in range(5)]
    gaps = [b - a for a, b in pairwise(columns) if a is not None and b]
    assert max(gaps) - min(gaps) <= 1
    assert drawing.column_of(0.0) is None


def test_a_window_shows_a_part_of_the_axis_and_its_values_only() -> None:
    points = [(float(i), 1000.0 if i < 50 else float(i)) for i in range(100)]
    drawing = draw(Chart("", [line(points)], window=(60.0, 80.0)), 60, 20)
    assert drawing is not None
    assert drawing.column_of(50.0) is None
    assert drawing.column_of(60.0) == drawing.left
    assert (drawing.layout.y.low, drawing.layout.y.high) == (60.0, 80.0)


def test_the_last_line_lies_over_the_others() -> None:
    points = [(0.0, 1.0), (1.0, 2.0)]
    drawing = draw(Chart("", [line(points), line(points, RED)]), 40, 10)
    assert drawing is not None
    assert RED in inks(drawing)
    assert BLUE not in inks(drawing)


def test_events_are_letters_at_the_top_of_a_rule_behind_the_curves() -> None:
    points = [(float(i), float(i % 2)) for i in range(11)]
    chart = Chart("", [line([(0.0, 0.0), (10.0, 0.0), (10.5, 1.0)])], marks=[Mark(5.0, "S")])
    drawing = draw(chart, 60, 20)
    assert drawing is not None
    column = drawing.column_of(5.0)
    assert column is not None
    rows = texts(drawing)
    assert rows[0][column] == "S"
    assert rows[5][column] == "┊"
    assert dotted(rows[drawing.lines - 1][column])
    assert "mark" in inks(drawing)
    assert "mark" not in inks(draw(Chart("", [line(points)], marks=[Mark(50.0, "S")]), 60, 20))  # type: ignore[arg-type]


def test_the_crosshair_has_a_point_on_every_curve_that_reaches_it() -> None:
    chart = Chart("", [line([(0.0, 0.0), (10.0, 10.0)]), line([(0.0, 9.0), (4.0, 9.0)], RED, "b")])
    for cursor, count in ((3.0, 2), (8.0, 1)):
        drawing = draw(chart, 60, 20, cursor)
        assert drawing is not None
        column = drawing.column_of(cursor)
        assert column is not None
        assert sum(row[column] == "●" for row in texts(drawing)) == count
        assert sum(row[column] == "│" for row in texts(drawing)) > 5


def test_the_best_point_is_marked() -> None:
    best = line([(0.0, 3.0), (5.0, 1.0), (10.0, 2.0)])._replace(best=(5.0, 1.0))
    drawing = draw(Chart("", [best]), 60, 20)
    assert drawing is not None
    column = drawing.column_of(5.0)
    assert column is not None
    assert texts(drawing)[drawing.lines - 1][column] == "◆"


@given(st.integers(20, 150), st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.booleans())
def test_columns_and_values_are_the_inverse_of_each_other(
    width: int, low: float, span: float, log: bool
) -> None:
    assume(not log or low > 0)
    assume(low + span > low * (1 + 1e-9))
    drawing = draw(Chart("", [line([(low, 0.0), (low + span, 1.0)])], log_x=log), width, 10)
    assert drawing is not None
    for column in range(drawing.left, drawing.left + drawing.columns):
        value = drawing.value_at(column)
        assert drawing.column_of(value) == column
        around = drawing.column_around(value)
        assert around[0] <= value <= around[1]


def test_five_curves_of_a_hundred_thousand_points_are_drawn_as_the_few_that_are_seen() -> None:
    """The extremes of every column, by a definition of its own: a loop over all points."""
    generator = np.random.default_rng(1)
    count, width = 100_000, 80
    x = np.arange(count, dtype=float)
    chart = Chart("", _walks(generator, x))
    drawing = draw(chart, width, 30)
    assert drawing is not None
    lines = 4 * drawing.lines
    low, high = drawing.layout.y.low, drawing.layout.y.high
    dots = np.array([[ord(c) - 0x2800 if c != " " else 0 for c in row] for row in body(drawing)])
    reached = [np.flatnonzero(dots[:, c]) for c in range(drawing.columns)]
    part = (x / (count - 1) * drawing.columns).astype(int).clip(max=drawing.columns - 1)
    for column in range(drawing.columns):
        values = np.concatenate([walk.y[part == column] for walk in chart.lines])
        top = (lines - 1 - int((values.max() - low) / (high - low) * lines * 0.999999)) // 4
        bottom = (lines - 1 - int((values.min() - low) / (high - low) * lines)) // 4
        assert abs(reached[column].min() - top) <= 1
        assert abs(reached[column].max() - bottom) <= 1


def _walks(generator: np.random.Generator, x: np.ndarray) -> list[Line]:
    return [Line(str(i), BLUE, x, np.cumsum(generator.standard_normal(len(x)))) for i in range(5)]


@pytest.mark.parametrize(("width", "height"), [(11, 20), (80, 3)])
def test_where_nothing_fits_nothing_is_drawn(width: int, height: int) -> None:
    assert draw(Chart("", [line([(0.0, 1.0), (1.0, 2.0)])]), width, height) is None
