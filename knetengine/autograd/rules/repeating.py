"""Functions that give entries several places; their gradients add up."""

import math
from typing import Any

import numpy as np

from knetengine.autograd.calls import primitive
from knetengine.autograd.primitives import composed, defvjp
from knetengine.autograd.recorded import plain
from knetengine.autograd.rules.shapes import along, axis_of, shape_of
from knetengine.autograd.scatter import Scatter

# Broadcasting: the mechanism sums the gradient to the shape of the argument

defvjp(np.broadcast_to, lambda g, y, array, shape, subok=False: g)


@composed(np.broadcast_arrays)
def _broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    shape = np.broadcast_shapes(*(shape_of(x) for x in args))
    return tuple(np.broadcast_to(x, shape) for x in args)


@composed(np.meshgrid)
def _meshgrid(
    *xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> tuple[Any, ...]:
    if indexing not in ("xy", "ij"):
        raise ValueError(f"np.meshgrid: indexing is 'xy' or 'ij', not {indexing!r}")
    axes = list(range(len(xi)))
    if indexing == "xy" and len(xi) > 1:
        axes[:2] = [1, 0]
    grids = [
        np.reshape(x, [-1 if axis == i else 1 for i in range(len(xi))])
        for x, axis in zip(xi, axes, strict=True)
    ]
    return tuple(grids) if sparse else np.broadcast_arrays(*grids)


# Repetition


def _repeat(g: Any, y: Any, a: Any, repeats: Any, axis: int | None = None) -> Any:
    shape = shape_of(a)
    if axis is None:
        sizes, axis = (math.prod(shape),), 0
    else:
        sizes, axis = shape, axis % len(shape)
    counts = np.asarray(repeats)
    if counts.size == 1:
        blocks = (*sizes[: axis + 1], counts.item(), *sizes[axis + 1 :])
        return g.reshape(blocks).sum(axis=axis + 1).reshape(shape)
    places = np.repeat(np.arange(sizes[axis]), counts)
    if len(sizes) == len(shape):
        return Scatter(g, along(axis, places))
    return Scatter(g, np.unravel_index(places, shape))


defvjp(np.repeat, _repeat)


def _tile(g: Any, y: Any, A: Any, reps: Any) -> Any:  # noqa: N803  # NumPy's name
    reps = tuple(reps) if np.iterable(reps) else (reps,)
    shape = shape_of(A)
    rank = max(len(reps), len(shape))
    reps = (1,) * (rank - len(reps)) + reps
    sizes = (1,) * (rank - len(shape)) + shape
    blocks = [n for pair in zip(reps, sizes, strict=True) for n in pair]  # (r0, n0, r1, n1, ...)
    return g.reshape(blocks).sum(axis=tuple(range(0, 2 * rank, 2))).reshape(shape)


defvjp(np.tile, _tile)


@composed(np.resize)
def _resize(a: Any, new_shape: Any) -> Any:
    """The entries in order, again and again until the shape is full."""
    entries = np.ravel(a)
    shape = tuple(new_shape) if np.iterable(new_shape) else (new_shape,)
    size = math.prod(shape)
    if not entries.size or not size:
        return np.resize(plain(a), shape)
    turns = -(-size // entries.size)
    return np.reshape(np.tile(entries, turns)[:size] if turns > 1 else entries[:size], shape)


# Windows


@primitive
def windows(x: Any, window: tuple[int, ...], axes: tuple[int, ...]) -> Any:
    """`sliding_window_view`, its axes counted from the front."""
    return np.lib.stride_tricks.sliding_window_view(x, window, axes)


@primitive
def overlapped(
    parts: Any, shape: tuple[int, ...], window: tuple[int, ...], axes: tuple[int, ...]
) -> Any:
    """The transpose of `windows`: each entry goes back to its place, where they add up."""
    total = np.zeros_like(parts, shape=shape)
    for offsets in np.ndindex(*window):
        starts = [0] * len(shape)
        for axis, offset in zip(axes, offsets, strict=True):
            starts[axis] += offset  # an axis may have been windowed more than once
        region = tuple(slice(i, i + n) for i, n in zip(starts, parts.shape, strict=False))
        total[region] += parts[(..., *offsets)]
    return total


defvjp(windows, lambda g, y, x, window, axes: overlapped(g, x.shape, window, axes))
defvjp(overlapped, lambda g, y, parts, shape, window, axes: windows(g, window, axes))


@composed(np.lib.stride_tricks.sliding_window_view)
def _sliding_window_view(
    x: Any,
    window_shape: Any,
    axis: Any = None,
    *,
    subok: bool = False,
    writeable: bool = False,
) -> Any:
    window = tuple(window_shape) if np.iterable(window_shape) else (window_shape,)
    axes = axis if np.iterable(axis) else range(x.ndim) if axis is None else (axis,)
    return windows(x, window, tuple(axis_of(i, x.ndim) for i in axes))
