"""Norms and condition numbers.

At a kink: a norm has slope 0 at the origin, and by an entry or a singular value that is zero;
rows, columns, entries or singular values that tie for the largest or smallest share the gradient
equally. The number of nonzero entries (``ord=0``) is a constant.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from knetengine.autograd.calls import primitive
from knetengine.autograd.primitives import composed, defvjp
from knetengine.autograd.recorded import plain
from knetengine.autograd.rules.linear import conjugated

Axes: TypeAlias = tuple[int, ...]


@composed(np.linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    ndim = np.ndim(x)
    if ord is None and axis is None:
        return _vector_norm(x, 2, tuple(range(ndim)), keepdims)
    axes: Axes = tuple(range(ndim)) if axis is None else axis if type(axis) is tuple else (axis,)
    if len(axes) == 1:
        return _vector_norm(x, 2 if ord is None else ord, axes, keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, "fro" if ord is None else ord, axes, keepdims)
    raise ValueError(
        f"np.linalg.norm(ord={ord!r}) is defined over one axis (of vectors) or two (of matrices), "
        f"not over {len(axes)} axes of an array of shape {np.shape(x)}"
    )


@composed(np.linalg.vector_norm)
def _vector_norm_over_axes(
    x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2
) -> Any:
    axes = range(np.ndim(x)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return _vector_norm(x, ord, tuple(axes), keepdims)


@composed(np.linalg.matrix_norm)
def _matrix_norm_of_last(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return np.linalg.norm(x, ord, (-2, -1), keepdims)


def _vector_norm(x: Any, ord: Any, axes: Axes, keepdims: bool) -> Any:
    """The norm over any number of axes, taken as one."""
    if isinstance(ord, str):
        raise ValueError(f"invalid norm order {ord!r} for vectors; give a number")
    if ord == np.inf:
        return np.max(np.abs(x), axis=axes, keepdims=keepdims, initial=0)
    if ord == -np.inf:
        return np.min(np.abs(x), axis=axes, keepdims=keepdims)
    if ord == 1 or (not axes and ord != 0):
        return np.sum(np.abs(x), axis=axes, keepdims=keepdims)
    if ord == 0:
        return np.linalg.vector_norm(plain(x), ord=0, axis=axes, keepdims=keepdims)
    return power_norm(x, ord=ord, axes=axes, keepdims=keepdims)


def _matrix_norm(x: Any, ord: Any, axes: Axes, keepdims: bool) -> Any:
    rows, columns = axes = normalize_axis_tuple(axes, np.ndim(x), "axis")
    if ord in ("fro", "f"):
        return power_norm(x, ord=2, axes=axes, keepdims=keepdims)
    if ord in (1, -1, np.inf, -np.inf):
        summed = rows if abs(ord) == 1 else columns
        sums = np.sum(np.abs(x), axis=summed, keepdims=True)
        if ord > 0:
            return np.max(sums, axis=axes, keepdims=keepdims, initial=0)
        return np.min(sums, axis=axes, keepdims=keepdims)
    if ord not in (2, -2, "nuc"):
        raise ValueError(
            f"invalid norm order {ord!r} for matrices; use 'fro', 'nuc', 1, -1, 2, -2, inf or -inf"
        )
    s = np.linalg.svdvals(np.moveaxis(x, (rows, columns), (-2, -1)))  # (..., K), largest first
    if ord == 2:
        norms = np.max(s, axis=-1, initial=0)
    else:
        norms = np.sum(s, axis=-1) if ord == "nuc" else np.min(s, axis=-1)
    return np.expand_dims(norms, (rows, columns)) if keepdims else norms


@primitive
def power_norm(x: Any, ord: float, axes: Axes, keepdims: Any = False) -> Any:
    """The norm ``sum(|x|**ord)**(1/ord)`` over some axes, taken as one."""
    if ord == 2 and len(axes) == np.ndim(x):
        return np.linalg.norm(x, keepdims=keepdims)
    if ord == 2 and len(axes) == 2:
        return np.linalg.norm(x, axis=axes, keepdims=keepdims)
    return np.linalg.vector_norm(x, ord=ord, axis=axes, keepdims=keepdims)


def _power_norm(g: Any, y: Any, x: Any, ord: float, axes: Axes, keepdims: bool = False) -> Any:
    """The slope is ``conj(x) / y * |x / y|**(ord - 2)``."""
    if not keepdims:
        over = normalize_axis_tuple(axes, np.ndim(x))
        shape = tuple(1 if i in over else n for i, n in enumerate(np.shape(x)))
        g, y = np.reshape(g, shape), np.reshape(y, shape)
    y = np.where(y == 0, 1, y)
    direction = conjugated(x) / y
    if ord == 2:
        return g * direction
    zero = x == 0
    ratio = np.where(zero, 1, np.abs(x)) / y
    return g * direction * np.where(zero, 0, ratio ** (float(ord) - 2.0))


defvjp(power_norm, _power_norm)

# Condition numbers


@composed(np.linalg.cond)
def _cond(x: Any, p: Any = None) -> Any:
    """The ratio of singular values, or the norm times that of the inverse; inf if singular."""
    value = np.linalg.cond(plain(x), p)
    singular = np.isinf(value)
    if np.any(singular):
        regular = np.eye(*x.shape[-2:], dtype=bool, like=plain(x))
        x = np.where(singular[..., None, None], regular, x)
    if p is None or p in (2, -2):
        s = np.linalg.svdvals(x)
        largest, smallest = np.max(s, axis=-1), np.min(s, axis=-1)
        number = smallest / largest if p == -2 else largest / smallest
    else:
        number = np.linalg.norm(x, p, (-2, -1)) * np.linalg.norm(np.linalg.inv(x), p, (-2, -1))
    return condition_number(number, value)


@primitive
def condition_number(number: Any, value: Any) -> Any:
    """The number as NumPy rounds it, and infinite where a matrix is singular: `value`."""
    return value


def _condition_number(g: Any, y: Any, number: Any, value: Any) -> Any:
    singular = np.isinf(value)
    if np.any(np.where(singular, plain(g), 0) != 0):
        raise np.linalg.LinAlgError(
            "np.linalg.cond of a singular matrix is infinite and has no derivative; leave such "
            "matrices out, or add a multiple of the identity"
        )
    return np.where(singular, 0, g)


defvjp(condition_number, _condition_number)
