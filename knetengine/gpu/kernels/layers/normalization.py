"""Batch and layer normalization, forward and backward."""

import math

import numpy as np

from knetengine.gpu.drivers.interface import Driver, Handle
from knetengine.gpu.kernels import geometry, modules
from knetengine.gpu.kernels.layers import checks
from knetengine.gpu.kernels.modules import Scratch
from knetengine.gpu.kernels.operand import Operand, contiguous
from knetengine.gpu.kernels.promotion import c_type
from knetengine.gpu.kernels.reductions import reduce

FILE = "layers/normalization.cu"


def batch_forward(
    driver: Driver,
    x: Operand,
    params: Operand | None,
    batch: bool,
    eps: float,
    mean: Operand,
    var: Operand,
    inverse: Operand,
    y: Operand,
    *,
    stream: Handle = 0,
) -> None:
    """Normalize each channel, by the batch's mean and variance or by given ones.

    x: (N, C, ...), not empty.
    params: (2C,), gains and then biases, or None for ones and zeros.
    batch: whether mean and var, (C,), are those of the batch, and out; otherwise they are given.
    inverse: (C,), out: 1 / sqrt(var + eps).
    y: of the shape of x; it may be x.

    Raises ValueError for arrays that don't fit.
    """
    name = "batch_forward"
    dtype = checks.floats(name, x=x, params=params, mean=mean, var=var, inverse=inverse, y=y)
    N, C, S = checks.channels(name, "x", x)
    checks.shapes(
        name,
        params=(params, (2 * C,)),
        mean=(mean, (C,)),
        var=(var, (C,)),
        inverse=(inverse, (C,)),
        y=(y, x.shape),
    )
    if x.size == 0:
        raise ValueError(f"{name}: x has shape {x.shape}; expected at least one entry")
    sizes = [np.int64(N), np.int64(C), np.int64(S)]
    definitions = modules.options(T=c_type(dtype))
    grid, block = geometry.rows(C, N * S if batch else 1)
    driver.launch(
        modules.compiled(driver, "kn_batch_moments", FILE, definitions),
        grid,
        block,
        [
            *sizes,
            x.address,
            np.int32(batch),
            np.float64(eps),
            mean.address,
            var.address,
            inverse.address,
        ],
        stream=stream,
    )
    grid, block = geometry.entries(x.size)
    driver.launch(
        modules.compiled(driver, "kn_batch_scale", FILE, definitions),
        grid,
        block,
        [
            *sizes,
            x.address,
            checks.address(params),
            mean.address,
            inverse.address,
            y.address,
        ],
        stream=stream,
    )


def batch_backward(
    driver: Driver,
    g: Operand,
    x: Operand,
    params: Operand | None,
    mean: Operand,
    inverse: Operand,
    batch: bool,
    dx: Operand,
    dparams: Operand,
    *,
    stream: Handle = 0,
) -> None:
    """The gradients of x and params.

    batch: whether the mean and the deviation are those of the batch, and depend on x.
    dx: may be g. dparams: (2C,), out.

    Raises ValueError for arrays that don't fit.
    """
    name = "batch_backward"
    dtype = checks.floats(
        name, g=g, x=x, params=params, mean=mean, inverse=inverse, dx=dx, dparams=dparams
    )
    N, C, S = checks.channels(name, "x", x)
    checks.shapes(
        name,
        g=(g, x.shape),
        params=(params, (2 * C,)),
        mean=(mean, (C,)),
        inverse=(inverse, (C,)),
        dx=(dx, x.shape),
        dparams=(dparams, (2 * C,)),
    )
    if x.size == 0:
        raise ValueError(f"{name}: x has shape {x.shape}; expected at least one entry")
    sizes = [np.int64(N), np.int64(C), np.int64(S)]
    definitions = modules.options(T=c_type(dtype))
    grid, block = geometry.rows(C, N * S)
    driver.launch(
        modules.compiled(driver, "kn_batch_sums", FILE, definitions),
        grid,
        block,
        [
            *sizes,
            g.address,
            x.address,
            mean.address,
            inverse.address,
            dparams.address,
        ],
        stream=stream,
    )
    grid, block = geometry.entries(x.size)
    driver.launch(
        modules.compiled(driver, "kn_batch_back", FILE, definitions),
        grid,
        block,
        [
            *sizes,
            g.address,
            x.address,
            checks.address(params),
            mean.address,
            inverse.address,
            dparams.address,
            np.int32(batch),
            dx.address,
        ],
        stream=stream,
    )


