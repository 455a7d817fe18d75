"""Sampled functions: choices at knots, and messages."""

import numpy as np
import pytest

from knetengine import grad


def test_the_slope_at_a_knot_is_that_to_its_right() -> None:
    knots, values = [0.0, 1.0, 3.0], [0.0, 2.0, 3.0]
    x = np.array([-1.0, 0.0, 1.0, 3.0, 4.0])
    slopes = grad(lambda x: np.sum(np.interp(x, knots, values)))(x)
    assert slopes.tolist() == [0.0, 2.0, 0.5, 0.5, 0.0]


def test_outside_the_knots_the_ends_take_the_gradient() -> None:
    values = np.array([0.0, 2.0, 3.0])
    x = [-1.0, 5.0, 6.0]
    assert grad(lambda f: np.sum(np.interp(x, [0, 1, 2], f)))(values).tolist() == [1, 0, 2]
    assert grad(lambda f: np.sum(np.interp(x, [0, 1, 2], f, right=0.0)))(values).tolist() == [
        *(1, 0, 0)
    ]


def test_knots_that_coincide_have_finite_slopes() -> None:
    knots = np.array([0.0, 1.0, 1.0, 2.0])
    values = np.array([0.0, 1.0, 5.0, 6.0])
    x = np.array([0.5, 1.0, 1.5])
    gradients = grad(lambda x, k, f: np.sum(np.interp(x, k, f)), (0, 1, 2))(x, knots, values)
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    assert gradients[2].tolist() == [0.5, 0.5, 1.5, 0.5]


def test_interp_refuses_a_period_of_zero() -> None:
    with pytest.raises(ValueError, match="period"):
        grad(lambda x: np.interp(x, [0.0, 1.0], [0.0, 1.0], period=0))(0.5)


def test_gradient_says_what_it_needs() -> None:
    with pytest.raises(ValueError, match="3 points"):
        grad(lambda f: np.gradient(f, edge_order=2).sum())(np.ones(2))
    with pytest.raises(TypeError, match="one spacing for all axes or one for each of 2"):
        grad(lambda f: np.gradient(f, 1.0, 1.0, 1.0)[0].sum())(np.ones((2, 2)))
    with pytest.raises(ValueError, match="edge_order"):
        grad(lambda f: np.gradient(f, edge_order=3).sum())(np.ones(5))


def test_the_slope_of_a_parabola_is_exact() -> None:
    places = np.array([0.0, 0.5, 2.0, 2.5])
    seen = []
    grad(lambda f: seen.append(np.gradient(f, places, edge_order=2)) or f.sum())(places**2)
    np.testing.assert_allclose(seen[0].value, 2 * places, rtol=1e-14, atol=1e-14)


def test_unwrap_has_slope_one() -> None:
    phases = np.array([0.0, 2.0, 4.0, 6.0, 8.0]) % (2 * np.pi)
    assert grad(lambda p: np.unwrap(p)[-1])(phases).tolist() == [0, 0, 0, 0, 1]
