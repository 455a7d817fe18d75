"""Batch and layer normalization."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from knetengine.gpu.device.layers.table import define, operand
from knetengine.gpu.device.stored import Stored
from knetengine.gpu.kernels.layers import normalization as kernels

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend


def _ordered(backend: "DeviceBackend", x: Stored | None) -> Stored | None:
    return None if x is None else backend.in_c_order(x)


@define("batchnorm")
def _batchnorm(
    backend: "DeviceBackend",
    wanted: bool,
    x: Stored,
    params: Stored | None,
    given: tuple[Stored, Stored] | None,
    eps: float,
    found: Any,
) -> tuple[Stored, tuple[Stored, Stored, Stored]]:
    """The items are the mean and the variance it was normalized by, (C,), and 1 / deviation."""
    x = backend.in_c_order(x)
    channels = x.shape[1:2]
    if given is None:
        mean, var = (backend.empty(channels, x.dtype) for _ in range(2))
    else:
        mean, var = (backend.in_c_order(moment) for moment in given)
    inverse, y = backend.empty(channels, x.dtype), backend.empty(x.shape, x.dtype)
    kernels.batch_forward(
        backend.driver,
        x.operand,
        operand(_ordered(backend, params)),
        given is None,
        eps,
        mean.operand,
        var.operand,
        inverse.operand,
        y.operand,
    )
    return y, (mean, var, inverse)


@define("batchnorm_backward")
def _batchnorm_backward(
    backend: "DeviceBackend",
    wanted: Sequence[bool],
    g: Stored,
    y: Stored,
    items: tuple[Stored, Stored, Stored],
    x: Stored,
    params: Stored | None,
    given: tuple[Stored, Stored] | None,
    eps: float,
    found: Any,
) -> list[Any]:
    mean, _, inverse = items
    dx = backend.empty(x.shape, x.dtype)
    dparams = backend.empty((2 * x.shape[1],), x.dtype)
    kernels.batch_backward(
        backend.driver,
        backend.in_c_order(g).operand,
        backend.in_c_order(x).operand,
        operand(_ordered(backend, params)),
        mean.operand,
        inverse.operand,
        given is None,
        dx.operand,
        dparams.operand,
    )
    return [dx, None if params is None else dparams, None, None, None]


@define("layernorm")
def _layernorm(
    backend: "DeviceBackend",
    wanted: bool,
    x: Stored,
    gain: Stored | None,
    bias: Stored | None,
    eps: float,
) -> tuple[Stored, tuple[Stored, Stored]]:
    """The items are the mean and 1 / deviation of each row."""
    rows = (int(np.prod(x.shape[:-1], dtype=np.int64)),)
    mean, inverse = (backend.empty(rows, x.dtype) for _ in range(2))
    y = backend.empty(x.shape, x.dtype)
    kernels.layer_forward(
        backend.driver,
        backend.in_c_order(x).operand,
        operand(_ordered(backend, gain)),
        operand(_ordered(backend, bias)),
        eps,
        mean.operand,
        inverse.operand,
        y.operand,
    )
    return y, (mean, inverse)


@define("layernorm_backward")
def _layernorm_backward(
    backend: "DeviceBackend",
    wanted: Sequence[bool],
    g: Stored,
    y: Stored,
    items: tuple[Stored, Stored],
    x: Stored,
    gain: Stored | None,
    bias: Stored | None,
    eps: float,
) -> list[Any]:
    mean, inverse = items
    dx = backend.empty(x.shape, x.dtype)
    dgain, dbias = (backend.empty(x.shape[-1:], x.dtype) for _ in range(2))
    kernels.layer_backward(
        backend.driver,
        backend.in_c_order(g).operand,
        backend.in_c_order(x).operand,
        operand(_ordered(backend, gain)),
        mean.operand,
        inverse.operand,
        dx.operand,
        dgain.operand,
        dbias.operand,
        scratch=backend.scratch,
    )
    return [dx, None if gain is None else dgain, None if bias is None else dbias, None]
