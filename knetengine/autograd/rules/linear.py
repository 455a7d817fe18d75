"""Products of arrays.

`matmul`, `matvec`, `vecmat`, `vecdot`, `tensordot` and `cross` have rules, the others are made of
them; `einsum` has a file of its own. `vdot`, `vecdot` and `vecmat` conjugate their first argument.
"""

import math
import warnings
from typing import Any

import numpy as np

from knetengine.autograd.calls import primitive
from knetengine.autograd.primitives import composed, defvjp, primitive_of
from knetengine.autograd.rules.conversion import as_array
from knetengine.autograd.rules.shapes import inverse, ndim_of, shape_of


def transposed(x: Any) -> Any:
    """The last two axes swapped."""
    return x.T if x.ndim == 2 else x.swapaxes(-1, -2)


def conjugated(x: Any) -> Any:
    """The complex conjugate; a real array itself."""
    return np.conjugate(x) if x.dtype.kind == "c" else x


# Matrices


def _matmul_left(g: Any, y: Any, a: Any, b: Any) -> Any:
    b = as_array(b)
    if b.ndim == 1:
        return g[..., None] * b if a.ndim > 1 else g * b  # (..., M, 1) * (K,)
    if a.ndim == 1:
        return (g[..., None, :] @ transposed(b))[..., 0, :]  # (..., 1, N) @ (..., N, K)
    if b.ndim == 2 and g.ndim > 2:  # one product over all rows, not one for each matrix
        rows = g.reshape((math.prod(g.shape[:-1]), g.shape[-1]))  # (R, N)
        return (rows @ b.T).reshape((*g.shape[:-1], b.shape[0]))  # (..., M, K)
    return g @ transposed(b)  # (..., M, N) @ (..., N, K)


def _matmul_right(g: Any, y: Any, a: Any, b: Any) -> Any:
    a = as_array(a)
    if a.ndim == 1:
        return a[:, None] * g[..., None, :] if b.ndim > 1 else g * a  # (K, 1) * (..., 1, N)
    if b.ndim == 1:
        return (transposed(a) @ g[..., None])[..., 0]  # (..., K, M) @ (..., M, 1)
    if b.ndim == 2 and a.ndim > 2:  # one product over all rows, not one for each matrix
        rows = a.reshape((math.prod(a.shape[:-1]), a.shape[-1]))  # (R, K)
        return rows.T @ g.reshape((rows.shape[0], g.shape[-1]))  # (K, R) @ (R, N)
    return transposed(a) @ g  # (..., K, M) @ (..., M, N)


defvjp(np.matmul, _matmul_left, _matmul_right)
primitive_of(np.matmul).stacks = True
defvjp(
    np.matvec,
    lambda g, y, a, x: g[..., None] * as_array(x)[..., None, :],  # (..., M, 1) * (..., 1, N)
    lambda g, y, a, x: np.matvec(transposed(as_array(a)), g),  # (..., N, M), (..., M)
)
defvjp(
    np.vecmat,
    lambda g, y, x, a: conjugated(np.matvec(a, g)),  # (..., N, M), (..., M)
    lambda g, y, x, a: conjugated(as_array(x))[..., None] * g[..., None, :],  # (..., N, M)
)


@primitive
def vecdot(a: Any, b: Any) -> Any:
    """`np.vecdot` over the last axis."""
    return np.vecdot(a, b)


defvjp(
    vecdot,
    lambda g, y, a, b: conjugated(g[..., None] * b),  # (..., 1) * (..., N)
    lambda g, y, a, b: g[..., None] * conjugated(a),
)


@composed(np.vecdot)
def _vecdot(a: Any, b: Any, /, *, axis: int = -1, keepdims: bool = False) -> Any:
    if axis != -1:
        a, b = np.moveaxis(a, axis, -1), np.moveaxis(b, axis, -1)
    product = vecdot(as_array(a), as_array(b))
    return np.expand_dims(product, axis) if keepdims else product


@composed(np.dot)
def _dot(a: Any, b: Any) -> Any:
    dimensions = ndim_of(b)
    if dimensions == 0 or ndim_of(a) == 0:
        return np.multiply(a, b)
    return np.matmul(a, b) if dimensions <= 2 else np.tensordot(a, b, ((-1,), (-2,)))


