"""Checkpoints change what is kept, never what comes out."""

import tracemalloc
from typing import Any

import numpy as np
import pytest

from knetengine import grad, gradcheck, value_and_grad
from knetengine.autograd.checkpointing import checkpoint
from knetengine.autograd.jacobians import hessian, jvp

X = np.array([0.5, -1.0, 2.0])
W = np.array([[0.1, 0.2, -0.3], [0.0, 0.5, 0.1], [0.2, -0.2, 0.3]])


def step(h: Any, w: Any) -> Any:
    return np.tanh(h @ w) + 0.1 * h


def loss(f: Any) -> Any:
    def total(h: Any, w: Any) -> Any:
        for _ in range(4):
            h = f(h, w)
        return np.sum(h**2)

    return total


def test_values_and_gradients_are_the_same() -> None:
    """Values to the bit; gradients but for rounding: products are put together block by block."""
    value, gradients = value_and_grad(loss(step), (0, 1))(X, W)
    kept, checkpointed = value_and_grad(loss(checkpoint(step)), (0, 1))(X, W)
    assert value == kept
    for left, right in zip(gradients, checkpointed, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-14)
    np.testing.assert_array_equal(checkpoint(step)(X, W), step(X, W))


def test_any_order() -> None:
    np.testing.assert_allclose(
        hessian(loss(checkpoint(step)))(X, W), hessian(loss(step))(X, W), atol=1e-14
    )
    assert gradcheck(loss(checkpoint(step)), X, W, argnum=(0, 1), order=2)
    tangent = jvp(checkpoint(step), (X, W), (X, W))[1]
    np.testing.assert_allclose(tangent, jvp(step, (X, W), (X, W))[1])


def test_containers_keywords_and_constants() -> None:
    @checkpoint
    def block(w: Any, *, power: int, names: Any) -> Any:
        return {"a": w["x"] ** power, "b": (np.sum(w["y"]), len(names), "kept")}

    def f(w: Any) -> Any:
        out = block(w, power=3, names=["p", "q"])
        assert out["b"][1:] == (2, "kept")
        return np.sum(out["a"]) * out["b"][0]

    w = {"x": X, "y": W}
    gradient = grad(f)(w)
    np.testing.assert_allclose(gradient["x"], 3 * X**2 * W.sum())
    np.testing.assert_allclose(gradient["y"], np.full((3, 3), np.sum(X**3)))


def test_a_closure_over_a_recorded_value_is_refused() -> None:
    def f(x: Any) -> Any:
        return np.sum(checkpoint(lambda y: y * x)(x))

    with pytest.raises(TypeError, match="not among its arguments"):
        grad(f)(X)


def test_a_recurrence_in_blocks_needs_less_memory() -> None:
    def block(h: Any, count: int) -> Any:
        for _ in range(count):
            h = np.sin(h)
        return h

    def peak(f: Any, blocks: int, count: int) -> int:
        def total(h: Any) -> Any:
            for _ in range(blocks):
                h = f(h, count)
            return np.sum(h)

        h = np.ones(10_000)
        grad(total)(h)
        tracemalloc.start()
        grad(total)(h)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(checkpoint(block), 10, 10) < 0.3 * peak(block, 10, 10)
