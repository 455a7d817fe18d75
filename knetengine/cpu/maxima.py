"""The largest entry of each window of an image, and the way back; what pooling kernels share.

An image is flat, `sizes` being its axes (D, H, W). What remains of a window is the place of its
first maximum in it, counted in C order: a byte for windows of up to 127 entries. Padded entries
are never looked at. A NaN is larger than all numbers, and the first one wins.
"""

from typing import Any

import numpy as np

from knetengine.cpu.compilation import inline


@inline
def largest(
    Z: Any,  # the image, flat
    shift: Any,
    rectified: bool,
    sizes: Any,
    window: Any,
    padding: Any,
    stride: Any,
    y: Any,  # (D, H, W) windows, out
    chosen: Any,  # the same shape, out: -1 where the rectifier is closed
) -> None:
    """The largest of image plus shift in each window; at least 0 if rectified."""
    if _by_two(window, padding, stride):
        plane = sizes[1] * sizes[2]
        for e in range(sizes[0]):
            _largest_of_four(
                Z[e * plane : (e + 1) * plane], shift, rectified, sizes[2], y[e], chosen[e]
            )
        return
    zero = Z.dtype.type(0)
    for e in range(y.shape[0]):
        i0 = e * stride[0] - padding[0]
        for a in range(y.shape[1]):
            j0 = a * stride[1] - padding[1]
            for q in range(y.shape[2]):
                k0 = q * stride[2] - padding[2]
                best = zero
                which = -1
                for i in range(max(0, -i0), min(window[0], sizes[0] - i0)):
                    for j in range(max(0, -j0), min(window[1], sizes[1] - j0)):
                        line = ((i0 + i) * sizes[1] + j0 + j) * sizes[2] + k0
                        for k in range(max(0, -k0), min(window[2], sizes[2] - k0)):
                            v = Z[line + k] + shift
                            if which < 0 or (best == best and not v <= best):
                                best = v
                                which = (i * window[1] + j) * window[2] + k
                if rectified and best <= zero:
                    best = zero
                    which = -1
                y[e, a, q] = best
                chosen[e, a, q] = which


@inline
def _by_two(window: Any, padding: Any, stride: Any) -> bool:
    """Whether windows are two by two, side by side: the usual case, and three times as fast."""
    return (
        window[0] == 1
        and window[1] == 2
        and window[2] == 2
        and stride[0] == 1
        and stride[1] == 2
        and stride[2] == 2
        and padding[0] + padding[1] + padding[2] == 0
    )


@inline
def _largest_of_four(Z: Any, shift: Any, rectified: bool, W: int, y: Any, chosen: Any) -> None:
    zero = Z.dtype.type(0)
    one, two = np.uint64(1), np.uint64(2)
    width = np.uint64(W)
    flat, places = y.reshape(-1), chosen.reshape(-1)
    columns = np.uint64(y.shape[1])
    for a in range(y.shape[0]):
        row, line = np.uint64(a) * columns, np.uint64(a) * two * width
        for q in range(columns):
            first = line + two * np.uint64(q)
            best = Z[first] + shift
            which = 0
            v = Z[first + one] + shift
            take = (best == best) & (not v <= best)
            best = v if take else best
            which = 1 if take else which
            v = Z[first + width] + shift
            take = (best == best) & (not v <= best)
            best = v if take else best
            which = 2 if take else which
            v = Z[first + width + one] + shift
            take = (best == best) & (not v <= best)
            best = v if take else best
            which = 3 if take else which
            closed = rectified & (best <= zero)
            flat[row + np.uint64(q)] = zero if closed else best
            places[row + np.uint64(q)] = -1 if closed else which


@inline
def unchosen(
    g: Any,  # (D, H, W) windows
    chosen: Any,
    sizes: Any,
    window: Any,
    padding: Any,
    stride: Any,
    Z: Any,  # the gradient of the image, flat, out
) -> Any:
    """Each gradient goes to the entry that was the maximum; gives their sum."""
    total = g.dtype.type(0)
    if _by_two(window, padding, stride):
        if sizes[1] % 2 + sizes[2] % 2:
            Z[:] = 0
        plane = sizes[1] * sizes[2]
        for e in range(sizes[0]):
            total += _unchosen_of_four(g[e], chosen[e], sizes[2], Z[e * plane : (e + 1) * plane])
        return total
    Z[:] = 0
    for e in range(g.shape[0]):
        i0 = e * stride[0] - padding[0]
        for a in range(g.shape[1]):
            j0 = a * stride[1] - padding[1]
            for q in range(g.shape[2]):
                k0 = q * stride[2] - padding[2]
                which = np.int64(chosen[e, a, q])
                if which >= 0:
                    k = which % window[2]
                    j = which // window[2] % window[1]
                    i = which // (window[2] * window[1])
                    place = ((i0 + i) * sizes[1] + j0 + j) * sizes[2] + k0 + k
                    Z[place] += g[e, a, q]
                    total += g[e, a, q]
    return total


@inline
def _unchosen_of_four(g: Any, chosen: Any, W: int, Z: Any) -> Any:
    """Without branches: they could not be foretold, and took three times as long."""
    total, zero = g.dtype.type(0), g.dtype.type(0)
    one, two = np.uint64(1), np.uint64(2)
    width = np.uint64(W)
    flat, places = g.reshape(-1), chosen.reshape(-1)
    columns = np.uint64(g.shape[1])
    for a in range(g.shape[0]):
        row, line = np.uint64(a) * columns, np.uint64(a) * two * width
        for q in range(columns):
            which = np.int64(places[row + np.uint64(q)])
            v = flat[row + np.uint64(q)] if which >= 0 else zero
            place = np.uint64(max(which, 0))
            first = line + two * np.uint64(q)
            Z[first] = zero
            Z[first + one] = zero
            Z[first + width] = zero
            Z[first + width + one] = zero
            Z[first + (place & one) + (place >> one) * width] = v
            total += v
    return total
