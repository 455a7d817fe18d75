"""Diagonals and triangles."""

from typing import Any

import numpy as np

from knetengine.autograd.calls import primitive
from knetengine.autograd.primitives import composed, defvjp


@primitive
def diagonal_of_zeros(
    x: Any, shape: tuple[int, ...], offset: int = 0, axis1: int = 0, axis2: int = 1
) -> Any:
    """The transpose of `np.diagonal`: zeros, but for the diagonal."""
    whole = np.zeros_like(x, shape=shape)
    matrices = np.moveaxis(whole, (axis1, axis2), (-2, -1))
    places = np.arange(x.shape[-1])
    matrices[..., places - min(offset, 0), places + max(offset, 0)] = x
    return whole


defvjp(
    np.diagonal,
    lambda g, y, a, offset=0, axis1=0, axis2=1: diagonal_of_zeros(g, a.shape, offset, axis1, axis2),
)
defvjp(
    diagonal_of_zeros,
    lambda g, y, x, shape, offset=0, axis1=0, axis2=1: np.diagonal(g, offset, axis1, axis2),
)


@composed(np.diag)
def _diag(v: Any, k: int = 0) -> Any:
    """The diagonal of a matrix, or the matrix with this diagonal."""
    if v.ndim == 2:
        return np.diagonal(v, k)
    if v.ndim != 1:
        raise ValueError(f"np.diag takes one or two axes, not an array of shape {v.shape}")
    size = v.shape[0] + abs(k)
    return diagonal_of_zeros(v, (size, size), k)


@composed(np.diagflat)
def _diagflat(v: Any, k: int = 0) -> Any:
    return np.diag(np.ravel(v), k)


defvjp(np.tril, lambda g, y, m, k=0: np.tril(g, k))
defvjp(np.triu, lambda g, y, m, k=0: np.triu(g, k))
