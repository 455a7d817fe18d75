"""Curves in bounded memory: what is thinned out is never what one looks for."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from knetui.curve import BUCKETS, Curve

FINITE = st.floats(allow_nan=False, allow_infinity=False)
COLUMNS = st.integers(1, 500)
LENGTHS = st.integers(1, 6 * BUCKETS)  # the curve is halved after 1, 2 and 4 times BUCKETS


def curve_of(values: list[float]) -> Curve:
    curve = Curve()
    for epoch, value in enumerate(values):
        curve.add(epoch, value)
    return curve


def long_values(length: int, spikes: list[tuple[float, float]]) -> list[float]:
    """A slowly swinging curve, with `spikes` given as (place from 0 to 1, value)."""
    values = [math.sin(i / 100) for i in range(length)]
    for place, value in spikes:
        values[int(place * (length - 1))] = value
    return values


SPIKES = st.lists(st.tuples(st.floats(0, 1), FINITE), max_size=5)


@settings(max_examples=60, deadline=None)
@given(LENGTHS, SPIKES, COLUMNS)
def test_a_long_curve_keeps_its_extremes_its_order_and_its_last_point(
    length: int, spikes: list[tuple[float, float]], columns: int
) -> None:
    values = long_values(length, spikes)
    points = curve_of(values).points(columns)
    shown = [value for _, value in points]
    assert min(shown) == min(values)
    assert max(shown) == max(values)
    assert points[-1] == (length - 1, values[-1])
    epochs = [epoch for epoch, _ in points]
    assert epochs == sorted(set(epochs))
    assert all(values[int(epoch)] == value for epoch, value in points)  # none is made up
    assert len(points) <= 2 * columns + 1


@given(st.lists(st.floats(), max_size=50), COLUMNS)
def test_what_is_not_finite_is_counted_and_not_drawn(values: list[float], columns: int) -> None:
    curve = curve_of(values)
    finite = [(float(i), value) for i, value in enumerate(values) if math.isfinite(value)]
    assert curve.count == len(values)
    assert curve.not_finite == len(values) - len(finite)
    points = curve.points(columns)
    assert set(points) <= set(finite)
    if finite:
        assert points[-1] == finite[-1]
        assert max(v for _, v in points) == max(v for _, v in finite)
        assert min(v for _, v in points) == min(v for _, v in finite)
    else:
        assert points == []


@given(st.lists(FINITE, min_size=1, max_size=BUCKETS))
def test_a_short_curve_is_shown_whole(values: list[float]) -> None:
    assert curve_of(values).points(BUCKETS) == list(enumerate(values))


def test_the_last_value_is_known_even_when_it_is_not_finite() -> None:
    curve = curve_of([1.0, math.nan])
    assert curve.last is not None
    assert curve.last[0] == 1
    assert math.isnan(curve.last[1])
    assert curve.points(10) == [(0, 1.0)]


def test_an_empty_curve_has_no_points() -> None:
    curve = Curve()
    assert (curve.points(80), curve.count, curve.last) == ([], 0, None)


def test_a_spike_of_one_epoch_in_a_million_is_seen_in_bounded_memory() -> None:
    curve = Curve()
    for epoch in range(1_000_000):
        curve.add(epoch, 1.0 if epoch != 765_432 else 9.0)
    assert (765_432, 9.0) in curve.points(100)
    assert len(curve.points(10**9)) <= 2 * BUCKETS + 1  # all that it holds
    assert len(curve.points(100)) <= 201