def layer_forward(
    driver: Driver,
    x: Operand,
    gain: Operand | None,
    bias: Operand | None,
    eps: float,
    mean: Operand,
    inverse: Operand,
    y: Operand,
    *,
    stream: Handle = 0,
) -> None:
    """Normalize along the last axis, which is not empty.

    gain, bias: of the length D of that axis, or None for ones and zeros.
    mean: (R,), out, of each of the R rows. inverse: (R,), out: 1 / sqrt(variance + eps).
    y: of the shape of x.

    Raises ValueError for arrays that don't fit.
    """
    name = "layer_forward"
    dtype = checks.floats(name, x=x, gain=gain, bias=bias, mean=mean, inverse=inverse, y=y)
    R, D = _rows(name, x)
    checks.shapes(
        name,
        gain=(gain, (D,)),
        bias=(bias, (D,)),
        mean=(mean, (R,)),
        inverse=(inverse, (R,)),
        y=(y, x.shape),
    )
    if R == 0:
        return
    grid, block = geometry.rows(R, D)
    driver.launch(
        modules.compiled(driver, "kn_layer_norm", FILE, modules.options(T=c_type(dtype))),
        grid,
        block,
        [
            np.int64(R),
            np.int64(D),
            x.address,
            checks.address(gain),
            checks.address(bias),
            np.float64(eps),
            mean.address,
            inverse.address,
            y.address,
        ],
        stream=stream,
    )


def layer_backward(
    driver: Driver,
    g: Operand,
    x: Operand,
    gain: Operand | None,
    mean: Operand,
    inverse: Operand,
    dx: Operand,
    dgain: Operand,
    dbias: Operand,
    *,
    scratch: Scratch,
    stream: Handle = 0,
) -> None:
    """The gradients of x, gain and bias; arrays as of `layer_forward`.

    Raises ValueError for arrays that don't fit.
    """
    name = "layer_backward"
    dtype = checks.floats(
        name, g=g, x=x, gain=gain, mean=mean, inverse=inverse, dx=dx, dgain=dgain, dbias=dbias
    )
    R, D = _rows(name, x)
    checks.shapes(
        name,
        g=(g, x.shape),
        gain=(gain, (D,)),
        mean=(mean, (R,)),
        inverse=(inverse, (R,)),
        dx=(dx, x.shape),
        dgain=(dgain, (D,)),
        dbias=(dbias, (D,)),
    )
    definitions = modules.options(T=c_type(dtype))
    sizes = [np.int64(R), np.int64(D)]
    if R:
        grid, block = geometry.rows(R, D)
        driver.launch(
            modules.compiled(driver, "kn_layer_norm_back", FILE, definitions),
            grid,
            block,
            [
                *sizes,
                g.address,
                x.address,
                checks.address(gain),
                mean.address,
                inverse.address,
                dx.address,
            ],
            stream=stream,
        )
    plan = geometry.reduction(D, R, True)
    sums = contiguous(scratch(plan.splits * 2 * D * dtype.itemsize), (plan.splits, 2, D), dtype)
    grid, block = plan.geometry(D)
    driver.launch(
        modules.compiled(driver, "kn_layer_norm_sums", FILE, definitions),
        grid,
        block,
        [*sizes, g.address, x.address, mean.address, inverse.address, sums.address],
        stream=stream,
    )
    for number, out in enumerate((dgain, dbias)):
        step = type(sums.address)(sums.address + number * D * dtype.itemsize)
        part = sums._replace(
            address=step, shape=(plan.splits, D), strides=(sums.strides[0], sums.strides[2])
        )
        reduce(driver, "sum", part, (0,), out, scratch=scratch, stream=stream)


def _rows(name: str, x: Operand) -> tuple[int, int]:
    if not x.shape or x.shape[-1] == 0:
        raise ValueError(f"{name}: x has shape {x.shape}; expected (..., D), D > 0")
    return math.prod(x.shape[:-1]), x.shape[-1]
