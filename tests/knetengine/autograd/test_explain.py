"""Errors name the user's line, the sub-expression and the shapes that met in it."""

from typing import Any

import numpy as np
import pytest

from knetengine import defvjp, grad, primitive

X = np.ones((3, 2), np.float32)
W = np.ones((3, 4))


def note(f: Any, *args: Any) -> str:
    with pytest.raises((ValueError, TypeError, IndexError)) as caught:
        grad(f)(*args)
    assert len(caught.value.__notes__) == 1
    return caught.value.__notes__[0]


def affine(x: Any, w: Any) -> Any:
    return np.sum(x * 2.0 + (x @ w + 1.0))


def test_an_operator_names_both_operands() -> None:
    told = note(affine, X, W)
    assert told.startswith("in `x @ w` (test_explain.py:")
    assert "x is (3, 2) float32, w is (3, 4) float64" in told


def test_a_reflected_operator_keeps_the_order() -> None:
    told = note(lambda x: np.sum(W @ x), np.ones(3))
    assert "W is (3, 4) float64, x is (3,) float64" in told


def test_functions_methods_and_items() -> None:
    assert "`np.concatenate([x, W])`" in note(lambda x: np.sum(np.concatenate([x, W])), X)
    assert "x is (3, 2) float32, (4, 4) is tuple of 2" in note(lambda x: x.reshape((4, 4)), X)
    assert "`x[5]`" in note(lambda x: x[5], X)
    assert "x is (3, 2) float32" in note(lambda x: x[5], X)


def test_plain_arrays_inside_the_function() -> None:
    told = note(lambda x: np.sum(x) + np.sum(W + X), X)
    assert "`W + X`" in told
    assert "W is (3, 4) float64, X is (3, 2) float32" in told


def test_an_inner_function_is_where_it_happened() -> None:
    def outer(x: Any) -> Any:
        return affine(x, W) * 2.0

    assert "`x @ w`" in note(outer, X)


def test_a_rule_that_fails() -> None:
    @primitive
    def doubled(x: Any) -> Any:
        return x * 2.0

    defvjp(doubled, lambda g, y, x: g @ np.ones((7, 7)))
    told = note(lambda x: np.sum(doubled(x)), X)
    assert told.startswith("in the derivative rule of doubled")
    assert "`doubled(x)` (test_explain.py:" in told
    assert "(3, 2) float32" in told


def test_errors_of_the_users_own_code_are_left_alone() -> None:
    def broken(x: Any) -> Any:
        raise ValueError("my own")

    with pytest.raises(ValueError, match="my own") as caught:
        grad(broken)(X)
    assert not hasattr(caught.value, "__notes__")


def test_nested_gradients_explain_once() -> None:
    assert "`x @ w`" in note(lambda x: np.sum(grad(affine)(x, W)), X)
