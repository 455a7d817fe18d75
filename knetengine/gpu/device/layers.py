"""Layers that have kernels of their own on a device; the others run as their twins."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from knetengine.gpu.device.stored import Stored
from knetengine.gpu.kernels.layers import dropout as dropouts

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend


def _dropout(backend: "DeviceBackend", x: Stored, key: int, threshold: int, scale: float) -> Stored:
    source = backend.in_c_order(x)
    y = backend.empty(x.shape, x.dtype)
    dropouts.dropout(backend.driver, source.operand, key, threshold, scale, y.operand)
    return y


LAYERS: dict[str, Callable[..., Any]] = {"dropout": _dropout}
