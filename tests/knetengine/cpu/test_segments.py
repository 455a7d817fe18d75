"""Sums of rows by segment."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knetengine.cpu.segments import segment_sums


def check(values: np.ndarray, ids: np.ndarray, segments: int) -> np.ndarray:
    out = np.full((segments, values.shape[1]), np.nan, values.dtype)
    segment_sums(values, ids, out)
    expected = np.zeros(out.shape)
    np.add.at(expected, ids, values.astype(float))
    size = np.zeros(out.shape)
    np.add.at(size, ids, np.abs(values))
    assert np.all(np.abs(out - expected) <= 4 * np.finfo(values.dtype).eps * size)
    return out


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.integers(0, 30),
    width=st.integers(0, 9),
    segments=st.integers(1, 12),
    dtype=st.sampled_from([np.float32, np.float64]),
    seed=st.integers(0, 1000),
)
def test_sums(rows: int, width: int, segments: int, dtype: Any, seed: int) -> None:
    generator = np.random.default_rng(seed)
    values = generator.standard_normal((rows, width)).astype(dtype)
    check(values, generator.integers(0, segments, rows), segments)
    check(values[::-1, ::-1], generator.integers(0, segments, rows).astype(np.uint8), segments)


@pytest.mark.parametrize("segments", [1, 3, 84, 5000])
def test_several_threads(segments: int) -> None:
    """A segment may begin in one part and end in another, or be all of both."""
    generator = np.random.default_rng(0)
    values = generator.standard_normal((1000, 70)).astype(np.float32)
    ids = generator.integers(0, segments, 1000)
    first = check(values, ids, segments)
    assert np.array_equal(first, check(values, ids, segments))
    check(values, np.full(1000, segments - 1), segments)
    check(values, np.sort(ids), segments)


def test_a_nan_stays_in_its_segment() -> None:
    values = np.ones((9, 2), np.float32)
    values[4, 1] = np.nan
    out = np.empty((3, 2), np.float32)
    segment_sums(values, np.arange(9) % 3, out)
    assert np.isnan(out).tolist() == [[False, False], [False, True], [False, False]]
