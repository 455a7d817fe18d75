"""Picking entries. Nearly everything here is made of ``x[index]``; repeated indices add up."""

import operator
from typing import Any

import numpy as np

from knetengine.autograd.calls import primitive
from knetengine.autograd.primitives import composed, defvjp
from knetengine.autograd.recorded import plain
from knetengine.autograd.rules.conversion import as_array
from knetengine.autograd.rules.shapes import (
    along,
    axes_of,
    axis_of,
    demand_no_out,
    ndim_of,
    shape_of,
)
from knetengine.autograd.scatter import Scatter

defvjp(operator.getitem, lambda g, y, x, index: Scatter(g, index))


@composed(np.take)
def _take(
    a: Any, indices: Any, axis: int | None = None, out: Any = None, mode: str = "raise"
) -> Any:
    demand_no_out(out, "np.take")
    indices = np.asarray(plain(indices))
    if axis is None:
        a, axis = np.ravel(a), 0
    axis = axis_of(axis, ndim_of(a))
    if mode != "raise":
        size = a.shape[axis]
        indices = indices % size if mode == "wrap" else np.clip(indices, 0, size - 1)
    return a[along(axis, indices if indices.ndim else int(indices))]


@composed(np.take_along_axis)
def _take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    indices = np.asarray(plain(indices))
    if axis is None:
        arr, axis = np.ravel(arr), 0
    if indices.ndim != ndim_of(arr):
        raise ValueError(
            f"np.take_along_axis: indices of shape {indices.shape} for an array of {arr.shape}"
        )
    places: list[Any] = [
        np.arange(n).reshape([-1 if j == i else 1 for j in range(indices.ndim)])
        for i, n in enumerate(arr.shape)
    ]
    places[axis_of(axis, indices.ndim)] = indices
    return arr[tuple(places)]


@primitive
def permuted(x: Any, order: Any, axis: int) -> Any:
    """`np.take_along_axis` with a permutation of each row: nothing twice, so nothing adds up."""
    return np.take_along_axis(x, order, axis)


defvjp(permuted, lambda g, y, x, order, axis: permuted(g, np.argsort(order, axis), axis))


@composed(np.delete)
def _delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis = axis_of(axis, ndim_of(arr))
    size = arr.shape[axis]
    mask = np.zeros(size, bool)
    mask[np.delete(np.arange(size), plain(obj))] = True
    return arr[along(axis, mask)]


@composed(np.insert)
def _insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """A block at one place, or an entry of `values` before each of several."""
    arr, values = as_array(arr), as_array(values)
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis = axis_of(axis, ndim_of(arr))
    shape = shape_of(arr)
    size = shape[axis]
    places = np.arange(size)[obj] if isinstance(obj, slice) else np.asarray(plain(obj))
    if places.dtype == bool:
        places = np.flatnonzero(places)
    values = np.astype(values if hasattr(values, "dtype") else np.asarray(values), arr.dtype)
    if places.size == 1:
        values = np.reshape(values, (1,) * (len(shape) - ndim_of(values)) + shape_of(values))
        if places.ndim == 0:
            values = np.moveaxis(values, 0, axis)
    count = values.shape[axis] if places.size == 1 else places.size
    block = np.broadcast_to(values, (*shape[:axis], count, *shape[axis + 1 :]))
    if places.size != 1:
        order = np.insert(np.arange(size), places.astype(int), size + np.arange(count))
        both = np.concatenate([arr, block], axis)
        order = order.reshape([-1 if i == axis else 1 for i in range(len(shape))])
        return permuted(both, np.broadcast_to(order, both.shape), axis)
    place = range(size + 1)[places.item() + (size if places.item() < 0 else 0)]
    before, after = arr[along(axis, slice(0, place))], arr[along(axis, slice(place, None))]
    return np.concatenate([before, block, after], axis)


@composed(np.trim_zeros)
def _trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """Which entries are zero is a constant."""
    sides = trim.lower()
    if not sides or set(sides) - {"f", "b"}:
        raise ValueError(f"np.trim_zeros: trim is made of 'f' and 'b', not {trim!r}")
    places = np.nonzero(plain(filt))
    index: list[slice] = [slice(None)] * filt.ndim
    for i in axes_of(axis, filt.ndim):
        if not places[i].size:
            index[i] = slice(0, 0)
            continue
        first, last = int(places[i].min()), int(places[i].max())
        index[i] = slice(first if "f" in sides else None, last + 1 if "b" in sides else None)
    return filt[tuple(index)]


# Differences of neighbours


@composed(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    if n < 0:
        raise ValueError(f"np.diff: the order {n} is negative")
    a = as_array(a)
    axis = axis_of(axis, ndim_of(a))
    if n and (prepend is not None or append is not None):
        ends = [_end(a, as_array(end), axis) for end in (prepend, append)]
        a = np.concatenate([*ends[0], a, *ends[1]], axis)
    for _ in range(n):
        a = a[along(axis, slice(1, None))] - a[along(axis, slice(None, -1))]
    return a


def _end(a: Any, end: Any, axis: int) -> list[Any]:
    """What stands before or behind the array; a number along the whole of it."""
    if end is None:
        return []
    if ndim_of(end):
        return [end]
    return [np.broadcast_to(end, (*a.shape[:axis], 1, *a.shape[axis + 1 :]))]
