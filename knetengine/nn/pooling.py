"""Pooling: what sums up each window of an image, and its opposite."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import knetengine.numpy as kn
from knetengine.autograd import vjp
from knetengine.cpu.arrays import empty, parts_for
from knetengine.nn import checks
from knetengine.nn.fused import Saved, fused
from knetengine.nn.reference import beside, device_takes, kernels_take, plain_value
from knetengine.nn.windows import (
    PerAxis,
    Sizes,
    covered,
    per_axis,
    spatial_axes,
    spread,
    three,
    views,
    volumes,
)

MAXIMUM, AVERAGE, AVERAGE_INSIDE = 0, 1, 2  # Knet's modes


# The largest entry


def plain_max(x: Any, window: Sizes, padding: Sizes, stride: Sizes) -> Any:
    """The twin of max pooling: the first maximum of each window, padding left out."""
    once = (1,) * len(window)
    patches = views(x, window, padding, stride, once, fill=-np.inf)
    patches = patches.reshape(
        *patches.shape[: x.ndim], math.prod(window)
    )  # (N, C, positions..., entries)
    first = kn.argmax(patches, -1)
    if any(padding):  # a window may hold nothing but -inf: then not the padding's
        real = views(np.ones(x.shape, bool), window, padding, stride, once)
        real = real.reshape(patches.shape)
        chosen = np.take_along_axis(beside(x, real), first[..., None], -1)[..., 0]
        first = np.where(chosen, first, beside(x, real.argmax(-1)))
    return kn.take_along_axis(patches, first[..., None], -1)[..., 0]


def place_dtype(window: Sizes) -> Any:
    """What holds a place in a window, or -1."""
    return np.int8 if np.prod(window) <= 127 else np.int32


def _max(saved: Saved, x: np.ndarray, window: Sizes, padding: Sizes, stride: Sizes) -> np.ndarray:
    from knetengine.cpu import pooling

    planes = _planes(x)
    out = covered("pool", x, window, padding, stride)
    y = empty((len(planes), *three(out)), x.dtype)
    chosen = np.empty(y.shape, place_dtype(window))
    parts = parts_for(x.size, len(planes))
    geometry = three(window), three(padding, 0), three(stride)
    pooling.max_forward(planes, *geometry, parts, y, chosen)
    if saved.wanted:
        saved.items = chosen
    return y.reshape(*x.shape[:2], *out)


def _pull_max(
    wanted: Sequence[bool],
    g: np.ndarray,
    y: np.ndarray,
    chosen: np.ndarray,
    x: np.ndarray,
    window: Sizes,
    padding: Sizes,
    stride: Sizes,
) -> list[Any]:
    from knetengine.cpu import pooling

    dx = empty((len(chosen), *three(x.shape[2:])), x.dtype)
    parts = parts_for(x.size, len(dx))
    geometry = three(window), three(padding, 0), three(stride)
    pooling.max_backward(_planes(g), chosen, *geometry, parts, dx)
    return [dx.reshape(x.shape), None, None, None]


def _planes(x: np.ndarray) -> np.ndarray:
    """(N, C, spatial...) as (N * C, D, H, W)."""
    volume = volumes(x)
    return volume.reshape(-1, *volume.shape[2:])


_fused_max = fused(plain_max, _max, _pull_max, layer="pool_max")


# Sums, and the opposite: each is the gradient of the other


def _inside(sizes: Sizes, window: Sizes, padding: Sizes, stride: Sizes) -> np.ndarray:
    """How many entries of each window are not padding: (positions...)."""
    counts = np.ones((), int)
    for X, W, p, s in zip(sizes, window, padding, stride, strict=True):
        starts = np.arange(0, X + 2 * p - W + 1, s) - p
        counts = np.multiply.outer(counts, np.minimum(starts + W, X) - np.maximum(starts, 0))
    return counts


def plain_sums(x: Any, factors: np.ndarray, window: Sizes, padding: Sizes, stride: Sizes) -> Any:
    """The twin of average pooling: sums of windows, times factors (positions...)."""
    patches = views(x, window, padding, stride, (1,) * len(window))  # (N, C, positions, window)
    return kn.sum(patches, tuple(range(-len(window), 0))) * factors


def _plain_copies(x: Any, factors: np.ndarray, window: Sizes, padding: Sizes, stride: Sizes) -> Any:
    """The twin of `unpool`: the gradient of `plain_sums`."""
    out = spread("unpool", x, window, padding, stride)
    nothing = np.zeros_like(plain_value(x), shape=(*x.shape[:2], *out))
    _, pull = vjp(lambda v: plain_sums(v, factors, window, padding, stride), nothing)
    return pull(x)[0]


def _sums(
    saved: Any, x: np.ndarray, factors: np.ndarray, window: Sizes, padding: Sizes, stride: Sizes
) -> np.ndarray:
    from knetengine.cpu import pooling

    planes = _planes(x)
    y = empty((len(planes), *three(factors.shape)), x.dtype)
    geometry = three(window), three(padding, 0), three(stride)
    weights = factors.reshape(y.shape[1:])
    pooling.sum_forward(planes, weights, *geometry, parts_for(x.size, len(planes)), y)
    return y.reshape(*x.shape[:2], *factors.shape)


def _copies(
    saved: Any, x: np.ndarray, factors: np.ndarray, window: Sizes, padding: Sizes, stride: Sizes
) -> np.ndarray:
    from knetengine.cpu import pooling

    planes = _planes(x)
    out = spread("unpool", x, window, padding, stride)
    y = empty((len(planes), *three(out)), x.dtype)
    geometry = three(window), three(padding, 0), three(stride)
    weights = factors.reshape(planes.shape[1:])
    pooling.sum_backward(planes, weights, *geometry, parts_for(y.size, len(y)), y)
    return y.reshape(*x.shape[:2], *out)


def _pull_sums(
    wanted: Sequence[bool], g: np.ndarray, y: Any, items: Any, x: np.ndarray, *options: Any
) -> list[Any]:
    from knetengine.cpu import pooling

    factors, window, padding, stride = options
    planes = _planes(g)
    dx = empty((len(planes), *three(x.shape[2:])), x.dtype)
    geometry = three(window), three(padding, 0), three(stride)
    weights = factors.reshape(planes.shape[1:])
    pooling.sum_backward(planes, weights, *geometry, parts_for(dx.size, len(dx)), dx)
    return [dx.reshape(x.shape), None, None, None, None]


def _pull_copies(
    wanted: Sequence[bool], g: np.ndarray, y: Any, items: Any, x: Any, *options: Any
) -> list[Any]:
    return [_sums(None, g, *options), None, None, None, None]


_fused_sums = fused(plain_sums, _sums, _pull_sums, layer="pool_sums")
_fused_copies = fused(_plain_copies, _copies, _pull_copies, layer="pool_copies")


# What is called


def _geometry(
    function: str, x: Any, window: PerAxis, padding: PerAxis, stride: PerAxis | None, mode: int
) -> tuple[Sizes, Sizes, Sizes]:
    checks.floats(function, x=x)
    axes = spatial_axes(function, "x", x)
    if mode not in (MAXIMUM, AVERAGE, AVERAGE_INSIDE):
        raise ValueError(f"{function}: mode is {mode!r}; expected 0, 1 or 2")
    windows = per_axis(function, "window", window, axes, 1)
    paddings = per_axis(function, "padding", padding, axes, 0)
    strides = windows if stride is None else per_axis(function, "stride", stride, axes, 1)
    if any(p >= W for p, W in zip(paddings, windows, strict=True)):
        raise ValueError(
            f"{function}: padding is {padding!r}; expected less than the window, {windows}: one "
            "of nothing but padding has no maximum"
        )
    return windows, paddings, strides


def pool(
    x: Any,
    window: PerAxis = 2,
    *,
    padding: PerAxis = 0,
    stride: PerAxis | None = None,
    mode: int = 0,
) -> Any:
    """Sum up each window of an image by one number.

    x: (N, C, spatial...) with 1, 2 or 3 spatial axes, float32 or float64.
    window, padding, stride: an integer, or one for each spatial axis; None is the window.
    mode: 0 for the maximum, 1 for the average with padding counted as zeros, 2 for the average of
        what is not padding.

    Gives (N, C, positions...), 1 + floor((X + 2 padding - window) / stride) along each axis. The
    gradient of a maximum goes to the first one of its window, in C order. Padding is never the
    maximum; a NaN always is.

    Raises ValueError for another number of axes, a window larger than the padded image, or padding
    not smaller than the window; TypeError for other dtypes.
    Source: Knet's `pool`.
    """
    windows, paddings, strides = _geometry("pool", x, window, padding, stride, mode)
    covered("pool", x, windows, paddings, strides)
    kernels = kernels_take(x) or device_takes("pool_max" if mode == MAXIMUM else "pool_sums", x)
    if mode == MAXIMUM:
        return (_fused_max if kernels else plain_max)(x, windows, paddings, strides)
    value = plain_value(x)
    inside = _inside(value.shape[2:], windows, paddings, strides)
    counts = inside if mode == AVERAGE_INSIDE else np.full(inside.shape, np.prod(windows))
    factors = beside(x, (1 / counts).astype(value.dtype))
    return (_fused_sums if kernels else plain_sums)(x, factors, windows, paddings, strides)


def unpool(
    x: Any,
    window: PerAxis = 2,
    *,
    padding: PerAxis = 0,
    stride: PerAxis | None = None,
    mode: int = 0,
) -> Any:
    """The opposite of `pool`: copy each number over its window, so that pool(unpool(x)) == x.

    x: (N, C, spatial...) with 1, 2 or 3 spatial axes, float32 or float64.
    window, padding, stride, mode: as those of the `pool` that it is the opposite of. With mode 1
        and padding, copies in windows that reach into it are as much larger as the padding, which
        counts as zeros, will take away.

    Gives (N, C, sizes...), (X - 1) * stride - 2 padding + window along each axis. Between windows
    there are zeros. Where windows overlap the copies add up, as in Knet, and pooling does not give
    x back.

    Raises ValueError for another number of axes, or padding not smaller than the window; TypeError
    for other dtypes.
    Source: Knet's `unpool`, the gradient of its average pooling times the size of the window.
    """
    windows, paddings, strides = _geometry("unpool", x, window, padding, stride, mode)
    out = spread("unpool", x, windows, paddings, strides)
    dtype = plain_value(x).dtype
    inside = _inside(out, windows, paddings, strides)
    ratio = np.prod(windows) / inside if mode == AVERAGE else np.ones(inside.shape)
    kernels = kernels_take(x) or device_takes("pool_copies", x)
    copies = _fused_copies if kernels else _plain_copies
    return copies(x, beside(x, ratio.astype(dtype)), windows, paddings, strides)