@composed(np.inner)
def _inner(a: Any, b: Any, /) -> Any:
    if ndim_of(a) == 0 or ndim_of(b) == 0:
        return np.multiply(a, b)
    return np.tensordot(a, b, ((-1,), (-1,)))


@composed(np.vdot)
def _vdot(a: Any, b: Any, /) -> Any:
    return np.matmul(conjugated(np.ravel(a)), np.ravel(b))


@composed(np.outer)
def _outer(a: Any, b: Any) -> Any:
    return np.ravel(a)[:, None] * np.ravel(b)


# Tensors


def _divided_axes(a: Any, b: Any, axes: Any) -> tuple[list[int], list[int], list[int], list[int]]:
    """The kept and the summed axes of both arguments of `np.tensordot`."""
    rank_a, rank_b = ndim_of(a), ndim_of(b)
    if isinstance(axes, int):
        summed_a, summed_b = list(range(rank_a - axes, rank_a)), list(range(axes))
    else:
        named_a, named_b = axes
        summed_a = [i % rank_a for i in np.atleast_1d(named_a).tolist()]
        summed_b = [i % rank_b for i in np.atleast_1d(named_b).tolist()]
    kept_a = [i for i in range(rank_a) if i not in summed_a]
    kept_b = [i for i in range(rank_b) if i not in summed_b]
    return kept_a, summed_a, kept_b, summed_b


def _tensordot_left(g: Any, y: Any, a: Any, b: Any, axes: Any = 2) -> Any:
    """Sum over the axes that `b` kept; what comes out follows the order of `b`'s summed axes."""
    kept_a, summed_a, kept_b, summed_b = _divided_axes(a, b, axes)
    kept_of_b = list(range(len(kept_a), len(kept_a) + len(kept_b)))
    gradient = np.tensordot(g, b, (kept_of_b, kept_b))
    partners = [summed_a[summed_b.index(i)] for i in sorted(summed_b)]
    return gradient.transpose(inverse([*kept_a, *partners]))


def _tensordot_right(g: Any, y: Any, a: Any, b: Any, axes: Any = 2) -> Any:
    kept_a, summed_a, kept_b, summed_b = _divided_axes(a, b, axes)
    gradient = np.tensordot(a, g, (kept_a, list(range(len(kept_a)))))
    partners = [summed_b[summed_a.index(i)] for i in sorted(summed_a)]
    return gradient.transpose(inverse([*partners, *kept_b]))


defvjp(np.tensordot, _tensordot_left, _tensordot_right)


@composed(np.kron)
def _kron(a: Any, b: Any) -> Any:
    """All products of an entry of `a` and an entry of `b`, the axes of each pair made one."""
    rank = max(ndim_of(a), ndim_of(b))
    shape_a, shape_b = ((1,) * (rank - ndim_of(x)) + shape_of(x) for x in (a, b))
    coarse = np.reshape(a, [n for size in shape_a for n in (size, 1)])  # (a0, 1, a1, 1, ...)
    fine = np.reshape(b, [n for size in shape_b for n in (1, size)])  # (1, b0, 1, b1, ...)
    return np.reshape(coarse * fine, [m * n for m, n in zip(shape_a, shape_b, strict=True)])


@primitive
def cross(a: Any, b: Any) -> Any:
    """`np.cross` of vectors of three components along the last axis."""
    return np.cross(a, b)


defvjp(cross, lambda g, y, a, b: cross(b, g), lambda g, y, a, b: cross(g, a))


@composed(np.cross)
def _cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """A vector of two components has a third one of 0; of two such, only the third is given."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    if {a.shape[-1], b.shape[-1]} - {2, 3}:
        raise ValueError(
            f"np.cross takes vectors of 3 components, not of {a.shape[-1]} and {b.shape[-1]}"
        )
    flat = a.shape[-1] == b.shape[-1] == 2
    product = cross(_lifted(a), _lifted(b))
    return product[..., 2] if flat else np.moveaxis(product, -1, axisc)


def _lifted(x: Any) -> Any:
    if x.shape[-1] == 3:
        return x
    warnings.warn(
        "np.cross of vectors of two components is deprecated by NumPy; give them a third one of 0",
        DeprecationWarning,
        stacklevel=5,
    )
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, 1)])


@composed(np.trace)
def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)
