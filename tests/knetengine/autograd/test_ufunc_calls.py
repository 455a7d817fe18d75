"""NumPy's universal functions in full: their options, and their methods."""

from typing import Any

import numpy as np
import pytest

from knetengine import grad, gradcheck

X = np.array([[0.5, 1.5, 2.5], [3.5, 0.25, 1.25]])
ROW = np.array([1.0, 2.0, 3.0])


def masked(x: Any) -> Any:
    out = np.zeros_like(x)
    return np.log(x, where=X > 1.0, out=out)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.add.reduce(x),
        lambda x: np.add.reduce(x, axis=(0, 1)),
        lambda x: np.multiply.reduce(x, axis=1, keepdims=True),
        lambda x: np.maximum.reduce(x, axis=-1),
        lambda x: np.add.reduce(x, axis=1, initial=2.0, where=X > 1.0),
        lambda x: np.logaddexp.reduce(x, axis=1),
        lambda x: np.logaddexp.reduce(x, axis=None),
        lambda x: np.hypot.reduce(x, axis=0, keepdims=True),
        lambda x: np.subtract.reduce(x, axis=1),
        lambda x: np.add.accumulate(x, axis=1),
        lambda x: np.multiply.accumulate(x),
        lambda x: np.maximum.accumulate(x, axis=1),
        lambda x: np.divide.accumulate(x, axis=0),
        lambda x: np.multiply.outer(x, ROW),
        lambda x: np.subtract.outer(ROW, x),
        lambda x: np.add.reduceat(x, [0, 2, 1], axis=1),
        lambda x: np.multiply(x, ROW, dtype=np.float64),
        lambda x: np.exp(x, casting="same_kind", order="C"),
        masked,
        lambda x: np.divide(1.0, x, where=X > 1.0, out=x * 2.0),
        lambda x: np.multiply(x, x, where=np.zeros((2, 3), bool), out=x * 2.0),
    ],
)
def test_values_are_numpys_and_gradients_agree(f: Any) -> None:
    seen: list[Any] = []

    def loss(x: Any) -> Any:
        result = f(x)
        seen.append(result.value)
        return np.sum(result * result)

    grad(loss)(X)
    np.testing.assert_allclose(seen[0], f(X.copy()))
    assert gradcheck(lambda x: np.sum(f(x) * f(x)), X)


def test_out_writes_into_a_recorded_array() -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        z = np.multiply(x, ROW, out=y)
        assert z is y
        return np.sum(y * y)

    np.testing.assert_allclose(grad(f)(X), 2 * X * ROW**2)


def test_out_of_a_function_too() -> None:
    def f(x: Any) -> Any:
        total = np.zeros_like(x[0])
        np.sum(x, axis=0, out=total)
        return np.sum(total**2)

    np.testing.assert_allclose(grad(f)(X), np.broadcast_to(2 * X.sum(0), X.shape))


def test_a_plain_out_is_refused() -> None:
    with pytest.raises(TypeError, match=r"np\.sum cannot write a recorded result into a plain"):
        grad(lambda x: np.sum(np.sum(x, axis=0, out=np.zeros(3))))(X)


@pytest.mark.parametrize("ufunc", [np.add, np.subtract])
def test_at_counts_repeated_indices(ufunc: Any) -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        ufunc.at(y, [0, 0, 1], x[[1, 1, 0]] ** 2)
        return np.sum(y**2)

    y, other = X.copy(), X.copy()
    ufunc.at(y, [0, 0, 1], other[[1, 1, 0]] ** 2)
    seen: list[Any] = []
    grad(lambda x: seen.append(f(x)) or seen[0])(X)
    assert seen[0].value == pytest.approx(np.sum(y**2))
    assert gradcheck(lambda x: f(x * 1.0), X)


def test_at_with_other_functions() -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        np.multiply.at(y, (0, [0, 2]), 3.0)
        np.square.at(y, [1])
        return np.sum(y)

    expected = np.ones((2, 3))
    expected[0, [0, 2]] = 3.0
    expected[1] = 2 * X[1]
    np.testing.assert_allclose(grad(f)(X), expected)
    with pytest.raises(TypeError, match="repeated indices"):
        grad(lambda x: np.multiply.at(x * 1.0, [0, 0], 2.0))(X)
    with pytest.raises(TypeError, match=r"np\.add\.at cannot write a recorded operand"):
        grad(lambda x: np.add.at(np.zeros(3), 0, x[0, 0]))(X)


def test_methods_of_comparisons_are_constants() -> None:
    def f(x: Any) -> Any:
        assert type(np.logical_and.reduce(x > 1.0, axis=1)) is np.ndarray
        assert type(np.less.outer(x, ROW)) is np.ndarray
        return np.sum(x)

    grad(f)(X)


def test_a_dtype_narrows_the_computation() -> None:
    seen: list[Any] = []

    def f(x: Any) -> Any:
        y = np.multiply(x, 2.0, dtype=np.float32)
        seen.append(y.dtype)
        return np.sum(y)

    assert grad(f)(X).dtype == np.float64
    assert seen == [np.float32]


def test_where_without_out_is_refused() -> None:
    with pytest.raises(TypeError, match=r"np\.where\(mask, np\.log\(\.\.\.\), 0\.0\)"):
        grad(lambda x: np.sum(np.log(x, where=x > 1.0)))(X)


def test_where_keeps_nan_out_of_the_gradient() -> None:
    x = np.array([-1.0, 0.0, 2.0])

    def f(x: Any) -> Any:
        return np.sum(np.log(x, where=x > 0.0, out=np.zeros_like(x)))

    np.testing.assert_array_equal(grad(f)(x), [0.0, 0.0, 0.5])
    np.testing.assert_array_equal(grad(lambda x: np.sum(grad(f)(x)))(x), [0.0, 0.0, -0.25])
