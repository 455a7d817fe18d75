"""Polynomials given by their coefficients: what the table of cases does not show."""

import numpy as np
import pytest

import knetengine.numpy as kn
from knetengine import grad


def test_coefficients_may_be_a_list() -> None:
    assert grad(lambda a: kn.polyval([a, 2.0, a * a], 3.0))(1.0) == 11.0


def test_a_polynomial_of_recorded_zeros() -> None:
    """``(x - a)(x - 2)`` at 3."""
    assert grad(lambda a: kn.polyval(kn.poly([a, 2.0]), 3.0))(1.0) == -1.0


def test_roots_are_refused_with_advice() -> None:
    with pytest.raises(TypeError, match="eigvals"):
        grad(lambda p: np.roots(p).sum())(np.array([1.0, -3.0, 2.0]))


def test_a_fit_without_a_unique_solution_warns_and_is_refused() -> None:
    poor = pytest.warns(np.exceptions.RankWarning, match="poorly conditioned")
    with poor, pytest.raises(np.linalg.LinAlgError, match="rank"):
        grad(lambda y: np.polyfit(np.ones(3), y, 2).sum())(np.ones(3))
