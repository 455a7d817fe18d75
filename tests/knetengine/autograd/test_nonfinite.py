"""The first NaN or infinity of a gradient is attributed to the expression that made it."""

import re
import warnings
from typing import Any

import numpy as np
import pytest

from knetengine import defvjp, grad, primitive, value_and_grad
from knetengine.autograd.nonfinite import NonFiniteError, NonFiniteWarning, on_nonfinite

X = np.array([0.0, 1.0, 4.0])


def warned(f: Any, *args: Any) -> list[str]:
    """The messages of the warnings that a gradient gives."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        grad(f)(*args)
    assert all(issubclass(w.category, NonFiniteWarning) for w in caught)
    assert all(w.filename == __file__ for w in caught)
    return [str(w.message) for w in caught]


def test_forward_the_exact_expression_and_the_operands() -> None:
    (message,) = warned(lambda x: np.sum(x * 2.0 + np.log(x) * np.sqrt(x)), X)
    assert message.startswith("infinity (divide by zero) in `np.log(x)` (test_nonfinite.py:")
    assert "(3,) float64 from 0 to 4" in message


def test_an_operator() -> None:
    (message,) = warned(lambda x: np.sum((x + 1.0) / (x - 1.0)), X)
    assert "`(x + 1.0) / (x - 1.0)`" in message


def test_backward() -> None:
    (message,) = warned(lambda x: np.sum(np.sqrt(x)), X)
    assert "in the backward pass, in the derivative of `np.sqrt(x)`" in message


def test_the_first_one_only() -> None:
    def f(x: Any) -> Any:
        a = np.log(x)
        return np.sum(a - a) + np.sum(1.0 / x)

    (message,) = warned(f, X)
    assert "`np.log(x)`" in message


def test_each_place_is_told_once() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.log(x))

    assert len(warned(f, X)) == 1
    assert warned(f, X) == []


def test_the_policies() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.log(x))

    with on_nonfinite("raise"):
        with pytest.raises(NonFiniteError, match=re.escape("`np.log(x)`")):
            grad(f)(X)
        with pytest.raises(NonFiniteError, match="backward"):
            grad(lambda x: np.sum(np.sqrt(x)))(X)
    with on_nonfinite("ignore"):
        assert grad(f)(X)[0] == np.inf
    with pytest.raises(ValueError, match="'ignore', 'warn' or 'raise'"):
        on_nonfinite("panic")  # pyright: ignore[reportArgumentType]
    with pytest.warns(NonFiniteWarning):
        grad(lambda x: np.sum(np.log(x)))(X)


def test_numpys_own_settings_have_the_last_word() -> None:
    def f(x: Any) -> Any:
        with np.errstate(divide="ignore"):
            return np.sum(np.where(x > 0, np.log(x), 0.0))

    assert "backward" in warned(f, X)[0]
    with np.errstate(all="ignore"):
        assert warned(lambda x: np.sum(np.log(x)), X) == []
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError, match="divide by zero"):
        grad(lambda x: np.sum(np.log(x)))(X)
    assert np.geterr()["divide"] == "warn"


def test_what_raises_no_flag_is_found_on_the_tape() -> None:
    @primitive
    def broken(x: Any) -> Any:
        return np.full_like(x, np.inf)

    defvjp(broken, lambda g, y, x: g)
    (message,) = warned(lambda x: np.sum(broken(x) * 2.0), X)
    assert "a number that is not finite came out of `broken(x)`" in message
    data = np.array([1.0, np.nan, 2.0])
    (message,) = warned(lambda x: np.sum(x * data), X)
    assert "a constant in `x * data`" in message
    assert "1 not finite" in message
    (message,) = warned(lambda x: np.sum(x * 2.0), data)
    assert "parameter 0 is not finite" in message


def test_the_gradient_itself_is_unchanged() -> None:
    with np.errstate(all="ignore"):
        expected = value_and_grad(lambda x: np.sum(np.log(x)))(X)
    with pytest.warns(NonFiniteWarning):
        got = value_and_grad(lambda x: np.sum(np.log(x)))(X)
    assert got[0] == expected[0]
    np.testing.assert_array_equal(got[1], expected[1])


def test_inside_another_gradient() -> None:
    (message,) = warned(lambda x: np.sum(grad(lambda y: np.sum(np.log(y)))(x)), X)
    assert "`np.log(y)`" in message
