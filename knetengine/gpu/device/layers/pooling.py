"""Pooling of images (N, C, spatial...): maxima, sums of windows, and copies over windows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from knetengine.gpu.device.layers.table import define
from knetengine.gpu.device.stored import Stored
from knetengine.gpu.kernels.layers import windows as kernels
from knetengine.gpu.kernels.operand import Shape

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend


def maxima(
    backend: "DeviceBackend", x: Stored, window: Shape, padding: Shape, stride: Shape
) -> tuple[Stored, Stored]:
    """The largest entry of each window, (N, C, positions...), and its place there."""
    once = (1,) * len(window)
    out = (*x.shape[:2], *kernels.positions(x.shape[2:], window, padding, stride, once))
    y = backend.empty(out, x.dtype)
    chosen = backend.empty(out, kernels.place_dtype(window))
    source = backend.in_c_order(x)
    kernels.max_forward(
        backend.driver, source.operand, window, padding, stride, y.operand, chosen.operand
    )
    return y, chosen


def to_maxima(
    backend: "DeviceBackend",
    g: Stored,
    chosen: Stored,
    shape: Shape,
    window: Shape,
    padding: Shape,
    stride: Shape,
) -> Stored:
    """The gradient of an image of that shape: each of g goes to the entry that was the largest."""
    dx = backend.empty(shape, g.dtype)
    source = backend.in_c_order(g)
    kernels.max_backward(
        backend.driver, source.operand, chosen.operand, window, padding, stride, dx.operand
    )
    return dx


def _sums(
    backend: "DeviceBackend",
    x: Stored,
    factors: Stored,
    window: Shape,
    padding: Shape,
    stride: Shape,
) -> Stored:
    """The sum of each window times its factor (positions...)."""
    y = backend.empty((*x.shape[:2], *factors.shape), x.dtype)
    source, weights = backend.in_c_order(x), backend.in_c_order(factors)
    kernels.sum_forward(
        backend.driver, source.operand, weights.operand, window, padding, stride, y.operand
    )
    return y


def _copies(
    backend: "DeviceBackend",
    x: Stored,
    factors: Stored,
    shape: Shape,
    window: Shape,
    padding: Shape,
    stride: Shape,
) -> Stored:
    """Each number, times its factor, added to all entries of its window in an array of a shape."""
    y = backend.empty(shape, x.dtype)
    source, weights = backend.in_c_order(x), backend.in_c_order(factors)
    kernels.sum_backward(
        backend.driver, source.operand, weights.operand, window, padding, stride, y.operand
    )
    return y


@define("pool_max")
def _pool_max(backend: "DeviceBackend", wanted: bool, x: Stored, *geometry: Shape) -> Any:
    return maxima(backend, x, *geometry)


@define("pool_max_backward")
def _pool_max_backward(
    backend: "DeviceBackend",
    wanted: Sequence[bool],
    g: Stored,
    y: Stored,
    chosen: Stored,
    x: Stored,
    *geometry: Shape,
) -> list[Any]:
    return [to_maxima(backend, g, chosen, x.shape, *geometry), None, None, None]


@define("pool_sums")
def _pool_sums(backend: "DeviceBackend", wanted: bool, x: Stored, *options: Any) -> Any:
    return _sums(backend, x, *options), None


@define("pool_sums_backward")
def _pool_sums_backward(
    backend: "DeviceBackend",
    wanted: Sequence[bool],
    g: Stored,
    y: Stored,
    items: None,
    x: Stored,
    factors: Stored,
    *geometry: Shape,
) -> list[Any]:
    return [_copies(backend, g, factors, x.shape, *geometry), None, None, None, None]


@define("pool_copies")
def _pool_copies(
    backend: "DeviceBackend",
    wanted: bool,
    x: Stored,
    factors: Stored,
    window: Shape,
    padding: Shape,
    stride: Shape,
) -> Any:
    sizes = zip(x.shape[2:], window, padding, stride, strict=True)
    spread = tuple((X - 1) * s - 2 * p + W for X, W, p, s in sizes)
    return _copies(backend, x, factors, (*x.shape[:2], *spread), window, padding, stride), None


@define("pool_copies_backward")
def _pool_copies_backward(
    backend: "DeviceBackend",
    wanted: Sequence[bool],
    g: Stored,
    y: Stored,
    items: None,
    x: Stored,
    *options: Any,
) -> list[Any]:
    return [_sums(backend, g, *options), None, None, None, None]
