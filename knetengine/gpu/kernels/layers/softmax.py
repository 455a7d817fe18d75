"""Softmax, its logarithm, and the cross entropy of scores and labels, along the last axis."""

import math

import numpy as np

from knetengine.gpu.drivers.interface import Address, Driver, Handle
from knetengine.gpu.kernels import geometry, modules
from knetengine.gpu.kernels.layers import checks
from knetengine.gpu.kernels.modules import Scratch
from knetengine.gpu.kernels.operand import Operand, contiguous
from knetengine.gpu.kernels.promotion import c_type
from knetengine.gpu.kernels.reductions import reduce

FILE = "layers/softmax.cu"


def _rows(driver: Driver, name: str, stream: Handle, *arrays: Operand) -> None:
    """A kernel of (rows, classes) of some arrays of one shape."""
    dtype = checks.floats(name, **{f"array {k}": a for k, a in enumerate(arrays)})
    checks.shapes(name, **{f"array {k}": (a, arrays[0].shape) for k, a in enumerate(arrays)})
    if arrays[0].size == 0:
        return
    *outer, classes = arrays[0].shape
    rows = math.prod(outer)
    grid, block = geometry.rows(rows, classes)
    driver.launch(
        modules.compiled(driver, f"kn_{name}", FILE, modules.options(T=c_type(dtype))),
        grid,
        block,
        [np.int64(rows), np.int64(classes), *(a.address for a in arrays)],
        stream=stream,
    )


def softmax(driver: Driver, x: Operand, y: Operand, *, stream: Handle = 0) -> None:
    """``y = softmax(x)``; y may be x. Raises ValueError for arrays that don't fit."""
    _rows(driver, "softmax", stream, x, y)


def softmax_backward(
    driver: Driver, g: Operand, y: Operand, dx: Operand, *, stream: Handle = 0
) -> None:
    """The gradient of x, from the result y; dx may be g or y."""
    _rows(driver, "softmax_back", stream, g, y, dx)


def logsoftmax(driver: Driver, x: Operand, y: Operand, *, stream: Handle = 0) -> None:
    """``y = logsoftmax(x)``; y may be x."""
    _rows(driver, "logsoftmax", stream, x, y)


def logsoftmax_backward(
    driver: Driver, g: Operand, y: Operand, dx: Operand, *, stream: Handle = 0
) -> None:
    """The gradient of x, from the result y; dx may be g or y."""
    _rows(driver, "logsoftmax_back", stream, g, y, dx)


def cross_entropy(
    driver: Driver,
    scores: Operand,
    bias: Operand | None,
    labels: Operand,
    average: bool,
    loss: Operand,
    found: Operand,
    gradient: Operand | None,
    bias_gradient: Operand | None,
    *,
    scratch: Scratch,
    stream: Handle = 0,
) -> None:
    """The negative log-likelihood of labels under the softmax of scores, and its gradients.

    scores: (N, C).
    bias: (C,), added to each row, or None.
    labels: (N,), int64, from 0 to C - 1, or -1 for a row that does not count.
    average: over the rows that count; otherwise the sum.
    loss: out, without axes.
    found: out, (2,), int64: how many rows count, and the first row whose label is out of range, -1
        if there is none. If there is one, the loss counts for nothing: such rows are left out.
    gradient: out, (N, C), or None. bias_gradient: out, (C,), or None; only with `gradient`.

    Raises ValueError for arrays that don't fit.
    """
    name = "cross_entropy"
    dtype = checks.floats(
        name, scores=scores, bias=bias, loss=loss, gradient=gradient, bias_gradient=bias_gradient
    )
    checks.integers(name, labels=labels, found=found)
    if len(scores.shape) != 2 or scores.shape[1] == 0:
        raise ValueError(f"{name}: scores have shape {scores.shape}; expected (N, C), C > 0")
    N, C = scores.shape
    checks.shapes(
        name,
        bias=(bias, (C,)),
        labels=(labels, (N,)),
        loss=(loss, ()),
        found=(found, (2,)),
        gradient=(gradient, (N, C)),
        bias_gradient=(bias_gradient, (C,)),
    )
    if bias_gradient is not None and gradient is None:
        raise ValueError(f"{name}: bias_gradient is the sum of gradient; give both")
    definitions = modules.options(T=c_type(dtype))
    sizes = [np.int64(N), np.int64(C)]
    threads = geometry.power_of_two(N, 32, geometry.THREADS)
    driver.launch(
        modules.compiled(driver, "kn_labels", FILE, definitions),
        (1, 1, 1),
        (threads, 1, 1),
        [*sizes, labels.address, found.address],
        stream=stream,
    )
    losses = contiguous(Address(0), (N,), dtype)
    if N:
        losses = contiguous(scratch(N * dtype.itemsize), (N,), dtype)
        grid, block = geometry.rows(N, C)
        driver.launch(
            modules.compiled(driver, "kn_cross_entropy", FILE, definitions),
            grid,
            block,
            [
                *sizes,
                scores.address,
                checks.address(bias),
                labels.address,
                found.address,
                np.int32(average),
                losses.address,
                checks.address(gradient),
            ],
            stream=stream,
        )
    reduce(driver, "sum", losses, None, loss, scratch=scratch, stream=stream)
    if gradient is not None and bias_gradient is not None:
        reduce(driver, "sum", gradient, (0,), bias_gradient, scratch=scratch, stream=stream)
