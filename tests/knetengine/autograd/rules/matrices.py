"""Matrices for the cases of `np.linalg`, made inside the differentiated function.

The functions that prepare keep what a rule asks for (an inverse, distinct values) under the small
changes of a difference; the others make results that no arbitrary choice of vectors changes.
"""

from typing import Any

import numpy as np


def swap(m: Any, x: Any) -> Any:
    return m.swapaxes(x, -1, -2)


def regular(m: Any, x: Any, *others: Any) -> tuple[Any, ...]:
    """Square matrices away from singular ones."""
    return (x + 5.0 * m.eye(x.shape[-1], dtype=x.dtype), *others)


def hermitian(m: Any, x: Any, *others: Any) -> tuple[Any, ...]:
    """Hermitian matrices with distinct eigenvalues of both signs."""
    n = x.shape[-1]
    ladder = m.eye(n, dtype=x.dtype) * (5.0 * m.arange(n) - 6.0).astype(x.dtype)
    return (0.5 * (x + swap(m, m.conj(x))) + ladder, *others)


def positive(m: Any, x: Any) -> tuple[Any]:
    """Hermitian positive definite matrices."""
    return (x @ swap(m, m.conj(x)) + m.eye(x.shape[-1], dtype=x.dtype),)


def spread(m: Any, x: Any) -> tuple[Any]:
    """Matrices, of any shape, with distinct singular values away from zero."""
    rows, columns = x.shape[-2:]
    ladder = m.eye(rows, columns, dtype=x.dtype) * (3.0 + 4.0 * m.arange(columns)).astype(x.dtype)
    return (x + ladder,)


def apart(m: Any, x: Any) -> tuple[Any]:
    """Entries of distinct magnitudes and both signs; no two rows or columns sum up to the same."""
    ladder = 3.0 + 4.0 * np.arange(x.size).reshape(x.shape)
    return (x + (ladder * np.where(ladder % 8 == 3, 1, -1)).astype(x.dtype),)


def steady(m: Any, v: Any) -> Any:
    """Columns free of their phases: each times the conjugate of its largest part."""
    return v * m.conj(m.sum(v, axis=-2, keepdims=True))


def rebuilt(m: Any, parts: Any) -> Any:
    """U S**2 V^H, and the singular values."""
    u, s, vh = parts
    k = s.shape[-1]
    product = (u[..., :k] * (s * s)[..., None, :]) @ vh[..., :k, :]
    return product * m.sum(s, axis=-1)[..., None, None]


def complement(m: Any, basis: Any, k: int) -> Any:
    """The projection on all columns but the first k."""
    rest = basis[..., k:]
    return rest @ swap(m, m.conj(rest))
