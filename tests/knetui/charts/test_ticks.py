"""Round numbers along an axis, and how they are written."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from knetui.charts.ticks import labels, logarithmic_ticks, nice_ticks, power, short

POSITIVE = st.floats(1e-300, 1e300)
VALUES = st.one_of(POSITIVE, POSITIVE.map(lambda value: -value), st.just(0.0))


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


@given(st.floats(-300, 300), st.floats(0.01, 500), st.integers(2, 30))
def test_logarithmic_ticks_are_few_and_inside(low: float, span: float, most: int) -> None:
    high = min(low + span, 307.0)
    assume(high > low)
    ticks = logarithmic_ticks(low, high, most)
    assert 1 <= len(ticks) <= most + 1
    assert ticks == sorted(ticks)
    assert all(low - 1e-6 <= tick <= high + 1e-6 for tick in ticks)


def test_logarithmic_ticks_are_powers_of_ten_or_round_numbers_between() -> None:
    assert [power(tick) for tick in logarithmic_ticks(-3, 4, 10)] == pytest.approx(
        [10.0**exponent for exponent in range(-3, 5)]
    )
    assert [power(tick) for tick in logarithmic_ticks(0, 2, 8)] == pytest.approx(
        [1, 2, 5, 10, 20, 50, 100]
    )
    zoomed = [power(tick) for tick in logarithmic_ticks(math.log10(50), math.log10(99), 6)]
    assert zoomed == pytest.approx([50, 60, 70, 80, 90])


def test_labels_tell_ticks_apart() -> None:
    assert labels([1.0001, 1.0002, 1.0003]) == ["1.0001", "1.0002", "1.0003"]
    assert labels([0.0, 0.5, 1.0]) == ["0", "0.5", "1"]
