"""Functions of the user's applied along axes: they see recorded values."""

from typing import Any

import numpy as np

from knetengine.autograd.primitives import Function, composed
from knetengine.autograd.rules.shapes import axis_of, ndim_of, shape_of


@composed(np.apply_along_axis)
def _apply_along_axis(func1d: Function, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """One call for each vector; the axes of its result take the place of the axis."""
    axis = axis_of(axis, ndim_of(arr))
    rows = np.moveaxis(arr, axis, -1)
    shape = rows.shape[:-1]
    if 0 in shape:
        raise ValueError(f"np.apply_along_axis: no vectors along axis {axis} of {shape_of(arr)}")
    results = np.stack([func1d(rows[place], *args, **kwargs) for place in np.ndindex(shape)])
    results = np.reshape(results, shape + results.shape[1:])  # (..., *result)
    inner = range(len(shape), results.ndim)
    return np.moveaxis(results, list(inner), [axis + i for i in range(len(inner))])


@composed(np.apply_over_axes)
def _apply_over_axes(func: Function, a: Any, axes: Any) -> Any:
    """Each axis is kept, or kept with length 1."""
    rank = ndim_of(a)
    for axis in axes if np.ndim(axes) else (axes,):
        axis = axis_of(axis, rank)
        result = func(a, axis)
        if ndim_of(result) != rank:
            result = np.expand_dims(result, axis)
        if ndim_of(result) != rank:
            raise ValueError(f"np.apply_over_axes: the function left {ndim_of(result) - 1} axes")
        a = result
    return a
