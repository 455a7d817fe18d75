"""The two convolution layers: their plain twins, and how their kernels are called."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import knetengine.numpy as kn
from knetengine.autograd import vjp
from knetengine.cpu.arrays import contiguous, empty, parts_for
from knetengine.nn.activations import relu
from knetengine.nn.fused import Saved, fused
from knetengine.nn.pooling import plain_max
from knetengine.nn.reference import plain_value
from knetengine.nn.windows import Sizes, covered, span, spread, three, views, volumes

CONVOLUTION, CROSS_CORRELATION = 0, 1  # Knet's modes


# The twins


def plain_conv4(
    w: Any,
    x: Any,
    bias: Any,
    padding: Sizes,
    stride: Sizes,
    dilation: Sizes,
    mode: int,
    groups: int,
    rectified: bool,
    pool: Sizes | None,
) -> Any:
    """Windows of x times kernels, as a matrix product; then bias, rectifier and pooling."""
    outputs, channels, *size = w.shape
    if mode == CONVOLUTION:
        w = kn.flip(w, tuple(range(2, w.ndim)))
    patches = views(x, tuple(size), padding, stride, dilation)  # (N, C, positions..., size...)
    N, _, *positions = patches.shape[: x.ndim]
    shape = (N, groups, channels, math.prod(positions), math.prod(size))
    rows = kn.moveaxis(patches.reshape(shape), 2, 3)  # (N, G, P, C / G, K)
    rows = rows.reshape(*shape[:2], shape[3], channels * shape[4])
    kernels = w.reshape(groups, outputs // groups, channels * shape[4])  # (G, O / G, C / G * K)
    y = rows @ kn.swapaxes(kernels, 1, 2)  # (N, G, P, O / G)
    y = kn.swapaxes(y, 2, 3).reshape(N, outputs, *positions)
    if bias is not None:
        y = y + bias.reshape(outputs, *(1,) * len(size))
    if rectified:
        y = relu(y)
    return y if pool is None else plain_max(y, pool, (0,) * len(pool), pool)


def plain_deconv4(
    w: Any, x: Any, padding: Sizes, stride: Sizes, dilation: Sizes, mode: int, groups: int
) -> Any:
    """The gradient of `plain_conv4` by its image."""
    out = spread("deconv4", x, span(w.shape[2:], dilation), padding, stride)
    shape = (x.shape[0], w.shape[1] * groups, *out)
    nothing = np.zeros_like(plain_value(x), shape=shape)
    options = (padding, stride, dilation, mode, groups, False, None)
    _, pull = vjp(lambda image: plain_conv4(w, image, None, *options), nothing)
    return pull(x)[0]


# The kernels


def _matrices(w: np.ndarray, mode: int, groups: int) -> np.ndarray:
    """The kernels of a cross-correlation as rows: (G, O / G, C / G * K)."""
    if mode == CONVOLUTION:
        w = np.flip(w, tuple(range(2, w.ndim)))
    return np.ascontiguousarray(w).reshape(groups, len(w) // groups, -1)


def _kernels(matrices: np.ndarray, like: np.ndarray, mode: int) -> np.ndarray:
    """The opposite of `_matrices`, for a gradient."""
    w = matrices.reshape(like.shape)
    return np.flip(w, tuple(range(2, w.ndim))) if mode == CONVOLUTION else w


def _parts(images: int, products: int) -> int:
    """Into how many parts to divide a batch of so many products each.

    Sixteen of them, a vector in BLAS, take the time of one entry that another kernel reads.
    """

    return parts_for(images * products // 16, images)


def _forward(
    w: np.ndarray,
    x: np.ndarray,
    bias: np.ndarray | None,
    padding: Sizes,
    stride: Sizes,
    dilation: Sizes,
    mode: int,
    groups: int,
    rectified: bool,
    pool: Sizes | None,
) -> tuple[np.ndarray, np.ndarray]:
    """The result, and the places of the maxima."""
    from knetengine.cpu import compilation, convolution

    size = w.shape[2:]
    out = covered("conv4", x, span(size, dilation), padding, stride)
    final = out if pool is None else tuple(o // p for o, p in zip(out, pool, strict=True))
    matrices = _matrices(w, mode, groups)
    columns = matrices.shape[2] * math.prod(out)
    y = empty((len(x), len(w), *three(final)), x.dtype)
    pooled = (1, 1, 1) if pool is None else three(pool)
    chosen = np.empty(y.shape if pool else (1,) * 5, np.int8)
    with compilation.one_blas_thread():
        convolution.forward(
            volumes(x),
            contiguous(matrices),
            np.zeros(len(w), x.dtype) if bias is None else contiguous(bias),
            three(size),
            three(padding, 0),
            three(stride),
            three(dilation),
            three(out),
            rectified,
            pooled,
            convolution.together(columns, len(w) // groups, x.itemsize),
            _parts(len(x), columns * len(w) // groups),
            y,
            chosen,
        )
    return y.reshape(len(x), len(w), *final), chosen


def _backward(
    w: np.ndarray,
    x: np.ndarray,
    g: np.ndarray,
    chosen: np.ndarray,
    padding: Sizes,
    stride: Sizes,
    dilation: Sizes,
    mode: int,
    groups: int,
    pool: Sizes | None,
    want_w: bool,
    want_x: bool,
) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray]:
    """The gradients by w, x and bias; the first two where they are wanted."""
    from knetengine.cpu import compilation, convolution

    size = w.shape[2:]
    out = covered("conv4", x, span(size, dilation), padding, stride)
    matrices = _matrices(w, mode, groups)
    transposed = contiguous(matrices.swapaxes(1, 2))  # (G, C / G * K, O / G)
    columns = matrices.shape[2] * math.prod(out)
    parts = _parts(len(g), columns * len(w) // groups)
    image = volumes(x)
    dx = empty(image.shape if want_x else (1,) * 5, g.dtype)
    dw = empty((parts, *(transposed.shape if want_w else (1, 1, 1))), g.dtype)
    db = np.empty((parts, len(w)), g.dtype)
    with compilation.one_blas_thread():
        convolution.backward(
            image,
            transposed,
            volumes(g),
            chosen,
            three(size),
            three(padding, 0),
            three(stride),
            three(dilation),
            three(out),
            (1, 1, 1) if pool is None else three(pool),
            convolution.together(columns, len(w) // groups, g.itemsize),
            parts,
            want_w,
            want_x,
            dx,
            dw,
            db,
        )
    return (
        _kernels(dw.sum(0).swapaxes(1, 2), w, mode) if want_w else None,
        dx.reshape(x.shape) if want_x else None,
        db.sum(0),
    )


def _conv4(
    saved: Saved,
    w: np.ndarray,
    x: np.ndarray,
    bias: np.ndarray | None,
    padding: Sizes,
    stride: Sizes,
    dilation: Sizes,
    mode: int,
    groups: int,
    rectified: bool,
    pool: Sizes | None,
) -> np.ndarray:
    y, chosen = _forward(w, x, bias, padding, stride, dilation, mode, groups, rectified, pool)
    if saved.wanted:
        saved.items = chosen
    return y


def _pull_conv4(
    wanted: Sequence[bool],
    g: np.ndarray,
    y: np.ndarray,
    chosen: np.ndarray,
    w: np.ndarray,
    x: np.ndarray,
    bias: np.ndarray | None,
    padding: Sizes,
    stride: Sizes,
    dilation: Sizes,
    mode: int,
    groups: int,
    rectified: bool,
    pool: Sizes | None,
) -> list[Any]:
    if rectified and pool is None:
        from knetengine.cpu import activations

        g = activations.apply(activations.relu_backward, g, y)
    options = (padding, stride, dilation, mode, groups, pool)
    dw, dx, db = _backward(w, x, g, chosen, *options, wanted[0], wanted[1])
    return [dw, dx, db, None, None, None, None, None, None, None]


fused_conv4 = fused(plain_conv4, _conv4, _pull_conv4, layer="conv4")


def _deconv4(
    saved: Saved,
    w: np.ndarray,
    x: np.ndarray,
    padding: Sizes,
    stride: Sizes,
    dilation: Sizes,
    mode: int,
    groups: int,
) -> Any:
    out = spread("deconv4", x, span(w.shape[2:], dilation), padding, stride)
    image = empty((len(x), w.shape[1] * groups, *out), x.dtype)  # only its shape counts
    nowhere = np.empty((1,) * 5, np.int8)
    options = (padding, stride, dilation, mode, groups, None)
    return _backward(w, image, x, nowhere, *options, False, True)[1]


def _pull_deconv4(
    wanted: Sequence[bool],
    g: np.ndarray,
    y: Any,
    items: Any,
    w: np.ndarray,
    x: np.ndarray,
    padding: Sizes,
    stride: Sizes,
    dilation: Sizes,
    mode: int,
    groups: int,
) -> list[Any]:
    dw = dx = None
    options = (padding, stride, dilation, mode, groups)
    if wanted[0]:
        nowhere = np.empty((1,) * 5, np.int8)
        dw = _backward(w, g, x, nowhere, *options, None, True, False)[0]
    if wanted[1]:
        dx = _forward(w, g, None, *options, False, None)[0]
    return [dw, dx, None, None, None, None, None]


fused_deconv4 = fused(plain_deconv4, _deconv4, _pull_deconv4, layer="deconv4")
