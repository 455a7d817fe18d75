"""A recorded value among NumPy, Python and its own kind."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from knetengine import grad
from knetengine.autograd import Recorded
from knetengine.autograd.primitives import NOT_DIFFERENTIABLE


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


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")  # NumPy 2.5
@pytest.mark.parametrize(
    "function", sorted(NOT_DIFFERENTIABLE - {np.bincount, np.can_cast}, key=lambda f: f.__name__)
)
def test_functions_without_a_gradient_give_plain_results(function: Any) -> None:
    two = {"less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "logical_and"}
    two |= {"logical_or", "logical_xor", "isclose", "allclose", "array_equal", "array_equiv"}
    two |= {"floor_divide", "heaviside", "isin", "can_cast", "shares_memory", "may_share_memory"}
    two |= {"nextafter"}
    extra = {"full_like": (1,), "argpartition": (1,), "searchsorted": (2.0,)}
    extra |= {"digitize": (np.arange(5.0),)}
    x = np.array([1.0, 2.0, 4.0])
    more = (x,) if function.__name__ in two else extra.get(function.__name__, ())
    got = inside(lambda x: function(x, *more), x)
    want = function(x, *more)
    for g, w in zip(*[r if isinstance(r, tuple) else (r,) for r in (got, want)], strict=True):
        assert type(g) is type(w)
        if function is not np.empty_like:
            np.testing.assert_array_equal(g, w)


# Errors say what to do


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda x: np.asarray(x), "cannot become a plain array.*stop_gradient"),
        (lambda x: np.array([x, x]), r"np\.stack or np\.concatenate instead of np\.array"),
        (lambda x: np.sum([x[0], x[1]]), "np.stack"),
        (lambda x: np.add.reduce(x), r"np\.add\.reduce has no derivative rule; use np\.sum"),
        (lambda x: np.cumprod(x), r"np\.cumprod has no derivative rule. Write it with"),
        (lambda x: np.fft.fft(x), r"np\.fft\.fft has no derivative rule"),
        (lambda x: np.add(x, 1.0, out=np.zeros((2, 3))), r"np\.add cannot write into out="),
        (lambda x: np.exp(x, where=True), r"np\.exp has no derivative rule for the option where="),
        (lambda x: np.sum(x, initial=1.0), r"option initial=; it knows a, axis, dtype"),
        (lambda x: np.copyto(np.zeros((2, 3)), x), "cannot be differentiated: it writes into"),
        (lambda x: np.linalg.norm(x, 1), "2-norm of vectors"),
        (lambda x: np.einsum("ii", x), r"repeated index \(ii\)"),
        (lambda x: np.einsum("i...->i", x), "without an ellipsis"),
        (lambda x: np.pad(x, 1, mode="edge"), "mode='constant'"),
        (lambda x: np.reshape(x, (3, 2), order="A"), "order 'C' and 'F', not 'A'"),
        (lambda x: pickle.dumps(x), "cannot be pickled"),
        (lambda x: x.__setitem__(0, 1.0), r"x\[i\] = v would overwrite .* np\.where"),
        (lambda x: hash(x), "unhashable"),
    ],
)
def test_what_cannot_be_differentiated_is_refused_with_advice(use: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        grad(use)(X)


def test_a_plain_array_does_not_swallow_a_recorded_value() -> None:
    def f(x: Any) -> Any:
        total = np.zeros(3)
        total += x[0]
        return np.sum(total)

    with pytest.raises(TypeError, match=r"for a \+= x write a = a \+ x"):
        grad(f)(X)
    with pytest.raises((TypeError, ValueError)):
        grad(lambda x: np.zeros(3).__setitem__(0, x[0, 0]))(X)


def test_rebinding_in_place_operators_is_fine() -> None:
    def f(x: Any) -> Any:
        y = x
        y += x
        y *= x
        return np.sum(y)

    np.testing.assert_array_equal(grad(f)(X), 4 * X)


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
