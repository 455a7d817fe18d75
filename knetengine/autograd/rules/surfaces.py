"""Polynomials of two variables, as `np.polynomial.polynomial` has them: lowest powers first."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from knetengine.autograd.primitives import composed
from knetengine.autograd.rules.conversion import as_array
from knetengine.autograd.rules.shapes import ndim_of, shape_of


@composed(np.polynomial.polynomial.polyval2d)
def _polyval2d(x: Any, y: Any, c: Any) -> Any:
    """At the points (x, y); coefficients of more than two axes are several polynomials."""
    x, y, c = as_array(x), as_array(y), as_array(c)
    if shape_of(x) != shape_of(y):
        raise ValueError(f"polyval2d: points of shape {shape_of(x)} and {shape_of(y)}")
    c = np.reshape(c, shape_of(c) + (1,) * ndim_of(x))  # (N, M, ..., 1, ...)
    return _horner([_horner(row, y) for row in c], x)


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
