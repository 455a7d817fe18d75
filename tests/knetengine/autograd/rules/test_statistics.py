"""Quantiles, averages, covariances: choices and messages."""

from typing import Any

import numpy as np
import pytest

from knetengine import grad, value_and_grad


def test_entries_of_a_quantile_that_tie_are_told_apart_by_their_order() -> None:
    x = np.array([3.0, 1.0, 3.0, 3.0, 9.0])
    assert grad(np.median)(x).tolist() == [0, 0, 1, 0, 0]
    assert grad(lambda x: np.quantile(x, 0.375))(x).tolist() == [0.5, 0, 0.5, 0, 0]


def test_a_quantile_of_few_entries() -> None:
    assert grad(lambda x: np.quantile(x, 0.3))(np.array([4.0])).tolist() == [1.0]
    assert grad(lambda q: np.quantile(np.array([4.0]), q))(0.3) == 0.0
    assert grad(lambda q: np.quantile([1.0, 5.0], q))(0.3) == 4.0
    assert grad(lambda q: np.percentile([1.0, 5.0], q))(30.0) == pytest.approx(0.04)


def test_quantiles_that_jump_and_the_ends_do_not_move_with_q() -> None:
    x = np.array([1.0, 5.0, 6.0])
    assert grad(lambda q: np.quantile(x, q, method="nearest"))(0.3) == 0.0
    assert grad(lambda q: np.quantile(x, q))(1.0) == 0.0
    assert grad(lambda q: np.quantile(x, q, method="hazen"))(0.1) == 0.0  # below the first


@pytest.mark.parametrize("method", ["inverted_cdf", "lower", "higher", "nearest"])
def test_float32_picks_the_entry_that_numpy_picked(method: str) -> None:
    """0.3 of ten entries is a jump, on whose side the rounding of float32 decides."""
    x = np.arange(11, dtype=np.float32)[::-1]
    for q in (0.1, 0.3, 0.7, 0.9):
        value, gradient = value_and_grad(lambda x, q=q: np.quantile(x, q, method=method))(x)
        assert x[np.argmax(gradient)] == value
        assert gradient.sum() == 1.0


def test_nan_quantiles_pass_over_nan() -> None:
    x = np.array([[np.nan, 2.0, 1.0, 7.0], [3.0, np.nan, np.nan, 4.0]])
    gradient = grad(lambda x: np.nanmedian(x, axis=1).sum())(x)
    assert gradient.tolist() == [[0, 1, 0, 0], [0.5, 0, 0, 0.5]]


def test_the_input_of_a_median_is_not_overwritten() -> None:
    x = np.array([3.0, 1.0, 2.0])
    seen: list[Any] = []

    def f(x: Any) -> Any:
        y = np.median(x, overwrite_input=True) + np.quantile(x, 0.2, overwrite_input=True)
        seen.append(x.value.tolist())
        return y

    grad(f)(x)
    assert seen == [[3.0, 1.0, 2.0]]


def test_averages_refuse_weights_that_do_not_fit() -> None:
    x = np.ones((2, 3))
    with pytest.raises(TypeError, match="needs axis="):
        grad(lambda x: np.average(x, weights=np.ones(3)))(x)
    with pytest.raises(ValueError, match=r"shape \(2,\) do not fit"):
        grad(lambda x: np.average(x, 1, weights=np.ones(2)).sum())(x)
    with pytest.raises(ZeroDivisionError, match="sum to zero"):
        grad(lambda x: np.average(x, 1, weights=np.zeros(3)).sum())(x)


def test_weights_of_a_quantile_are_constants() -> None:
    with pytest.raises(TypeError, match="stop_gradient"):
        grad(lambda w: np.quantile(np.ones(3), 0.5, method="inverted_cdf", weights=w))(np.ones(3))


def test_correlations_do_not_leave_their_interval() -> None:
    x = np.array([[0.1, 0.7, 0.3], [0.2, 1.4, 0.6]])
    seen: list[Any] = []

    def f(x: Any) -> Any:
        y = np.corrcoef(x)
        seen.append(y.value)
        return y[0, 1]

    np.testing.assert_allclose(grad(f)(x), np.zeros((2, 3)), atol=1e-14)
    assert np.abs(seen[0]).max() <= 1.0


def test_the_covariance_of_one_observation() -> None:
    with pytest.warns(RuntimeWarning, match="Degrees of freedom"), np.errstate(invalid="ignore"):
        assert np.isnan(grad(lambda x: np.cov(x))(np.ones(1))).all()
    with pytest.raises(ValueError, match="vectors and matrices"):
        grad(lambda x: np.cov(x).sum())(np.ones((2, 2, 2)))
