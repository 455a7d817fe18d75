"""Joining arrays, choosing between them, taking them apart."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from knetengine.autograd.primitives import composed, defvjp
from knetengine.autograd.recorded import plain, primitive


@primitive
def concatenate(*arrays: Any, axis: int = 0) -> Any:
    """`np.concatenate` of its arguments."""
    return np.concatenate(arrays, axis)


def _concatenate_joint(
    wanted: tuple[bool, ...], g: Any, y: Any, *arrays: Any, axis: int = 0
) -> list[Any]:
    """Each array's gradient is its stretch of `g`."""
    before = (slice(None),) * (axis % g.ndim)
    gradients: list[Any] = []
    start = 0
    for want, array in zip(wanted, arrays, strict=True):
        stop = start + np.shape(array)[axis]
        gradients.append(g[(*before, slice(start, stop))] if want else None)
        start = stop
    return gradients


defvjp(concatenate, joint=_concatenate_joint)


@composed(np.concatenate)
def _concatenate(arrays: Sequence[Any], /, axis: int | None = 0) -> Any:
    if axis is None:
        return concatenate(*(np.ravel(a) for a in arrays))
    return concatenate(*arrays, axis=axis)


@primitive
def stack(*arrays: Any, axis: int = 0) -> Any:
    """`np.stack` of its arguments."""
    return np.stack(arrays, axis)


def _stack_joint(
    wanted: tuple[bool, ...], g: Any, y: Any, *arrays: Any, axis: int = 0
) -> list[Any]:
    before = (slice(None),) * (axis % g.ndim)
    return [g[(*before, i)] if want else None for i, want in enumerate(wanted)]


defvjp(stack, joint=_stack_joint)


@composed(np.stack)
def _stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    return stack(*arrays, axis=axis)


@composed(np.hstack)
def _hstack(tup: Sequence[Any]) -> Any:
    arrays = [np.atleast_1d(a) for a in tup]
    return concatenate(*arrays, axis=0 if arrays[0].ndim == 1 else 1)


@composed(np.vstack)
def _vstack(tup: Sequence[Any]) -> Any:
    return concatenate(*(np.atleast_2d(a) for a in tup))


@composed(np.column_stack)
def _column_stack(tup: Sequence[Any]) -> Any:
    columns = (a if np.ndim(a) > 1 else np.reshape(a, (-1, 1)) for a in tup)
    return concatenate(*columns, axis=1)


@composed(np.append)
def _append(arr: Any, values: Any, axis: int | None = None) -> Any:
    return _concatenate((arr, values), axis)


@composed(np.array_split)
def _array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    positions = np.arange(np.shape(ary)[axis])
    before = (slice(None),) * (axis % np.ndim(ary))
    parts = np.array_split(positions, indices_or_sections)
    return [
        ary[(*before, slice(int(part[0]), int(part[-1]) + 1) if part.size else slice(0, 0))]
        for part in parts
    ]


@composed(np.split)
def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    if isinstance(indices_or_sections, int) and np.shape(ary)[axis] % indices_or_sections:
        raise ValueError(
            f"np.split: axis {axis} of shape {np.shape(ary)} does not divide into "
            f"{indices_or_sections} equal parts; np.array_split makes unequal ones"
        )
    return _array_split(ary, indices_or_sections, axis)


@primitive
def where(condition: Any, x: Any, y: Any) -> Any:
    """`np.where` with its two branches."""
    return np.where(condition, x, y)


defvjp(
    where,
    None,
    lambda g, output, condition, x, y: np.where(condition, g, 0),
    lambda g, output, condition, x, y: np.where(condition, 0, g),
)


@composed(np.where)
def _where(condition: Any, /, *branches: Any) -> Any:
    """Without branches, the places where the condition holds: a constant."""
    condition = plain(condition)
    return where(condition, *branches) if branches else np.where(condition)


@primitive
def pad(array: Any, pad_width: Any) -> Any:
    """`np.pad` with zeros."""
    return np.pad(array, pad_width)


def _unpadded(g: Any, y: Any, array: Any, pad_width: Any) -> Any:
    widths = np.broadcast_to(pad_width, (array.ndim, 2))
    return g[tuple(slice(b, b + n) for (b, _), n in zip(widths.tolist(), array.shape, strict=True))]


defvjp(pad, _unpadded)


@composed(np.pad)
def _pad(array: Any, pad_width: Any, mode: Any = "constant", *, constant_values: Any = 0) -> Any:
    if mode != "constant" or np.any(constant_values != 0) or isinstance(pad_width, dict):
        raise TypeError(
            "np.pad has a derivative rule for zeros (mode='constant'); for other modes "
            "concatenate slices"
        )
    return pad(array, pad_width)
