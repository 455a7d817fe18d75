"""Products with one matrix in a loop: their gradient is one product, and the same."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import knetengine.numpy as kn
from knetengine import NonFiniteWarning, grad, gradcheck, hessian
from knetengine.autograd import stacking
from knetengine.autograd.primitives import primitive_of

GENERATOR = np.random.default_rng(0)
X = GENERATOR.standard_normal((6, 4, 3))  # (T, B, K)
W = GENERATOR.standard_normal((3, 3))
Program = Callable[[Any], Any]


def rows(w: Any) -> Any:
    h = X[0]
    for x in X:
        h = kn.tanh(h @ w + x)
    return kn.sum(h)


def columns(w: Any) -> Any:
    h = X[0].T
    for x in X:
        h = kn.tanh(w @ h + x.T)
    return kn.sum(h)


def vectors(w: Any) -> Any:
    h = X[0, 0]
    for x in X[:, 0]:
        h = kn.tanh(h @ w + x) + kn.tanh(w @ h)
    return kn.sum(h)


def both_sides(w: Any) -> Any:
    return kn.sum(w @ w @ w) + kn.sum(X[0] @ w @ w)


def among_others(w: Any) -> Any:
    """Sums, items, and elementwise steps between the products."""
    y = kn.sum(X[0] @ w) + kn.sum(w**2)
    for x in X:
        y = y + kn.sum(x @ w) + w[0, 0] * w[1, 2] + kn.sum(w * 2.0)
    return y + kn.sum(w[[0, 0]])


def of_a_step(w: Any) -> Any:
    """The matrix is itself a result, and its gradient goes on."""
    v = kn.exp(w)
    return sum(kn.sum(x @ v) for x in X)


def batches_of_matrices(w: Any) -> Any:
    return kn.sum(X @ w) + kn.sum(X @ w * 3.0) + kn.sum(X[0] @ w)


PROGRAMS = [rows, columns, vectors, both_sides, among_others, of_a_step, batches_of_matrices]


def one_by_one(program: Program, w: Any) -> Any:
    step = primitive_of(np.matmul)
    step.stacks = False
    try:
        return grad(program)(w)
    finally:
        step.stacks = True


@pytest.mark.parametrize("limit", [1, 5, 2048])
@pytest.mark.parametrize("program", PROGRAMS)
def test_the_sum_is_the_same(program: Program, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacking, "ROWS", limit)
    found = grad(program)(W)
    np.testing.assert_allclose(found, one_by_one(program, W), rtol=1e-12)
    assert found.flags.owndata
    assert gradcheck(program, W)


def test_it_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    multiply = stacking.Stacked.multiply

    def counted(self: stacking.Stacked) -> Any:
        seen.append(len(self.left))
        return multiply(self)

    monkeypatch.setattr(stacking.Stacked, "multiply", counted)
    grad(rows)(W)
    assert seen == [5]  # the first of six is there when the second comes


def test_float32_stays_and_other_dtypes_are_left_alone() -> None:
    w = W.astype(np.float32)
    x = X.astype(np.float32)
    gradient = grad(lambda w: sum(kn.sum(a @ w) for a in x))(w)
    assert gradient.dtype == np.float32
    mixed = grad(lambda w: sum(kn.sum(a @ w) for a in X))(w)
    assert mixed.dtype == np.float32
    np.testing.assert_allclose(mixed, gradient, rtol=1e-5)


def test_second_derivatives_do_not_stack() -> None:
    w = W[:2, :2]

    def program(w: Any) -> Any:
        h = X[0, :, :2]
        for _ in range(3):
            h = kn.tanh(h @ w)
        return kn.sum(h)

    assert gradcheck(program, w, order=2)
    assert hessian(program)(w).shape == (2, 2, 2, 2)


def test_the_callers_gradient_is_not_written_to() -> None:
    """The first contribution to the slot may be an array that another slot holds as well."""
    w, v = W.copy(), W.copy()

    def program(w: Any, v: Any) -> Any:
        return kn.sum(X[0] @ w) + kn.sum(X[1] @ w) + 2.0 * kn.sum(w + v)

    by_w, by_v = grad(program, (0, 1))(w, v)
    np.testing.assert_array_equal(by_v, np.full((3, 3), 2.0))
    np.testing.assert_allclose(by_w, 2.0 + (X[0] + X[1]).sum(0)[:, None] * np.ones(3))


def test_an_infinity_is_attributed_to_a_product() -> None:
    big = np.full((1, 3), 1e200)

    def program(w: Any) -> Any:
        return sum(kn.sum(big @ w * 1e150) for _ in range(3))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        grad(program)(1e-200 * np.ones((3, 3)))
    (warning,) = [w for w in caught if w.category is NonFiniteWarning]
    assert "in the derivative of `big @ w`" in str(warning.message)
