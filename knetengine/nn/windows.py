"""The geometry of windows that slide over the last axes of an array: sizes, and what is refused."""

import operator
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

import knetengine.numpy as kn
from knetengine.cpu.arrays import contiguous
from knetengine.nn import checks
from knetengine.nn.reference import plain_value

PerAxis: TypeAlias = int | Sequence[int]
Sizes: TypeAlias = tuple[int, ...]


def per_axis(function: str, name: str, value: Any, axes: int, least: int) -> Sizes:
    """An option as a tuple with a number for each of the axes.

    Raises TypeError if it is not an integer or integers, ValueError if there are not as many as
    axes, or one is below `least`.
    """
    try:
        numbers = tuple(map(operator.index, value if np.ndim(value) else (value,) * axes))
    except TypeError:
        raise TypeError(
            f"{function}: {name} is {value!r}; expected an integer, or one for each of the "
            f"{axes} spatial axes"
        ) from None
    if len(numbers) != axes:
        raise ValueError(
            f"{function}: {name} is {value!r}; expected an integer, or {axes}, one for each "
            "spatial axis"
        )
    if min(numbers) < least:
        raise ValueError(f"{function}: {name} is {value!r}; expected at least {least}")
    return numbers


def spatial_axes(function: str, name: str, x: Any) -> int:
    """How many axes an array (N, C, spatial...) has beyond the first two: 1, 2 or 3.

    Raises ValueError if it is another number, or if there is no channel or no entry along one.
    """
    shape = plain_value(x).shape
    if not 3 <= len(shape) <= 5:
        checks.fail(function, name, x, "(N, C, spatial...) with 1, 2 or 3 spatial axes")
    if 0 in shape[1:]:
        checks.fail(function, name, x, "at least one entry along each axis but the first")
    return len(shape) - 2


def covered(function: str, x: Any, window: Sizes, padding: Sizes, stride: Sizes) -> Sizes:
    """At how many positions a window fits, along each axis: 1 + floor((X + 2p - W) / s).

    window: what it spans, holes of a dilated kernel included.

    Raises ValueError if it is larger than the padded array.
    """
    sizes = plain_value(x).shape[2:]
    room = tuple(X + 2 * p - W for X, W, p in zip(sizes, window, padding, strict=True))
    if min(room) < 0:
        checks.fail(
            function,
            "x",
            x,
            f"spatial axes that hold a window of {window}, with padding {padding}",
        )
    return tuple(1 + r // s for r, s in zip(room, stride, strict=True))


def spread(function: str, x: Any, window: Sizes, padding: Sizes, stride: Sizes) -> Sizes:
    """The smallest array that a window covers at as many positions as x is large.

    Raises ValueError if it would have no entries.
    """
    sizes = plain_value(x).shape[2:]
    out = tuple(
        (X - 1) * s - 2 * p + W for X, W, p, s in zip(sizes, window, padding, stride, strict=True)
    )
    if min(out) < 1:
        checks.fail(
            function, "x", x, f"spatial axes of which padding {padding} leaves something, not {out}"
        )
    return out


def span(size: Sizes, dilation: Sizes) -> Sizes:
    """How much a kernel covers, with its holes."""
    return tuple(d * (K - 1) + 1 for K, d in zip(size, dilation, strict=True))


def views(
    x: Any, size: Sizes, padding: Sizes, stride: Sizes, dilation: Sizes, fill: float = 0.0
) -> Any:
    """All windows of an array (N, C, spatial...), recorded or not: (N, C, positions..., size...).

    fill: what the padding holds.
    """
    axes = len(size)
    if any(padding):
        x = kn.pad(x, ((0, 0), (0, 0), *((p, p) for p in padding)), constant_values=fill)
    spatial = tuple(range(2, 2 + axes))
    every = kn.lib.stride_tricks.sliding_window_view(x, span(size, dilation), spatial)
    steps = [slice(None, None, s) for s in (*stride, *dilation)]
    return every[(slice(None), slice(None), *steps)]


def three(numbers: Sizes, fill: int = 1) -> tuple[int, int, int]:
    """The numbers of the axes as kernels want them, with `fill` for axes that are not there."""
    d, h, w = (fill,) * (3 - len(numbers)) + numbers
    return int(d), int(h), int(w)


def volumes(x: np.ndarray) -> np.ndarray:
    """An array (N, C, spatial...) as kernels want it: (N, C, D, H, W), contiguous and writable."""

    return contiguous(x).reshape(*x.shape[:2], *three(x.shape[2:]))
