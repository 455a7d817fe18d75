"""Maxima and sums of windows of images, and the ways back.

Images are planes (M, D, H, W), M being batch times channels; each thread owns some of them.
Geometry is three numbers each, as in `convolution`.
"""

from typing import Any

from numba import prange

from knetengine.cpu.compilation import inline, kernel
from knetengine.cpu.maxima import largest, unchosen


@kernel
def max_forward(
    x: Any,  # (M, D, H, W)
    window: Any,
    padding: Any,
    stride: Any,
    parts: int,
    y: Any,  # (M, windows), out
    chosen: Any,  # the same shape, out
) -> None:
    """The largest entry of each window; see `maxima`."""
    M, D, H, W = x.shape
    for part in prange(parts):
        for m in range(part * M // parts, (part + 1) * M // parts):
            plane = x[m].reshape(-1)
            zero = x.dtype.type(0)
            largest(plane, zero, False, (D, H, W), window, padding, stride, y[m], chosen[m])


@kernel
def max_backward(
    g: Any,  # (M, windows)
    chosen: Any,  # the same shape
    window: Any,
    padding: Any,
    stride: Any,
    parts: int,
    dx: Any,  # (M, D, H, W), out
) -> None:
    """Each gradient goes to the entry that was the largest."""
    M, D, H, W = dx.shape
    for part in prange(parts):
        for m in range(part * M // parts, (part + 1) * M // parts):
            unchosen(g[m], chosen[m], (D, H, W), window, padding, stride, dx[m].reshape(-1))


@inline
def _bounds(position: int, window: int, padding: int, stride: int, size: int) -> Any:
    """Which entries along an axis are in a window: from, to."""
    start = position * stride - padding
    return max(0, start), min(size, start + window)


@kernel
def sum_forward(
    x: Any,  # (M, D, H, W)
    factors: Any,  # one for each window
    window: Any,
    padding: Any,
    stride: Any,
    parts: int,
    y: Any,  # (M, windows), out
) -> None:
    """The sum of each window times its factor."""
    M, D, H, W = x.shape
    OD, OH, OW = factors.shape
    for part in prange(parts):
        for m in range(part * M // parts, (part + 1) * M // parts):
            for e in range(OD):
                d0, d1 = _bounds(e, window[0], padding[0], stride[0], D)
                for a in range(OH):
                    h0, h1 = _bounds(a, window[1], padding[1], stride[1], H)
                    for q in range(OW):
                        w0, w1 = _bounds(q, window[2], padding[2], stride[2], W)
                        total = x.dtype.type(0)
                        for i in range(d0, d1):
                            for j in range(h0, h1):
                                for k in range(w0, w1):
                                    total += x[m, i, j, k]
                        y[m, e, a, q] = total * factors[e, a, q]


@kernel
def sum_backward(
    g: Any,  # (M, windows)
    factors: Any,  # one for each window
    window: Any,
    padding: Any,
    stride: Any,
    parts: int,
    dx: Any,  # (M, D, H, W), out
) -> None:
    """Each gradient times its factor goes to all entries of its window, where they add up."""
    M, D, H, W = dx.shape
    OD, OH, OW = factors.shape
    for part in prange(parts):
        for m in range(part * M // parts, (part + 1) * M // parts):
            dx[m] = 0
            for e in range(OD):
                d0, d1 = _bounds(e, window[0], padding[0], stride[0], D)
                for a in range(OH):
                    h0, h1 = _bounds(a, window[1], padding[1], stride[1], H)
                    for q in range(OW):
                        w0, w1 = _bounds(q, window[2], padding[2], stride[2], W)
                        v = g[m, e, a, q] * factors[e, a, q]
                        for i in range(d0, d1):
                            for j in range(h0, h1):
                                for k in range(w0, w1):
                                    dx[m, i, j, k] += v
