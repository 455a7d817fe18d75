"""Reductions: choices at kinks, options, dtypes, messages."""

from typing import Any

import numpy as np
import pytest

from knetengine import grad
from knetengine.autograd import gradcheck

NAN = float("nan")


@pytest.mark.parametrize("extreme", [np.max, np.min, np.amax, np.amin, np.nanmax, np.nanmin])
def test_entries_that_tie_share_the_gradient_equally(extreme: Any) -> None:
    x = np.array([[2.0, 2.0, 2.0], [5.0, 5.0, 5.0]])
    np.testing.assert_array_equal(
        grad(lambda x: extreme(x, axis=1).sum())(x), np.full((2, 3), 1 / 3)
    )
    sign = -1.0 if "min" in extreme.__name__ else 1.0
    some = sign * np.array([7.0, 1.0, 7.0, 1.0])
    np.testing.assert_array_equal(grad(extreme)(some), [0.5, 0.0, 0.5, 0.0])


def test_initial_takes_its_share() -> None:
    x = np.array([1.0, 3.0, 3.0])
    assert grad(lambda x: np.max(x, initial=3.0))(x).tolist() == pytest.approx([0, 1 / 3, 1 / 3])
    assert grad(lambda x: np.max(x, initial=4.0))(x).tolist() == [0, 0, 0]
    assert grad(lambda x: np.min(x, initial=9.0, where=x > 2))(x).tolist() == [0, 0.5, 0.5]


def test_slices_of_nan_have_no_gradient() -> None:
    x = np.array([[NAN, NAN], [1.0, NAN]])
    with pytest.warns(RuntimeWarning, match="All-NaN"):
        gradient = grad(lambda x: np.nanmax(x, axis=1)[1])(x)
    assert gradient.tolist() == [[0, 0], [1, 0]]
    masked = [[False, False], [True, False]]
    with np.errstate(invalid="ignore"), pytest.warns(RuntimeWarning, match="empty slice"):
        gradient = grad(lambda x: np.mean(x, axis=1, where=masked).sum())(x)
    assert gradient.tolist() == [[0, 0], [1, 0]]


@pytest.mark.parametrize("function", [np.std, np.nanstd, lambda x: np.std(x, mean=2.0)])
def test_the_deviation_of_equal_entries_has_slope_zero(function: Any) -> None:
    x = np.full(3, 2.0)
    np.testing.assert_array_equal(grad(function)(x), np.zeros(3))
    assert np.isfinite(grad(lambda x: np.sum(grad(function)(x)))(x)).all()


def test_the_variance_of_too_few_entries_has_no_slope() -> None:
    with pytest.warns(RuntimeWarning), np.errstate(invalid="ignore"):
        assert np.isnan(grad(lambda x: np.var(x, ddof=1))(np.array([2.0]))).all()


@pytest.mark.parametrize("zeros", [[], [1], [0], [3], [0, 2], [0, 1, 2, 3]])
@pytest.mark.parametrize("function", [np.prod, lambda x: np.sum(np.cumprod(x) * [1, 2, 3, 4])])
def test_products_have_gradients_at_zeros(function: Any, zeros: list[int]) -> None:
    x = np.array([2.0, -1.5, 3.0, 0.5])
    x[zeros] = 0.0
    assert gradcheck(function, x)
    assert gradcheck(lambda x: np.sum(grad(function)(x) ** 2), x)


def test_products_that_underflow_keep_their_gradients() -> None:
    x = np.full(4, 1e-15, np.float32)
    gradient = grad(lambda x: np.prod(x))(x)
    np.testing.assert_allclose(gradient, np.full(4, 1e-45, np.float32))
    x = np.array([1e-30, 1e-30, 1e25], np.float32)
    np.testing.assert_allclose(grad(np.prod)(x), [1e-5, 1e-5, 0], rtol=1e-5)
    np.testing.assert_allclose(grad(lambda x: np.cumprod(x)[2])(x), [1e-5, 1e-5, 0], rtol=1e-5)


def test_where_lets_nan_pass_without_gradient() -> None:
    x, some = np.array([1.0, NAN, 3.0]), np.array([True, False, True])
    for function in (np.sum, np.mean, np.var, np.std, np.prod):
        gradient = grad(lambda x, f=function: f(x, where=some))(x)
        assert gradient[1] == 0.0
        np.testing.assert_allclose(gradient[some], grad(function)(x[some]))


def test_the_mean_may_be_given_to_a_variance() -> None:
    x = np.arange(6.0).reshape(2, 3) ** 2

    def given(x: Any) -> Any:
        return np.var(x, axis=1, mean=np.mean(x, axis=1, keepdims=True)).sum()

    np.testing.assert_allclose(grad(given)(x), grad(lambda x: np.var(x, axis=1).sum())(x))


@pytest.mark.parametrize("function", [np.sum, np.mean, np.prod, np.var, np.cumsum])
def test_integers_carry_no_gradient(function: Any) -> None:
    x = np.array([1.5, 2.5])
    assert grad(lambda x: np.sum(function(x, dtype=int)))(x).tolist() == [0.0, 0.0]


def test_running_sums_of_a_matrix_need_an_axis() -> None:
    with pytest.raises(ValueError, match="axis"):
        grad(lambda x: np.cumulative_sum(x).sum())(np.ones((2, 2)))


@pytest.mark.parametrize(
    "function",
    [
        np.sum,
        np.mean,
        np.max,
        np.var,
        np.std,
        np.prod,
        np.ptp,
        np.nanmean,
        np.nanstd,
        lambda x: np.cumsum(x, 0).sum(),
        lambda x: np.cumprod(x, 1).sum(),
        lambda x: np.mean(x, 0, where=x > 0).sum(),
        lambda x: np.var(x, 0, mean=1.0, ddof=1).sum(),
        lambda x: np.max(x, 0, initial=0.5).sum(),
    ],
)
def test_float32_stays_float32(function: Any) -> None:
    x = np.array([[0.5, 1.0, 2.0], [1.5, 0.2, 1.0]], np.float32)
    seen: list[Any] = []

    def f(x: Any) -> Any:
        y = function(x)
        seen.append(y.dtype)
        return y

    assert grad(f)(x).dtype == np.float32
    assert seen == [np.dtype(np.float32)]


@pytest.mark.parametrize("axis", [None, 0, (0, 1), -1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_fast_forms_round_as_numpy_does(axis: Any, dtype: Any) -> None:
    x = np.random.default_rng(3).standard_normal((7, 33)).astype(dtype)
    for function in (np.sum, np.mean, np.var, np.std):
        for keepdims in (False, True):
            seen: list[Any] = []
            grad(
                lambda x, f=function, k=keepdims, seen=seen: (
                    seen.append(f(x, axis=axis, keepdims=k)) or np.sum(seen[0])
                )
            )(x)
            np.testing.assert_array_equal(seen[0].value, function(x, axis=axis, keepdims=keepdims))
