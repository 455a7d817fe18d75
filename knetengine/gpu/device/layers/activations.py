"""Activations, each a launch instead of up to eight, and their slopes."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from knetengine.gpu.device.layers.table import define
from knetengine.gpu.device.stored import Stored, view
from knetengine.gpu.kernels.layers import activations as kernels

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend


def as_row(backend: "DeviceBackend", x: Stored) -> Stored:
    """All entries in C order, (1, n): to the kernels one instance, each entry a channel."""
    return view(backend.in_c_order(x), np.reshape, (1, -1) if x.size else (1, 0))


def _forward(activation: str) -> Callable[..., Stored]:
    def layer(backend: "DeviceBackend", x: Stored) -> Stored:
        y = backend.empty(x.shape, x.dtype)
        source, target = as_row(backend, x), as_row(backend, y)
        kernels.forward(backend.driver, activation, source.operand, None, target.operand)
        return y

    return layer


def _backward(activation: str) -> Callable[..., Stored]:
    def layer(backend: "DeviceBackend", g: Stored, saved: Stored) -> Stored:
        """The gradient of the argument; saved: the result, of the two gelus the argument."""
        dx = backend.empty(g.shape, g.dtype)
        rows = [as_row(backend, array).operand for array in (g, saved, dx)]
        kernels.backward(backend.driver, activation, rows[0], rows[1], None, rows[2])
        return dx

    return layer


for _name in ("relu", "sigm", "elu", "selu", "gelu", "gelu_tanh"):
    define(_name)(_forward(_name))
    define(f"{_name}_backward")(_backward(_name))
