"""Charts: any finite figures fit the cells that there are."""

import math
import re

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from knetui.chart import Points, Series, draw, nice_ticks, short

ANSI = re.compile(r"\x1b\[[0-9;]*m")
BLUE = (40, 90, 220)
COLUMNS, ROWS = 80, 23  # of the terminal that plotext sees; it keeps a row for a prompt

POSITIVE = st.floats(1e-300, 1e300)
VALUES = st.one_of(POSITIVE, POSITIVE.map(lambda value: -value), st.just(0.0))
FIXTURE = [HealthCheck.function_scoped_fixture]
EPOCHS = st.one_of(st.integers(0, 10**9).map(float), POSITIVE)


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size that a terminal has where these tests run must not change their outcome."""
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    monkeypatch.setenv("LINES", str(ROWS + 1))


def curves(values: st.SearchStrategy[float]) -> st.SearchStrategy[list[Points]]:
    """Up to three curves, in the order of their epochs."""
    points = st.lists(st.tuples(EPOCHS, values), min_size=1, max_size=20, unique_by=lambda p: p[0])
    return st.lists(points.map(sorted), max_size=3)


def lines(points: list[Points], width: int, height: int, *, logarithmic: bool = False) -> list[str]:
    """The chart without its colours, by line."""
    chart = draw([Series(p, BLUE) for p in points], width, height, logarithmic=logarithmic)
    plain = ANSI.sub("", chart)
    assert "\x1b" not in plain
    return plain.split("\n") if plain else []


def drawn(chart: list[str]) -> int:
    """The cells of a chart in which something of a curve is."""
    return sum("\u2801" <= character <= "\u28ff" for line in chart for character in line)


def assert_fits(chart: list[str], width: int, height: int) -> None:
    """As large as asked; larger than the terminal that plotext sees is tested below."""
    widths = {len(line) for line in chart}
    assert len(widths) == 1
    if width <= COLUMNS and height <= ROWS:
        assert (widths, len(chart)) == ({width}, height)
    assert max(widths) <= width
    assert len(chart) <= height


@settings(deadline=None, max_examples=60, suppress_health_check=FIXTURE)
@given(curves(VALUES), st.integers(0, 200), st.integers(0, 200))
@example([[(1.0, 5.0)]], 80, 20)
@example([[(1.0, 5.0), (2.0, 5.0)]], 80, 20)
@example([[(1.0, -1e300), (2.0, 1e300)]], 80, 20)
@example([[(1.0, 1e300), (2.0, math.nextafter(1e300, math.inf))]], 80, 20)
def test_a_chart_is_as_wide_and_high_as_asked(
    points: list[Points], width: int, height: int
) -> None:
    chart = lines(points, width, height)
    if points and width >= 12 and height >= 4:
        assert_fits(chart, width, height)
        assert drawn(chart) > 0
    else:
        assert chart == []


@settings(deadline=None, max_examples=60, suppress_health_check=FIXTURE)
@given(
    curves(st.one_of(st.floats(1e-250, 1e250), st.just(0.0), st.floats(-1e300, -1e-300))),
    st.integers(0, 200),
    st.integers(0, 200),
)
def test_a_logarithmic_chart_leaves_out_what_has_no_logarithm(
    points: list[Points], width: int, height: int
) -> None:
    chart = lines(points, width, height, logarithmic=True)
    positive = [[(x, y) for x, y in curve if y > 0] for curve in points]
    assert chart == lines(positive, width, height, logarithmic=True)
    if any(positive) and width >= 12 and height >= 4:
        assert_fits(chart, width, height)
    else:
        assert chart == []


@pytest.mark.parametrize("value", [1e290, 1e300])
def test_a_flat_logarithmic_chart_of_huge_values(value: float) -> None:
    assert len(lines([[(1.0, value)]], 80, 20, logarithmic=True)) == 20


@pytest.mark.parametrize(("width", "height"), [(80, 24), (81, 20), (120, 40), (200, 200)])
def test_a_chart_may_be_larger_than_the_terminal_of_the_process(width: int, height: int) -> None:
    chart = lines([[(0.0, 1.0), (5.0, 2.0)]], width, height)
    assert [len(line) for line in chart] == [width] * height


def test_equal_values_are_a_line_in_the_middle() -> None:
    chart = lines([[(float(i), 3.0) for i in range(100)]], 60, 21)
    rows = [number for number, line in enumerate(chart) if drawn([line])]
    assert rows
    assert all(8 <= row <= 11 for row in rows)


def test_a_falling_curve_falls() -> None:
    chart = lines([[(float(i), 100.0 - i) for i in range(101)]], 60, 20)
    top = next(line for line in chart if drawn([line]))
    bottom = next(line for line in reversed(chart) if drawn([line]))
    first = next(i for i, c in enumerate(top) if "\u2801" <= c <= "\u28ff")
    last = max(i for i, c in enumerate(bottom) if "\u2801" <= c <= "\u28ff")
    assert first < 15
    assert last > 50


def test_a_logarithmic_axis_names_powers_of_ten() -> None:
    chart = "\n".join(lines([[(0.0, 1e-3), (10.0, 1e4)]], 60, 20, logarithmic=True))
    for label in ("0.001", "0.1", "1", "100", "10000"):
        assert re.search(rf"(^|\s){re.escape(label)}\s*[┤┼]", chart, re.M), label


def test_the_colour_of_a_series_is_in_its_chart() -> None:
    assert "\x1b[38;2;40;90;220m" in draw([Series([(0.0, 1.0), (1.0, 2.0)], BLUE)], 40, 10)


def test_a_chart_leaves_nothing_behind_for_the_next() -> None:
    small = lines([[(0.0, 1.0), (1.0, 2.0)]], 40, 10)
    lines([[(0.0, -500.0), (1.0, 900.0)]], 80, 20, logarithmic=True)
    assert lines([[(0.0, 1.0), (1.0, 2.0)]], 40, 10) == small


@given(st.floats(-1e300, 1e300), st.floats(1e-300, 1e300), st.integers(1, 60))
def test_ticks_are_few_round_and_inside(low: float, span: float, most: int) -> None:
    assume(span > 1e-9 * abs(low))  # closer together, floats are as few as ticks
    high = low + span
    ticks = nice_ticks(low, high, most)
    assert 1 <= len(ticks) <= most + 1
    assert ticks == sorted(ticks)
    slack = 1e-9 * max(abs(low), abs(high), span)
    assert all(low - slack <= tick <= high + slack for tick in ticks)


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [
        (0, 10, 5, [0, 2, 4, 6, 8, 10]),
        (0, 100, 4, [0, 50, 100]),
        (0.9, 5.1, 5, [1, 2, 3, 4, 5]),
        (3, 3, 5, [3]),
    ],
)
def test_ticks(low: float, high: float, most: int, ticks: list[float]) -> None:
    assert nice_ticks(low, high, most) == pytest.approx(ticks)


@given(VALUES)
def test_a_short_number_is_nearly_the_number(value: float) -> None:
    assert float(short(value)) == pytest.approx(value, rel=5.1e-3)
    assert len(short(value).removeprefix("-")) <= 9


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.25, "0.25"),
        (1500.0, "1500"),
        (2.1e7, "2.1e+07"),
        (-3.0, "-3"),
        (1e5, "1e+05"),
    ],
)
def test_short_numbers(value: float, text: str) -> None:
    assert short(value) == text
