"""Products on the kernels' threads."""

import numpy as np
import pytest

from knetengine.cpu.products import stacked_product

GENERATOR = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rows", [0, 1, 255, 256, 513, 2000])
def test_it_is_numpys_product(rows: int, dtype: type) -> None:
    a = GENERATOR.standard_normal((rows, 5)).astype(dtype)
    b = GENERATOR.standard_normal((rows, 7)).astype(dtype)
    found = stacked_product(a, b)
    assert found.dtype == dtype
    exact = a.astype(np.float64).T @ b
    rounding = (1 + rows) * np.finfo(dtype).eps  # of sums of so many numbers around one
    np.testing.assert_allclose(found, exact, rtol=0, atol=rounding)
    np.testing.assert_array_equal(found, stacked_product(a, b))


def test_layout_in_memory_does_not_matter() -> None:
    a = GENERATOR.standard_normal((3, 600)).T
    b = GENERATOR.standard_normal((600, 8))[:, ::2]
    b.setflags(write=False)
    np.testing.assert_allclose(stacked_product(a, b), a.T @ b, rtol=1e-11)
