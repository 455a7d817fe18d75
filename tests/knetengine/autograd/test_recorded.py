"""A recorded value among NumPy, Python and its own kind."""

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from knetengine import grad
from knetengine.autograd import Recorded


def inside(look: Callable[[Any], Any], value: Any) -> Any:
    """What `look` sees of the recorded value."""
    seen: list[Any] = []
    grad(lambda x: seen.append(look(x)) or 0.0)(value)
    return seen[0]


X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], np.float32)


def test_it_shows_its_value_and_that_it_is_recorded() -> None:
    assert inside(repr, 2.0) == "Recorded(2.0)"
    assert inside(repr, X[0]) == "Recorded(array([1., 2., 3.], dtype=float32))"
    assert inside(lambda x: f"{x:.2f}", 2.0) == "2.00"
    assert inside(str, 2.0) == "Recorded(2.0)"


def test_it_has_the_attributes_of_an_array() -> None:
    look = inside(lambda x: (x.shape, x.ndim, x.size, x.dtype, len(x), x.T.shape), X)
    assert look == ((2, 3), 2, 6, np.float32, 2, (3, 2))
    assert inside(lambda x: (x.shape, x.ndim, x.size, x.dtype), 2.0) == ((), 0, 1, np.float64)


@pytest.mark.parametrize(
    "constant",
    [np.float32(3), np.float64(3), np.array(3.0), np.full((2, 3), 3.0), 3, 3.0, True, [3, 3, 3]],
)
def test_operators_both_ways(constant: Any) -> None:
    for operate in (
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / b,
        lambda a, b: a**b,
        lambda a, b: a % b,
    ):
        for left in (True, False):
            got = inside(lambda x: operate(x, constant) if left else operate(constant, x), X)  # noqa: B023
            expected = operate(X, constant) if left else operate(constant, X)
            assert type(got) is Recorded
            assert got.value.dtype == expected.dtype
            np.testing.assert_array_equal(got.value, expected)


def test_comparisons_and_conversions_are_plain() -> None:
    compared = inside(
        lambda x: (x < 3, x >= x, np.float32(3) > x, x == 4, x != 4, x // 2, 7 // x), X
    )
    expected = (X < 3, X >= X, X < 3, X == 4, X != 4, X // 2, 7 // X)
    for got, want in zip(compared, expected, strict=True):
        assert type(got) is np.ndarray
        np.testing.assert_array_equal(got, want)
    look = inside(lambda x: (bool(x), float(x), int(x), x > 1, 2.0 in x.reshape(1)), 2.0)
    assert look == (True, 2.0, 2, True, True)
    assert inside(lambda x: list(range(x)), 3) == [0, 1, 2]
    with pytest.raises(TypeError, match="cannot be an index"):
        grad(lambda x: range(x))(2.5)


def test_rows_unpack() -> None:
    a, b = inside(tuple, X)
    assert (type(a), type(b)) == (Recorded, Recorded)
    gradient = grad(lambda x: (lambda a, b: np.sum(a * b))(*x))(X)
    np.testing.assert_array_equal(gradient, X[::-1])
    with pytest.raises(TypeError, match="0-d"):
        grad(list)(1.0)


@pytest.mark.parametrize(
    ("function", "more"),
    [
        (np.less, (2.0,)),
        (np.isclose, (2.0,)),
        (np.floor, ()),
        (np.sign, ()),
        (np.floor_divide, (3.0,)),
        (np.argmax, ()),
        (np.argsort, ()),
        (np.searchsorted, (2.0,)),
        (np.flatnonzero, ()),
        (np.shape, ()),
        (np.result_type, ()),
    ],
)
def test_functions_without_a_gradient_give_plain_results(function: Any, more: Any) -> None:
    x = np.array([1.0, 2.0, 4.0])
    got = inside(lambda x: function(x, *more), x)
    want = function(x, *more)
    for g, w in zip(*[r if isinstance(r, tuple) else (r,) for r in (got, want)], strict=True):
        assert type(g) is type(w)
        np.testing.assert_array_equal(g, w)


def test_math_and_plain_arrays_do_not_lose_a_gradient_unseen() -> None:
    with pytest.raises(TypeError, match=r"math\.exp makes a plain number .* Use np\.exp"):
        grad(lambda x: math.exp(x) * x)(1.0)
    assert grad(lambda x: float(x) * x)(3.0) == 3.0


def test_it_says_what_it_is() -> None:
    assert inside(repr, 2.5) == "Recorded(2.5)"
    assert inside(lambda x: f"{x:.2f} {x}", 2.5) == "2.50 2.5"
    assert inside(lambda x: (complex(x), divmod(x, 2.0)[0]), 2.5) == (2.5, 1.0)


# Errors say what to do


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda x: np.asarray(x), "cannot become a plain array.*stop_gradient"),
        (lambda x: np.array([x, x]), r"np\.stack or np\.concatenate instead of np\.array"),
        (lambda x: np.sum([x[0], x[1]]), "np.stack"),
        (
            lambda x: np.add(x, 1.0, out=np.zeros((2, 3))),
            r"np\.add cannot write a recorded result into a plain array",
        ),
        (lambda x: np.exp(x, where=x > 0), r"leaves entries undefined; use np\.where"),
        (lambda x: np.copyto(np.zeros((2, 3)), x), "cannot write a recorded value into a plain"),
        (lambda x: pickle.dumps(x), "cannot be pickled"),
        (lambda x: hash(x), "unhashable"),
    ],
)
def test_what_cannot_be_differentiated_is_refused_with_advice(use: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        grad(use)(X)


def test_a_copy_keeps_its_place_on_the_tape() -> None:
    assert grad(lambda x: copy.copy(x) * copy.deepcopy([x])[0])(3.0) == 6.0
    w = [X, 2.0]
    gradient = grad(lambda w: np.sum(copy.deepcopy(w)[0]) * w[1])(w)
    assert gradient[1] == X.sum()


def test_conversion_to_integers_is_a_constant() -> None:
    whole = inside(lambda x: x.astype(int), X)
    assert type(whole) is np.ndarray
    assert whole.dtype == np.int64
    assert grad(lambda x: np.sum(x.astype(np.float64)))(X).dtype == np.float32


def test_what_an_array_has_and_a_recorded_value_has_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'tobytes'") as caught:
        grad(lambda x: x.tobytes())(X)
    assert "stop_gradient(x).tobytes" in caught.value.__notes__[0]
    assert inside(lambda x: hasattr(x, "__array_interface__"), X) is False
