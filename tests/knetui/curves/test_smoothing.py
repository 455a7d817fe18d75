"""Smoothing, against TensorBoard's formula as it stands in its source."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetui.curves.smoothing import FULL_LENGTH, WEIGHTS, smoothed, stronger

# no subnormal numbers: of those, floats have no relative precision
FIGURES = st.floats(-1e200, 1e200, allow_subnormal=False)
VALUES = st.lists(FIGURES, min_size=1, max_size=FULL_LENGTH)


def tensorboard(values: list[float], weight: float) -> list[float]:
    """vz_line_chart2, `resmoothDataset`: a debiased exponential moving average."""
    last, smooth = 0.0, []
    for count, value in enumerate(values, 1):
        last = last * weight + (1 - weight) * value
        smooth.append(last / (1 - weight**count))
    return smooth


@given(VALUES, st.sampled_from(WEIGHTS[1:]))
def test_it_is_what_tensorboard_shows(values: list[float], weight: float) -> None:
    expected = tensorboard(values, weight)
    scale = max(map(abs, values))
    assert smoothed(np.array(values), weight) == pytest.approx(expected, rel=1e-6, abs=1e-9 * scale)


def test_a_constant_stays_itself() -> None:
    assert smoothed(np.full(5000, 3.0), 0.999) == pytest.approx(np.full(5000, 3.0))


@pytest.mark.parametrize("weight", WEIGHTS[1:])
def test_a_dense_curve_looks_like_the_same_curve_with_fewer_points(weight: float) -> None:
    few = np.sin(np.linspace(0, 9, FULL_LENGTH))
    many = np.sin(np.linspace(0, 9, 16 * FULL_LENGTH))
    dense = smoothed(many, weight)[15::16]
    assert np.abs(dense[20:] - smoothed(few, weight)[20:]).max() < 0.05


def test_without_weight_it_changes_nothing() -> None:
    values = np.array([1.0, 5.0, 2.0])
    assert smoothed(values, 0.0) is values


def test_the_slider_stays_at_its_ends() -> None:
    assert stronger(0.0, -1) == 0.0
    assert stronger(WEIGHTS[-1], 1) == WEIGHTS[-1]
    assert stronger(0.6, 1) == 0.8
    assert stronger(0.61, -1) == 0.3
