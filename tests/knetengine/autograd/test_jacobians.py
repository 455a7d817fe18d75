"""Jacobians, Hessians, and the two products that they are made of."""

from collections import namedtuple
from typing import Any

import numpy as np
import pytest
import sympy

from knetengine import grad
from knetengine.autograd.jacobians import hessian, hvp, jacobian, jvp, vjp

A = np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]])
X = np.array([0.5, -1.0, 2.0])
MODES = ["reverse", "forward"]


def curve(x: Any) -> Any:
    return np.sin(A @ x) * x[:2]


def curve_jacobian(x: Any) -> Any:
    inner = A @ x
    return np.cos(inner)[:, None] * A * x[:2, None] + np.diag(np.sin(inner)) @ np.eye(2, 3)


# vjp


def test_vjp_gives_the_value_and_a_pull_for_any_number_of_gradients() -> None:
    value, pull = vjp(curve, X)
    np.testing.assert_array_equal(value, curve(X))
    assert type(value) is np.ndarray
    for g in (np.array([1.0, 0.0]), np.array([-2.0, 0.5])):
        (gradient,) = pull(g)
        np.testing.assert_allclose(gradient, g @ curve_jacobian(X))


def test_vjp_of_containers() -> None:
    Pair = namedtuple("Pair", "a b")

    def f(w: Any, s: Any) -> Any:
        return {"sum": w.a + s, "both": [w.a * w.b, 3.0]}

    value, pull = vjp(f, Pair(2.0, X), 4.0)
    assert value["sum"] == 6.0
    gradient, by_s = pull({"sum": 1.0, "both": [np.ones(3), 7.0]})
    assert type(gradient) is Pair
    assert (gradient.a, by_s) == (1.0 + X.sum(), 1.0)
    np.testing.assert_array_equal(gradient.b, [2.0, 2.0, 2.0])
    with pytest.raises(TypeError, match="has 3 leaves, the gradient to pull back has 1"):
        pull(1.0)
    with pytest.raises(ValueError, match=r"leaf of shape \(3,\), but .* has shape \(2,\)"):
        pull({"sum": 1.0, "both": [np.ones(2), 7.0]})


def test_vjp_inside_a_gradient_is_differentiated() -> None:
    def f(x: Any) -> Any:
        value, pull = vjp(lambda y: y**3 * x, x)
        return pull(value)[0]  # 3 x^3 * x^4

    assert grad(f)(1.5) == pytest.approx(21 * 1.5**6)


# jvp


def test_jvp_is_the_jacobian_times_the_tangent() -> None:
    v = np.array([1.0, -0.5, 2.0])
    value, tangent = jvp(curve, (X,), (v,))
    np.testing.assert_array_equal(value, curve(X))
    np.testing.assert_allclose(tangent, curve_jacobian(X) @ v)
    assert type(tangent) is np.ndarray


def test_jvp_of_containers_and_of_what_does_not_depend() -> None:
    value, tangent = jvp(
        lambda w, s: [w["a"] * s, 5.0, w["b"]], ({"a": X, "b": 2.0}, 3.0), ({"a": X, "b": 1.0}, 1)
    )
    np.testing.assert_array_equal(tangent[0], X * 3.0 + X)
    assert tangent[1:] == [0.0, 1.0]
    assert value[1] == 5.0


def test_jvp_of_float32_stays_float32() -> None:
    x = X.astype(np.float32)
    value, tangent = jvp(lambda x: np.tanh(x) * 2.0, (x,), (x,))
    assert value.dtype == tangent.dtype == np.float32


def test_jvp_of_complex_functions() -> None:
    z, t = np.array([1.0 + 2j, 0.5 - 1j]), np.array([0.3 - 1j, 2.0 + 0.5j])
    _, tangent = jvp(lambda z: z**2 * np.exp(z), (z,), (t,))
    np.testing.assert_allclose(tangent, (2 * z + z**2) * np.exp(z) * t)
    _, tangent = jvp(lambda z: np.abs(z), (z,), (t,))
    np.testing.assert_allclose(tangent, np.real(np.conj(z) * t) / np.abs(z))
    _, tangent = jvp(lambda x: x * (1 + 2j), (X,), (X,))
    np.testing.assert_allclose(tangent, X * (1 + 2j))


def test_jvp_wants_matching_tangents() -> None:
    with pytest.raises(TypeError, match="need as many tangents"):
        jvp(curve, (X,), ())
    with pytest.raises(ValueError, match=r"shape \(2,\), but its argument has shape \(3,\)"):
        jvp(curve, (X,), (X[:2],))
    with pytest.raises(TypeError, match="has 2 leaves, its argument 1"):
        jvp(curve, (X,), ([X, X],))


# Any order, in any mixture


@pytest.mark.parametrize("order", range(1, 5))
def test_derivatives_to_the_fourth_order_are_sympys(order: int) -> None:
    s = sympy.symbols("s")
    expected = float(sympy.diff(s**3 * sympy.sin(s), s, order).subs(s, 1.3))

    def f(x: Any) -> Any:
        return x**3 * np.sin(x)

    def forward(f: Any) -> Any:
        return lambda x: jvp(f, (x,), (1.0,))[1]

    def backward(f: Any) -> Any:
        return lambda x: vjp(f, x)[1](1.0)[0]

    by_jvp = by_vjp = mixed = by_jacobian = f
    for number in range(order):
        by_jvp, by_vjp = forward(by_jvp), backward(by_vjp)
        mixed = (forward if number % 2 else grad)(mixed)
        by_jacobian = jacobian(by_jacobian, mode=MODES[number % 2])
    for g in (by_jvp, by_vjp, mixed, by_jacobian):
        assert g(1.3) == pytest.approx(expected, rel=1e-12)


