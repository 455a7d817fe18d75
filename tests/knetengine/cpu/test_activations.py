"""The elementwise kernels, by themselves; the layers are held to their twins in nn."""

from typing import Any

import numpy as np
import pytest

from knetengine.cpu import activations
from knetengine.cpu.arrays import ENTRIES_PER_THREAD, contiguous, flat, parts_for


@pytest.mark.parametrize("size", [0, 1, 100, 3 * ENTRIES_PER_THREAD])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_size(size: int, dtype: Any) -> None:
    x, g = np.random.default_rng(0).standard_normal((2, size)).astype(dtype)
    y = activations.apply(activations.relu, x)
    assert np.array_equal(y, np.maximum(x, 0))
    assert np.array_equal(activations.apply(activations.relu_backward, g, y), g * (x > 0))
    y = activations.apply(activations.sigm, x)
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(y, 1 / (1 + np.exp(-x.astype(float))), rtol=3 * eps)
    slopes = activations.apply(activations.sigm_backward, g, y)
    np.testing.assert_allclose(slopes, g * y * (1 - y), rtol=4 * eps)


def test_arrays_as_kernels_want_them() -> None:
    x = np.arange(6.0).reshape(2, 3)
    assert contiguous(x) is x
    assert np.shares_memory(flat(x), x)
    x.setflags(write=False)
    assert contiguous(x).flags.writeable
    assert flat(x.T).tolist() == [0, 3, 1, 4, 2, 5]


def test_parts() -> None:
    assert parts_for(ENTRIES_PER_THREAD, 100) == 1
    assert parts_for(100 * ENTRIES_PER_THREAD, 1) == 1
    assert parts_for(0, 0) == 1
