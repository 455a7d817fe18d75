"""Polynomials of several variables, as `np.polynomial.polynomial` has them: lowest powers first."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from knetengine.autograd.primitives import composed
from knetengine.autograd.rules.conversion import as_array
from knetengine.autograd.rules.shapes import ndim_of, shape_of


@composed(np.polynomial.polynomial.polyval2d)
def _polyval2d(x: Any, y: Any, c: Any) -> Any:
    """At the points (x, y); coefficients of more than two axes are several polynomials."""
    return _polyvalnd((x, y), c)


def _polyvalnd(pts: Sequence[Any], c: Any) -> Any:
    """At points given by their coordinates; further axes of `c` are several polynomials."""
    points, c = [as_array(x) for x in pts], as_array(c)
    shapes = [shape_of(x) for x in points]
    if len(set(shapes)) > 1:
        raise ValueError(f"the coordinates of the points have different shapes: {shapes}")
    c = np.reshape(c, shape_of(c) + (1,) * ndim_of(points[0]))  # (N, M, ..., 1, ...)
    return _nested(c, points)


if hasattr(np.polynomial.polynomial, "polyvalnd"):  # from NumPy 2.5 on
    composed(vars(np.polynomial.polynomial)["polyvalnd"])(_polyvalnd)


def _nested(c: Any, points: Sequence[Any]) -> Any:
    """Horner's scheme in the first coordinate, of schemes in the others."""
    return _horner([_nested(row, points[1:]) for row in c], points[0]) if points else c


@composed(np.polynomial.polynomial.polygrid2d)
def _polygrid2d(x: Any, y: Any, c: Any) -> Any:
    """At the points of a grid."""
    x, y, c = as_array(x), as_array(y), as_array(c)
    c = np.reshape(c, shape_of(c) + (1,) * (ndim_of(x) + ndim_of(y)))
    x = np.reshape(x, shape_of(x) + (1,) * ndim_of(y))
    return _horner([_horner(row, y) for row in c], x)


def _horner(coefficients: Sequence[Any], x: Any) -> Any:
    total = coefficients[len(coefficients) - 1] + x * 0.0
    for i in range(len(coefficients) - 2, -1, -1):
        total = coefficients[i] + total * x
    return total
