"""What the rules for matrices share: adjoints, triangles and diagonals of the last two axes."""

from typing import Any

import numpy as np

from knetengine.autograd.calls import primitive, unpack
from knetengine.autograd.recorded import plain
from knetengine.autograd.rules.elementwise import is_complex
from knetengine.autograd.rules.linear import conjugated

part = primitive(unpack)
"""One result of a function that returns several, from plain or recorded results."""


def adjoint(x: Any) -> Any:
    """The conjugate transpose."""
    return conjugated(np.swapaxes(x, -1, -2))


def identity(x: Any) -> Any:
    """The identity mask of a stack of square matrices: True on the diagonal."""
    return np.eye(x.shape[-1], dtype=bool, like=plain(x))  # (N, N)


def with_diagonal(x: Any, diagonal: Any) -> Any:
    """Square matrices with their diagonals replaced; x may be 0."""
    mask = np.eye(diagonal.shape[-1], dtype=bool, like=plain(diagonal))
    return np.where(mask, diagonal[..., None, :], x)  # (..., N, N)


def lower_half(x: Any) -> Any:
    """The lower triangle with its diagonal halved: h such that h + h^H is a Hermitian x."""
    n = x.shape[-1]
    halves = np.tri(n, dtype=np.finfo(x.dtype).dtype, like=plain(x))
    return x * (halves - 0.5 * np.eye(n, dtype=halves.dtype, like=halves))  # (..., N, N)


def completed(x: Any) -> Any:
    """The Hermitian matrix that LAPACK sees when it reads the lower triangle of x."""
    whole = np.where(np.tri(x.shape[-1], dtype=bool, like=plain(x)), x, adjoint(x))
    return np.where(identity(x), np.real(whole), whole) if is_complex(x) else whole


def of_one_triangle(g: Any, triangle: str = "L") -> Any:
    """The gradient with respect to the triangle that was read, from that of all entries.

    The other triangle is not read, so that its gradient is zero.
    """
    g = lower_half(g + adjoint(g))
    return adjoint(g) if triangle.upper() == "U" else g


def rounding(values: Any, size: int) -> Any:
    """How far apart eigenvalues or singular values are by rounding alone; plain.

    values: plain, (..., K). size: the larger side of the matrix. Returns (..., 1).
    """
    largest = np.max(np.abs(values), axis=-1, keepdims=True, initial=0)
    return float(np.finfo(values.dtype).eps) * size * largest


def inverse_gaps(values: Any, size: int) -> Any:
    """``1 / (values[j] - values[i])`` at [i, j], 0 where they are equal but for rounding."""
    gaps = values[..., None, :] - values[..., :, None]  # (..., K, K)
    equal = np.abs(plain(gaps)) <= rounding(plain(values), size)[..., None]
    return np.where(equal, 0, 1 / np.where(equal, 1, gaps))
