"""NumPy's functions that look at an array otherwise; on a device too they copy nothing."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from knetengine.gpu.device.stored import Stored, ghost, view

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend

_ONE_ARRAY = (
    np.transpose, np.permute_dims, np.swapaxes, np.moveaxis, np.rollaxis, np.matrix_transpose,
    np.squeeze, np.expand_dims, np.flip, np.flipud, np.fliplr, np.rot90, np.diagonal,
    np.broadcast_to, np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit, np.unstack,
    np.linalg.diagonal, np.linalg.matrix_transpose, sliding_window_view,
)  # fmt: skip


def _view(function: Any) -> Callable[..., Any]:
    def seen(backend: "DeviceBackend", x: Stored, *args: Any, **options: Any) -> Any:
        return view(x, function, *args, **options)

    return seen


def _reshape(
    backend: "DeviceBackend",
    x: Stored,
    shape: Any,
    order: str = "C",
    *,
    copy: bool | None = None,
) -> Stored:
    if copy:
        return view(backend.copied(x), np.reshape, shape)
    if order == "F" or (order == "A" and ghost(x).flags.fnc):
        turned = backend.in_c_order(view(x, np.transpose))  # Fortran's order of x
        lengths = shape if isinstance(shape, tuple | list) else (shape,)
        return view(view(turned, np.reshape, tuple(reversed(lengths))), np.transpose)
    try:
        return view(x, np.reshape, shape, copy=False)
    except ValueError:
        if copy is False:
            raise
    return view(backend.copied(x), np.reshape, shape)


def _ravel(backend: "DeviceBackend", x: Stored, order: str = "C") -> Stored:
    if order == "K":  # as the axes lie in memory
        axes = sorted(range(x.ndim), key=lambda d: -abs(x.strides[d]))
        x, order = view(x, np.transpose, axes), "C"
    return _reshape(backend, x, -1, order)


def _at_least(axes: int) -> Callable[..., Any]:
    function = (np.atleast_1d, np.atleast_2d, np.atleast_3d)[axes - 1]

    def seen(backend: "DeviceBackend", *arrays: Stored) -> Any:
        found = [view(x, function) for x in arrays]
        return found[0] if len(found) == 1 else tuple(found)

    return seen


def _broadcast_arrays(backend: "DeviceBackend", *arrays: Any, subok: bool = False) -> Any:
    stored = [backend.as_stored(x) for x in arrays]
    shape = np.broadcast_shapes(*(x.shape for x in stored))
    return tuple(view(x, np.broadcast_to, shape) for x in stored)


def _real(backend: "DeviceBackend", val: Stored) -> Stored:
    return view(val, np.real) if val.dtype.kind == "c" else val


def _imag(backend: "DeviceBackend", val: Stored) -> Stored:
    return view(val, np.imag) if val.dtype.kind == "c" else backend.filled(val.shape, 0, val.dtype)


VIEWS: dict[Any, Callable[..., Any]] = {
    **{function: _view(function) for function in _ONE_ARRAY},
    np.reshape: _reshape,
    np.ravel: _ravel,
    np.atleast_1d: _at_least(1),
    np.atleast_2d: _at_least(2),
    np.atleast_3d: _at_least(3),
    np.broadcast_arrays: _broadcast_arrays,
    np.real: _real,
    np.imag: _imag,
}