def test_perturbations_are_not_confused() -> None:
    def derivative(f: Any, at: Any) -> Any:
        return jvp(f, (at,), (1.0,))[1]

    assert derivative(lambda x: x * derivative(lambda y: x * y, 2.0), 3.0) == 6.0
    assert grad(lambda x: x * derivative(lambda y: x * y, 2.0))(3.0) == 6.0
    assert derivative(lambda x: x * grad(lambda y: x * y)(2.0), 3.0) == 6.0
    assert derivative(lambda x: derivative(lambda y: x, 1.0) + x, 3.0) == 1.0
    assert grad(lambda x: jvp(lambda y: y * y, (2.0,), (x,))[1])(3.0) == 4.0


# Jacobians


@pytest.mark.parametrize("mode", MODES)
def test_jacobian(mode: Any) -> None:
    j = jacobian(curve, mode=mode)(X)
    np.testing.assert_allclose(j, curve_jacobian(X))
    calls: list[int] = []
    jacobian(lambda x: calls.append(1) or curve(x), mode=mode)(X)
    assert calls == [1]


@pytest.mark.parametrize("mode", MODES)
def test_jacobian_shapes_dtypes_and_numbers(mode: Any) -> None:
    x = np.ones((2, 3), np.float32)
    j = jacobian(lambda x: x[:, :2] * 2.0, mode=mode)(x)
    assert (j.shape, j.dtype) == ((2, 2, 2, 3), np.float32)
    assert jacobian(lambda x: x**2, mode=mode)(3.0) == 6.0
    assert jacobian(lambda x: x * X, mode=mode)(2.0).tolist() == X.tolist()
    assert jacobian(np.sum, mode=mode)(X).tolist() == [1.0, 1.0, 1.0]
    assert jacobian(lambda x: np.ones(2), mode=mode)(X).tolist() == [[0.0] * 3] * 2
    assert jacobian(lambda x: x[:0], mode=mode)(X).shape == (0, 3)
    assert jacobian(lambda x: x, mode=mode)(X[:0]).shape == (0, 0)


@pytest.mark.parametrize("mode", MODES)
def test_jacobian_of_containers(mode: Any) -> None:
    def f(w: Any, s: Any) -> Any:
        return [w["a"] * s, np.sum(w["b"])]

    w = {"a": X, "b": np.ones((2, 2)), "name": "w"}
    j = jacobian(f, (0, 1), mode=mode)(w, 2.0)
    (by_w, by_s), (total_by_w, total_by_s) = j
    np.testing.assert_array_equal(by_w["a"], 2.0 * np.eye(3))
    np.testing.assert_array_equal(by_w["b"], np.zeros((3, 2, 2)))
    assert by_w["name"] is None
    np.testing.assert_array_equal(by_s, X)
    np.testing.assert_array_equal(total_by_w["b"], np.ones((2, 2)))
    assert total_by_s == 0.0


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("outer", MODES)
def test_jacobian_of_a_jacobian(mode: Any, outer: Any) -> None:
    second = jacobian(jacobian(lambda x: x**3, mode=mode), mode=outer)(X)
    expected = np.zeros((3, 3, 3))
    expected[np.arange(3), np.arange(3), np.arange(3)] = 6 * X
    np.testing.assert_allclose(second, expected)


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="'reverse' or 'forward', not 'sideways'"):
        jacobian(curve, mode="sideways")  # pyright: ignore[reportArgumentType]


# Hessians


def bowl(x: Any) -> Any:
    return np.sum(np.sin(A @ x) ** 2) + x[0] * x[2] ** 2


@pytest.mark.parametrize("mode", MODES)
def test_hessian_is_symmetric_and_agrees_with_its_products(mode: Any) -> None:
    h = hessian(bowl, mode=mode)(X)
    np.testing.assert_allclose(h, h.T, atol=1e-12)
    np.testing.assert_allclose(h, jacobian(grad(bowl))(X))
    v = np.array([1.0, 2.0, -1.0])
    np.testing.assert_allclose(hvp(bowl)(X, v), h @ v)


def test_hvp_of_containers_and_closures() -> None:
    def f(w: Any, s: float) -> Any:
        return s * np.sum(w["a"] ** 3) * w["b"]

    product = hvp(f)({"a": X, "b": 2.0}, 5.0, {"a": np.ones(3), "b": 1.0})
    np.testing.assert_allclose(product["a"], 5.0 * (12.0 * X + 3 * X**2))
    assert product["b"] == pytest.approx(5.0 * np.sum(3 * X**2))
    assert grad(lambda s: hvp(lambda x: s * x**3)(2.0, 1.0))(1.0) == 12.0
    with pytest.raises(TypeError, match="arguments and then the vector"):
        hvp(bowl)(X)
    with pytest.raises(TypeError, match="has 2 leaves, argument 0 has 1"):
        hvp(bowl)(X, [X, X])
