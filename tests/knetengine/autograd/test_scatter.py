"""Gradients of indexed values, as they are added up."""

from typing import Any

import numpy as np
import pytest

from knetengine import grad
from knetengine.autograd.scatter import MANY, Scatter


def added(index: Any, gradient: Any, shape: tuple[int, ...]) -> Any:
    target = np.ones(shape, gradient.dtype)
    Scatter(gradient, index).add_to(target)
    return target


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64])
@pytest.mark.parametrize("ids", [np.int8, np.uint16, np.int64])
def test_many_rows_are_summed_as_add_at_sums_them(dtype: Any, ids: Any) -> None:
    generator = np.random.default_rng(1)
    rows = generator.integers(0 if ids is np.uint16 else -100, 100, (20, 30)).astype(ids)
    gradient = generator.standard_normal((20, 30, 8, 2)).astype(dtype)
    assert gradient.size >= MANY
    expected = np.ones((100, 8, 2), dtype)
    np.add.at(expected, rows, gradient)
    for index in (rows, (rows,)):
        np.testing.assert_allclose(
            added(index, gradient, (100, 8, 2)), expected, rtol=1e-5, atol=1e-5
        )


def test_rows_that_are_not_finite_stay_in_their_places() -> None:
    gradient = np.ones((600, 8))
    gradient[3, 2] = np.inf
    gradient[4, 5] = np.nan
    result = added(np.arange(600) % 50, gradient, (50, 8))
    assert np.isinf(result[3, 2])
    assert np.isnan(result[4, 5])
    assert np.isfinite(result).sum() == result.size - 2


@pytest.mark.parametrize(
    "index",
    [
        (slice(None), slice(1, 3)),
        (1, 2),
        (Ellipsis, 1),
        (None, 1),
        np.array([[True, False, True, False]] * 3),
        np.array([True, False, True]),
        slice(None, None, -2),
    ],
    ids=str,
)
def test_a_place_gets_its_gradient_once(index: Any) -> None:
    x = np.arange(12.0).reshape(3, 4)
    expected = np.zeros((3, 4))
    expected[index] += 2 * x[index]
    np.testing.assert_array_equal(grad(lambda x: (x[index] ** 2).sum())(x), expected)
