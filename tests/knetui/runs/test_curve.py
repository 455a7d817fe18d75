"""Curves in bounded memory: what is thinned out is never what one looks for."""

import math
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knetui.runs.curve import BUCKETS, Curve

FINITE = st.floats(allow_nan=False, allow_infinity=False)
LENGTHS = st.integers(1, 6 * BUCKETS)  # the curve is halved after 1, 2 and 4 times BUCKETS
Points = list[tuple[float, float]]


def curve_of(values: list[float]) -> Curve:
    curve = Curve()
    for epoch, value in enumerate(values):
        curve.add(epoch, value)
    return curve


def points(curve: Curve) -> Points:
    x, y = curve.arrays()
    return list(zip(x.tolist(), y.tolist(), strict=True))


def long_values(length: int, spikes: list[tuple[float, float]]) -> list[float]:
    """A slowly swinging curve, with `spikes` given as (place from 0 to 1, value)."""
    values = [math.sin(i / 100) for i in range(length)]
    for place, value in spikes:
        values[int(place * (length - 1))] = value
    return values


SPIKES = st.lists(st.tuples(st.floats(0, 1), FINITE), max_size=5)


@settings(max_examples=40, deadline=None)
@given(LENGTHS, SPIKES)
def test_a_long_curve_keeps_its_extremes_its_order_and_its_last_point(
    length: int, spikes: list[tuple[float, float]]
) -> None:
    values = long_values(length, spikes)
    curve = curve_of(values)
    held = points(curve)
    shown = [value for _, value in held]
    assert min(shown) == min(values)
    assert max(shown) == max(values)
    assert held[-1] == (length - 1, values[-1])
    epochs = [epoch for epoch, _ in held]
    assert epochs == sorted(epochs)
    assert all(values[int(epoch)] == value for epoch, value in held)  # none is made up
    assert len(held) <= 2 * BUCKETS + 1
    extremes = curve.extremes()
    assert extremes is not None
    (low_at, low), (high_at, high) = extremes
    assert (low, high) == (min(values), max(values))
    assert (values[int(low_at)], values[int(high_at)]) == (low, high)


@given(st.lists(st.floats(), max_size=50))
def test_what_is_not_finite_is_counted_and_not_drawn(values: list[float]) -> None:
    curve = curve_of(values)
    finite = [(float(i), value) for i, value in enumerate(values) if math.isfinite(value)]
    assert curve.count == len(values)
    assert curve.not_finite == len(values) - len(finite)
    assert points(curve) == finite
    if not finite:
        assert curve.extremes() is curve.first() is curve.nearest(3.0) is None


@given(st.lists(FINITE, min_size=1, max_size=BUCKETS))
def test_a_short_curve_is_held_whole(values: list[float]) -> None:
    curve = curve_of(values)
    assert curve.whole
    assert points(curve) == list(enumerate(values))


@settings(max_examples=20, deadline=None)
@given(st.integers(BUCKETS + 1, 5 * BUCKETS))
def test_the_means_of_its_stretches_have_the_mean_of_all(length: int) -> None:
    values = long_values(length, [(0.3, 50.0)])
    curve = curve_of(values)
    assert not curve.whole
    x, means = curve.means()
    assert list(x) == sorted(x)
    whole = 2 ** math.ceil(math.log2(length / BUCKETS))
    full = len(means) - 1
    assert float(means[:full].mean()) == pytest.approx(np.mean(values[: full * whole]), abs=1e-9)


@pytest.mark.parametrize("length", [100, 3 * BUCKETS])
def test_who_goes_back_to_a_checkpoint_overwrites_what_came_after(length: int) -> None:
    curve = curve_of([1.0] * length)
    back = length // 2
    for epoch in range(back, back + 10):
        curve.add(epoch, 2.0)
    held = points(curve)
    assert [value for epoch, value in held if epoch >= back] == [2.0] * len(
        [1 for epoch, _ in held if epoch >= back]
    )
    assert held[-1] == (back + 9, 2.0)
    assert [epoch for epoch, _ in held] == sorted(epoch for epoch, _ in held)


@given(st.lists(FINITE, min_size=1, max_size=200), st.floats(-10, 300))
def test_the_nearest_point_is_the_nearest(values: list[float], epoch: float) -> None:
    nearest = curve_of(values).nearest(epoch)
    assert nearest is not None
    at = min(range(len(values)), key=lambda i: (abs(i - epoch), i))
    assert nearest == (at, values[at])


def test_the_last_value_is_known_even_when_it_is_not_finite() -> None:
    curve = curve_of([1.0, math.nan])
    assert curve.last is not None
    assert curve.last[0] == 1
    assert math.isnan(curve.last[1])
    assert points(curve) == [(0, 1.0)]


def test_an_empty_curve_has_no_points() -> None:
    curve = Curve()
    assert (points(curve), curve.count, curve.last) == ([], 0, None)


def test_a_spike_of_one_epoch_in_a_million_is_seen_in_bounded_memory() -> None:
    curve = Curve()
    for epoch in range(1_000_000):
        curve.add(epoch, 1.0 if epoch != 765_432 else 9.0)
    assert (765_432, 9.0) in points(curve)
    held = sum(sys.getsizeof(value) for value in vars(curve).values())
    assert held < 1_000_000


def test_a_curve_can_grow_while_its_arrays_are_looked_at() -> None:
    curve = curve_of([1.0, 2.0])
    before = curve.arrays()
    curve.add(2, 3.0)
    assert before[1].tolist() == [1.0, 2.0]
    assert points(curve) == [(0, 1.0), (1, 2.0), (2, 3.0)]
