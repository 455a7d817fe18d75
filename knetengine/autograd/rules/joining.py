"""Joining arrays, and taking them apart along an axis."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np

from knetengine.autograd.calls import primitive
from knetengine.autograd.primitives import composed, defvjp
from knetengine.autograd.recorded import plain
from knetengine.autograd.rules.conversion import as_array
from knetengine.autograd.rules.shapes import along, axis_of, ndim_of, shape_of


@primitive
def concatenate(axis: int, sizes: list[int], options: Any, *arrays: Any) -> Any:
    """`np.concatenate` of arrays, whose sizes along the axis are told."""
    return np.concatenate(arrays, axis, **options)


def _concatenate_joint(
    wanted: tuple[bool, ...],
    g: Any,
    y: Any,
    axis: int,
    sizes: list[int],
    options: Any,
    *arrays: Any,
) -> list[Any]:
    """Each array's gradient is its stretch of `g`."""
    before = (slice(None),) * (axis % g.ndim)
    gradients: list[Any] = [None, None, None]
    start = 0
    for want, size in zip(wanted[3:], sizes, strict=True):
        stop = start + size
        gradients.append(g[(*before, slice(start, stop))] if want else None)
        start = stop
    return gradients


defvjp(concatenate, joint=_concatenate_joint)


@composed(np.concatenate)
def _concatenate(arrays: Iterable[Any], /, axis: int | None = 0, **options: Any) -> Any:
    """Of an integer dtype it is a constant."""
    arrays = tuple(map(as_array, arrays))
    if axis is None:
        arrays, axis = tuple(map(np.ravel, arrays)), 0
    if options and _is_constant(options):
        return np.concatenate(plain(arrays), axis, **options)
    return concatenate(axis, [_size(a, axis) for a in arrays], options, *arrays)


def _size(array: Any, axis: int) -> int:
    shape = shape_of(array)
    return shape[axis] if -len(shape) <= axis < len(shape) else 0  # where NumPy will raise


def _is_constant(options: dict[str, Any]) -> bool:
    dtype = options.get("dtype")
    return dtype is not None and np.dtype(dtype).kind not in "fc"


@primitive
def stack(axis: int, options: Any, *arrays: Any) -> Any:
    """`np.stack` of arrays."""
    return np.stack(arrays, axis, **options)


def _stack_joint(
    wanted: tuple[bool, ...], g: Any, y: Any, axis: int, options: Any, *arrays: Any
) -> list[Any]:
    before = (slice(None),) * (axis % g.ndim)
    rows = [g[(*before, i)] if want else None for i, want in enumerate(wanted[2:])]
    return [None, None, *rows]


defvjp(stack, joint=_stack_joint)


@composed(np.stack)
def _stack(arrays: Iterable[Any], axis: int = 0, **options: Any) -> Any:
    """Of an integer dtype it is a constant."""
    arrays = tuple(map(as_array, arrays))
    if options and _is_constant(options):
        return np.stack(plain(arrays), axis, **options)
    return stack(axis, options, *arrays)


@composed(np.hstack)
def _hstack(tup: Iterable[Any], **options: Any) -> Any:
    arrays = [x if ndim_of(x) else np.reshape(x, (1,)) for x in map(as_array, tup)]
    return _concatenate(arrays, 0 if arrays and ndim_of(arrays[0]) == 1 else 1, **options)


@composed(np.vstack)
def _vstack(tup: Iterable[Any], **options: Any) -> Any:
    arrays = [x if ndim_of(x) > 1 else np.reshape(x, (1, -1)) for x in map(as_array, tup)]
    return _concatenate(arrays, **options)


@composed(np.dstack)
def _dstack(tup: Iterable[Any]) -> Any:
    return _concatenate([np.atleast_3d(as_array(x)) for x in tup], 2)


@composed(np.column_stack)
def _column_stack(tup: Iterable[Any]) -> Any:
    columns = [x if ndim_of(x) > 1 else np.reshape(x, (-1, 1)) for x in map(as_array, tup)]
    return _concatenate(columns, 1)


@composed(np.append)
def _append(arr: Any, values: Any, axis: int | None = None) -> Any:
    return _concatenate((arr, values), axis)


@composed(np.block)
def _block(arrays: Any) -> Any:
    """Lists of the deepest level are joined along the last axis, those around them along others."""
    levels, rank = _block_ranks(arrays)
    return _joined(arrays, levels, max(levels, rank))


def _block_ranks(nest: Any) -> tuple[int, int]:
    """How deep the lists are nested, and the largest number of axes of the arrays in them."""
    if not isinstance(nest, list):
        return 0, ndim_of(nest)
    inner = [_block_ranks(part) for part in nest]
    if len({levels for levels, _ in inner}) != 1:
        raise ValueError("np.block: its lists must be nested to one depth, and none of them empty")
    return inner[0][0] + 1, max(rank for _, rank in inner)


def _joined(nest: Any, levels: int, rank: int) -> Any:
    if levels == 0:
        shape = shape_of(nest)
        return np.reshape(nest, (1,) * (rank - len(shape)) + shape)
    return _concatenate([_joined(part, levels - 1, rank) for part in nest], -levels)


# Taking apart


@composed(np.unstack)
def _unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    axis = axis_of(axis, x.ndim)
    return tuple(x[along(axis, i)] for i in range(x.shape[axis]))


@composed(np.array_split)
def _array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    axis = axis_of(axis, ary.ndim)
    size = ary.shape[axis]
    if np.ndim(indices_or_sections):
        points = [0, *indices_or_sections, size]
    else:
        sections = int(indices_or_sections)
        if sections < 1:
            raise ValueError(f"np.array_split: into {sections} sections")
        least, longer = divmod(size, sections)  # the first ones take one entry more
        points = [i * least + min(i, longer) for i in range(sections + 1)]
    return [ary[along(axis, slice(start, stop))] for start, stop in pairwise(points)]


@composed(np.split)
def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    size = ary.shape[axis_of(axis, ary.ndim)]
    if np.ndim(indices_or_sections) == 0 and size % indices_or_sections:
        raise ValueError(
            f"np.split: axis {axis} of shape {ary.shape} does not divide into "
            f"{indices_or_sections} equal parts; np.array_split makes unequal ones"
        )
    return _array_split(ary, indices_or_sections, axis)


@composed(np.hsplit)
def _hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    _demand_axes(ary, 1, "np.hsplit")
    return _split(ary, indices_or_sections, 1 if ary.ndim > 1 else 0)


@composed(np.vsplit)
def _vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    _demand_axes(ary, 2, "np.vsplit")
    return _split(ary, indices_or_sections, 0)


@composed(np.dsplit)
def _dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    _demand_axes(ary, 3, "np.dsplit")
    return _split(ary, indices_or_sections, 2)


def _demand_axes(ary: Any, least: int, name: str) -> None:
    if ary.ndim < least:
        raise ValueError(f"{name} takes arrays of {least} axes or more, not shape {ary.shape}")
