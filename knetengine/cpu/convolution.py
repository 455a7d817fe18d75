"""Cross-correlations of images as matrix products, with bias, rectifier and max pooling.

Each thread owns some images of the batch. It writes the windows of a few of them, as many as its
cache holds, as columns of a matrix, and what follows the product (bias, rectifier, pooling) is done
while that is in the cache too. The way back makes the columns again rather than keep them: of
LeNet's second layer they would be 13 MB for a batch of 100, and making them takes a tenth of the
time of the product. Call these kernels with one BLAS thread.

Names: N images, G groups, C channels, O outputs, K the size of the kernel, D, H, W the axes of an
image. Geometry is three numbers each, one for each axis, and 1 for an axis that is not there.
"""

from typing import Any

import numpy as np
from numba import prange

from knetengine.cpu.columns import gather, padded, scatter, unpadded
from knetengine.cpu.compilation import inline, kernel
from knetengine.cpu.maxima import largest, unchosen

# The columns of the images that are multiplied at once, in bytes: half of a usual second-level
# cache of 1 MB. For LeNet's second layer that is four images, whose products take 7.0 ms for a
# batch of 100 where those of single images take 7.8.
COLUMN_BYTES = 512 * 1024

# OpenBLAS has kernels for products of no more steps than this, which do not copy the matrices
# first. LeNet's first layer stays below: 1.1 ms for a batch of 100, with four images at once 2.0.
SMALL_PRODUCT = 10**6


def together(columns: int, outputs: int, itemsize: int) -> int:
    """How many images to multiply at once, of so many column entries each, for so many outputs."""
    product = max(1, columns * outputs)
    limit = SMALL_PRODUCT // product if product <= SMALL_PRODUCT else np.iinfo(np.int64).max
    return max(1, min(limit, COLUMN_BYTES // max(1, columns * itemsize)))


@inline
def _positions(out: Any) -> Any:
    return out[0] * out[1] * out[2]


@inline
def _matrix(buffer: Any, rows: int, columns: int) -> Any:
    """The start of a flat buffer as a contiguous matrix, which BLAS wants."""
    return buffer[: rows * columns].reshape(rows, columns)


@inline
def _border(image: Any, padding: Any) -> Any:
    """Room for an image (C, D, H, W) and its padding, all zero."""
    C, D, H, W = image.shape
    shape = (C, D + 2 * padding[0], H + 2 * padding[1], W + 2 * padding[2])
    return np.zeros(shape, image.dtype)


@inline
def _plain(Z: Any, at: int, shift: Any, rectified: bool, y: Any) -> None:
    """One output of one image, without pooling: bias and rectifier. Z (positions,), y (D, H, W)."""
    zero = Z.dtype.type(0)
    flat = y.reshape(-1)
    for p in range(flat.size):
        v = Z[at + p] + shift
        flat[p] = zero if rectified and v <= zero else v  # a NaN stays


@kernel
def forward(
    x: Any,  # (N, C, D, H, W)
    w: Any,  # (G, O / G, C / G * K)
    bias: Any,  # (O,)
    size: Any,
    padding: Any,
    stride: Any,
    dilation: Any,
    out: Any,  # the sizes before pooling
    rectified: bool,
    pool: Any,
    batch: int,  # how many images at once
    parts: int,
    y: Any,  # (N, O, sizes after pooling), out
    chosen: Any,  # the same shape if there is pooling, out: the place of the maximum
) -> None:
    """Correlate, add the bias, rectify, pool; see `_pooled` for the choices."""
    N = x.shape[0]
    G, O, R = w.shape  # noqa: E741
    C = x.shape[1] // G
    P = _positions(out)
    pooling = pool[0] * pool[1] * pool[2] > 1
    for part in prange(parts):
        low, high = part * N // parts, (part + 1) * N // parts
        columns = np.empty(R * P * batch, x.dtype)
        products = np.empty(O * P * batch, x.dtype)
        border = _border(x[0, :C], padding)
        for start in range(low, high, batch):
            count = min(batch, high - start)
            S = _matrix(columns, R, count * P)
            Z = _matrix(products, O, count * P)
            for group in range(G):
                for b in range(count):
                    image = padded(x[start + b, group * C : (group + 1) * C], padding, border)
                    gather(image, size, stride, dilation, out, S, b * P)
                np.dot(w[group], S, Z)
                for b in range(count):
                    n = start + b
                    for o in range(O):
                        m = group * O + o
                        shift = bias[m]
                        if pooling:
                            largest(
                                Z[o, b * P : (b + 1) * P],
                                shift,
                                rectified,
                                out,
                                pool,
                                (0, 0, 0),
                                pool,
                                y[n, m],
                                chosen[n, m],
                            )
                        else:
                            _plain(Z[o], b * P, shift, rectified, y[n, m])


@inline
def _copied(g: Any, Z: Any, at: int) -> Any:
    """The gradients of one output of one image as they are; gives their sum."""
    total = g.dtype.type(0)
    flat = g.reshape(-1)
    for p in range(flat.size):
        Z[at + p] = flat[p]
        total += flat[p]
    return total


@kernel
def backward(
    x: Any,  # (N, C, D, H, W); not read unless want_w
    w: Any,  # (G, C / G * K, O / G), transposed
    g: Any,  # (N, O, sizes after pooling)
    chosen: Any,  # the same shape if there is pooling
    size: Any,
    padding: Any,
    stride: Any,
    dilation: Any,
    out: Any,  # the sizes before pooling
    pool: Any,
    batch: int,
    parts: int,
    want_w: bool,
    want_x: bool,
    dx: Any,  # (N, C, D, H, W), out if want_x
    dw: Any,  # (parts, G, C / G * K, O / G), out if want_w, to be summed
    db: Any,  # (parts, O), out, to be summed
) -> None:
    """The gradients; g has been through the rectifier already if there is no pooling."""
    N = g.shape[0]
    G, R, O = w.shape  # noqa: E741
    C = x.shape[1] // G
    P = _positions(out)
    pooling = pool[0] * pool[1] * pool[2] > 1
    pads = padding[0] + padding[1] + padding[2] > 0
    for part in prange(parts):
        low, high = part * N // parts, (part + 1) * N // parts
        columns = np.empty(R * P * batch, g.dtype)
        products = np.empty(O * P * batch, g.dtype)
        weights = np.empty((R, O), g.dtype)
        border, room = _border(x[0, :C], padding), _border(x[0, :C], padding)
        db[part] = 0
        if want_w:
            dw[part] = 0
        for start in range(low, high, batch):
            count = min(batch, high - start)
            S = _matrix(columns, R, count * P)
            Z = _matrix(products, O, count * P)
            for group in range(G):
                first = group * C
                for b in range(count):
                    n = start + b
                    for o in range(O):
                        m = group * O + o
                        if pooling:
                            line = Z[o, b * P : (b + 1) * P]
                            total = unchosen(
                                g[n, m], chosen[n, m], out, pool, (0, 0, 0), pool, line
                            )
                        else:
                            total = _copied(g[n, m], Z[o], b * P)
                        db[part, m] += total
                if want_w:
                    for b in range(count):
                        image = padded(x[start + b, first : first + C], padding, border)
                        gather(image, size, stride, dilation, out, S, b * P)
                    np.dot(S, Z.T, weights)
                    dw[part, group] += weights
                if want_x:
                    np.dot(w[group], Z, S)
                    for b in range(count):
                        image = dx[start + b, first : first + C]
                        target = room if pads else image
                        target[:] = 0
                        scatter(S, b * P, size, stride, dilation, out, target)
                        if pads:
                            unpadded(room, padding, image)
