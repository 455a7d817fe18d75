"""The shapes and axes of arguments, which may be recorded values, arrays, numbers or lists."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of anything that NumPy takes for an array."""
    return x.shape if hasattr(x, "shape") else np.shape(x)


def ndim_of(x: Any) -> int:
    """The number of axes of anything that NumPy takes for an array."""
    return x.ndim if hasattr(x, "ndim") else np.ndim(x)


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes that `axis` names (an int, several, or None for all), counted from the front."""
    return tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)


def axis_of(axis: int, ndim: int) -> int:
    """An axis counted from the front; raises `np.exceptions.AxisError` if there is none."""
    return normalize_axis_index(axis, ndim)


def along(axis: int, part: Any) -> tuple[Any, ...]:
    """The index that takes `part` of one axis, counted from the front, and all of the others."""
    return (*(slice(None),) * axis, part)


def inverse(order: Sequence[int]) -> list[int]:
    """The permutation that undoes a permutation of axes; axes may be negative."""
    places = [0] * len(order)
    for place, axis in enumerate(order):
        places[axis] = place
    return places


def demand_no_out(out: Any, name: str) -> None:
    """Raise TypeError for an ``out`` among the positional arguments, which nobody looks after."""
    if out is not None:
        raise TypeError(f"{name}: give out= by name")
