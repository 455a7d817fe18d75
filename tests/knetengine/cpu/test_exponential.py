"""The exponential function and the largest entry, as kernels have them."""

from typing import Any

import numpy as np
import pytest

from knetengine.cpu.compilation import inline
from knetengine.cpu.exponential import exp
from knetengine.cpu.largest import largest


@inline
def exponentials(x: Any, y: Any) -> None:
    for i in range(x.size):
        y[i] = exp(x[i])


@inline
def largest_of(x: Any) -> Any:
    return largest(x)


@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 1.2e-7), (np.float64, 3e-16)])
def test_exponential(dtype: Any, error: float) -> None:
    x = -np.concatenate([np.linspace(0, 87.29, 100_001), np.logspace(-30, 1, 1000)]).astype(dtype)
    y = np.empty_like(x)
    exponentials(x, y)
    expected = np.exp(x.astype(np.longdouble))
    assert np.max(np.abs(y - expected) / expected) < error
    special = np.array([0.0, -0.0, -np.inf, -1e30, np.nan], dtype)
    y = np.empty_like(special)
    exponentials(special, y)
    assert y[:4].tolist() == [1, 1, 0, 0]
    assert np.isnan(y[4])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_largest(dtype: Any) -> None:
    generator = np.random.default_rng(0)
    for size in (1, 2, 7, 16, 84, 1000):
        for sign in (-1, 0, 1):
            x = (np.abs(generator.standard_normal(size)) * sign).astype(dtype)
            assert largest_of(x) == x.max()
            x = generator.standard_normal(size).astype(dtype)
            assert largest_of(x) == x.max()
            x[size // 2] = np.nan
            assert np.isnan(largest_of(x))
            x[size // 2] = np.inf
            assert largest_of(x) == np.inf
            x[:] = -np.inf
            assert largest_of(x) == -np.inf
