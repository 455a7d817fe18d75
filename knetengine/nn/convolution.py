"""Convolution, its gradient by the image as a layer of its own, and `mat`."""

import math
from typing import Any

import numpy as np

import knetengine.numpy as kn
from knetengine.nn import checks
from knetengine.nn.fused_convolution import (
    CONVOLUTION,
    CROSS_CORRELATION,
    fused_conv4,
    fused_deconv4,
    plain_conv4,
    plain_deconv4,
)
from knetengine.nn.pooling import place_dtype
from knetengine.nn.pooling import pool as max_pool
from knetengine.nn.reference import device_takes, kernels_take, plain_value
from knetengine.nn.windows import PerAxis, Sizes, covered, per_axis, span, spatial_axes, spread


def _checked(
    function: str,
    w: Any,
    x: Any,
    padding: PerAxis,
    stride: PerAxis,
    dilation: PerAxis,
    mode: int,
    groups: int,
) -> tuple[Sizes, Sizes, Sizes]:
    """Padding, stride and dilation of each axis; what both layers refuse is refused."""
    checks.floats(function, w=w, x=x)
    axes = spatial_axes(function, "x", x)
    size = plain_value(w).shape
    if len(size) != axes + 2 or 0 in size:
        checks.fail(
            function, "w", w, f"(O, C / groups, kernel...) with {axes} axes of the kernel, as x has"
        )
    if mode not in (CONVOLUTION, CROSS_CORRELATION):
        raise ValueError(
            f"{function}: mode is {mode!r}; expected 0, convolution, or 1, cross-correlation"
        )
    if groups < 1 or size[0] % groups:
        raise ValueError(
            f"{function}: groups is {groups!r}; expected a divisor of {size[0]}, w's outputs"
        )
    return (
        per_axis(function, "padding", padding, axes, 0),
        per_axis(function, "stride", stride, axes, 1),
        per_axis(function, "dilation", dilation, axes, 1),
    )


def conv4(
    w: Any,
    x: Any,
    bias: Any = None,
    *,
    padding: PerAxis = 0,
    stride: PerAxis = 1,
    dilation: PerAxis = 1,
    mode: int = 0,
    groups: int = 1,
    activation: str | None = None,
    pool: PerAxis | None = None,
) -> Any:
    """Convolve images with kernels; then bias, rectifier and max pooling, if they are asked for.

    w: (O, C / groups, kernel...), float32 or float64.
    x: (N, C, spatial...) with 1, 2 or 3 spatial axes, of the same dtype.
    bias: (O,), or None.
    padding, stride, dilation: an integer, or one for each spatial axis. Padding is with zeros.
    mode: 0 for convolution, which flips the kernel; 1 for cross-correlation.
    groups: into how many parts channels and outputs are divided; each sees only its own.
    activation: None or "relu".
    pool: None, or the window of a max pooling with the stride of the window.

    Gives (N, O, positions...), 1 + floor((X + 2 padding - dilation * (K - 1) - 1) / stride) along
    each axis before pooling. ``conv4(w, x, b, activation="relu", pool=2)`` is
    ``pool(relu(conv4(w, x) + b))`` in one step, the same to the gradients' choices at ties.

    Raises ValueError for shapes that do not fit, TypeError for other dtypes.
    Source: Knet's `conv4`; LeCun et al. 1998.
    """
    options = _checked("conv4", w, x, padding, stride, dilation, mode, groups)
    checks.floats("conv4", w=w, bias=bias)
    size, shape = plain_value(w).shape, plain_value(x).shape
    if shape[1] != size[1] * groups:
        checks.fail(
            "conv4", "x", x, f"{size[1] * groups} channels, for w of shape {size}, {groups} groups"
        )
    checks.shape("conv4", "bias", bias, size[:1], "(O,)")
    if activation not in (None, "relu"):
        raise ValueError(f"conv4: activation is {activation!r}; expected None or 'relu'")
    out = covered("conv4", x, span(size[2:], options[2]), *options[:2])
    window = None if pool is None else per_axis("conv4", "pool", pool, len(out), 1)
    if window is not None and any(o < W for W, o in zip(window, out, strict=True)):
        raise ValueError(
            f"conv4: pool is {pool!r}; expected at most {out}, the axes of what is pooled"
        )
    if window is not None and max(window) == 1:
        window = None
    kernels = kernels_take(w, x, bias) or device_takes("conv4", w, x, bias)
    layer = fused_conv4 if kernels else plain_conv4
    rest = (mode, groups, activation == "relu")
    if window is not None and place_dtype(window) is not np.int8:
        # not worth kernels of their own, which take ten seconds to compile
        return max_pool(layer(w, x, bias, *options, *rest, None), window)
    return layer(w, x, bias, *options, *rest, window)


def deconv4(
    w: Any,
    x: Any,
    *,
    padding: PerAxis = 0,
    stride: PerAxis = 1,
    dilation: PerAxis = 1,
    mode: int = 0,
    groups: int = 1,
) -> Any:
    """The gradient of `conv4` by its image, as a layer: a transposed convolution.

    w: (O, C / groups, kernel...), as conv4's.
    x: (N, O, spatial...), of the same dtype.
    padding, stride, dilation, mode, groups: as conv4's.

    Gives (N, C, sizes...), (X - 1) * stride - 2 padding + dilation * (K - 1) + 1 along each axis.

    Raises ValueError for shapes that do not fit, TypeError for other dtypes.
    Source: Knet's `deconv4`; Zeiler et al. 2010.
    """
    options = _checked("deconv4", w, x, padding, stride, dilation, mode, groups)
    size = plain_value(w).shape
    if plain_value(x).shape[1] != size[0]:
        checks.fail("deconv4", "x", x, f"{size[0]} channels, the outputs of w of shape {size}")
    spread("deconv4", x, span(size[2:], options[2]), *options[:2])
    kernels = kernels_take(w, x) or device_takes("deconv4", w, x)
    layer = fused_deconv4 if kernels else plain_deconv4
    return layer(w, x, *options, mode, groups)


def mat(x: Any, axes: int = 1) -> Any:
    """Keep the first axes, which count the instances, and make one of the others.

    x: any array; (N, C, H, W) becomes (N, C * H * W), and (N,) a column, (N, 1).
    axes: how many to keep.

    Raises ValueError if x has fewer. Source: Knet's `mat`, which keeps the last.
    """
    shape = plain_value(x).shape
    if not 0 <= axes <= len(shape):
        checks.fail("mat", "x", x, f"at least {axes} axes, for axes={axes}")
    return kn.reshape(x, (*shape[:axes], math.prod(shape[axes:])))
