"""Knet's Param, params and diff."""

import dataclasses
from typing import Any

import numpy as np
import pytest

import knetengine.numpy as kn
from knetengine import grad
from knetengine.autograd.parameters import Param, diff, params

X = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.25]])


def test_a_parameter_behaves_as_its_array() -> None:
    w = Param(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(X @ w, X @ w.value)
    np.testing.assert_array_equal(w + 1.0, [2.0, 3.0])
    np.testing.assert_array_equal(2.0 / w, [2.0, 1.0])
    np.testing.assert_array_equal(np.exp(w), np.exp(w.value))
    np.testing.assert_array_equal(np.stack([w, w]), np.stack([w.value] * 2))
    np.testing.assert_array_equal(np.asarray(w), w.value)
    assert type(X @ w) is np.ndarray
    assert (w.shape, w.dtype, w[1], w.sum(), len(w)) == ((2,), np.float64, 2.0, 3.0, 2)
    assert repr(w) == "Param(array([1., 2.]))"
    assert Param(3).value == 3.0
    with pytest.raises(TypeError, match="not of dtype int64"):
        Param([1, 2])


def test_the_gradient_by_every_door() -> None:
    w, b = Param(np.array([1.0, -2.0])), Param(0.5)
    n = len(X)

    def loss(x: Any) -> Any:
        y = x @ w + b  # array @ Param, Recorded + Param
        y = y * b + kn.maximum(y, w[0]) - w[1]
        return np.mean(np.tanh(y) * np.exp(w).sum()) + kn.sum(kn.stack([w, w * b]))

    tape = diff(loss, X)
    plain = grad(
        lambda p: (lambda w, b: _loss(X, w, b))(*p),
    )((w.value, b.value))
    assert tape.value == pytest.approx(_loss(X, w.value, b.value))
    np.testing.assert_allclose(tape.grad(w), plain[0])
    assert tape.grad(b) == pytest.approx(plain[1])
    assert tape.params() == [w, b] or [p is q for p, q in zip(tape.params(), (w, b), strict=True)]
    assert n == 3


def _loss(x: Any, w: Any, b: Any) -> Any:
    y = x @ w + b
    y = y * b + kn.maximum(y, w[0]) - w[1]
    return np.mean(np.tanh(y) * np.exp(w).sum()) + kn.sum(kn.stack([w, w * b]))


def test_training_by_assignment_and_in_place() -> None:
    w = Param(np.zeros(2, np.float32))
    target = X @ np.array([1.0, -1.0])

    def loss() -> Any:
        return np.mean((X @ w - target) ** 2)

    for _ in range(200):
        tape = diff(loss)
        assert tape.grad(w).dtype == np.float32
        w.value -= 0.1 * tape.grad(w)
    w -= 0.0 * w.value
    assert type(w) is Param
    np.testing.assert_allclose(w.value, [1.0, -1.0], atol=1e-3)


def test_what_was_not_used_has_zeros_and_the_rest_is_refused() -> None:
    w, unused = Param(np.ones(2)), Param(np.ones((2, 2), np.float32))
    tape = diff(lambda: np.sum(w * 2.0))
    assert tape.grad(unused).shape == (2, 2)
    assert not tape.grad(unused).any()
    with pytest.raises(TypeError, match="not of a ndarray: make it one"):
        tape.grad(X)
    with pytest.raises(TypeError, match="single number"):
        diff(lambda: w * 2.0).grad(w)
    assert diff(lambda: 3.0).grad(w).tolist() == [0.0, 0.0]


def test_a_parameter_as_an_argument_of_grad_is_its_value() -> None:
    w = Param(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(grad(lambda w: np.sum(w**2))(w), [2.0, 4.0])
    np.testing.assert_array_equal(grad(lambda x: np.sum(x * w))(np.ones(2)), [1.0, 2.0])


def test_grad_inside_diff_is_differentiated() -> None:
    w = Param(2.0)
    tape = diff(lambda: grad(lambda x: w * x**3)(1.0) * w)  # 3 w^2
    assert (tape.value, tape.grad(w)) == (12.0, 12.0)
    with pytest.raises(RuntimeError, match="use grad there"):
        grad(lambda x: diff(lambda: x * w).value)(1.0)


def test_writing_inside_diff_is_refused() -> None:
    w = Param(np.ones(2))

    def f() -> Any:
        nonlocal w
        w += 1.0
        return np.sum(w)

    with pytest.raises(TypeError, match="cannot be written to inside diff"):
        diff(f)


def test_params_finds_each_once() -> None:
    @dataclasses.dataclass
    class Layer:
        w: Param
        activation: Any

    class Chain:
        def __init__(self, *layers: Any) -> None:
            self.layers = layers
            self.itself = self

    a, b, c = Param(1.0), Param(2.0), Param(3.0)
    model = Chain(Layer(a, np.tanh), {"deep": [b, (a,)]}, lambda x: x * c, "text", X)
    assert [id(p) for p in params(model)] == [id(a), id(b), id(c)]
    assert params(X, 3) == []
