"""Dropout, whose way back is the same with the same key."""

from typing import TYPE_CHECKING

from knetengine.gpu.device.layers.table import define
from knetengine.gpu.device.stored import Stored
from knetengine.gpu.kernels.layers import dropout as kernels

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend


@define("dropout")
def dropout(backend: "DeviceBackend", x: Stored, key: int, threshold: int, scale: float) -> Stored:
    """Entry i times `scale` where number i of the generator is at least `threshold`, else 0."""
    source = backend.in_c_order(x)
    y = backend.empty(x.shape, x.dtype)
    kernels.dropout(backend.driver, source.operand, key, threshold, scale, y.operand)
    return y
