"""Universal functions on a device: calls, reductions, running totals, outer products, matmul."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from knetengine.gpu.device import items
from knetengine.gpu.device.products import matmul
from knetengine.gpu.device.stored import Stored, view
from knetengine.gpu.device.table import UNSET
from knetengine.gpu.kernels import elementwise, reductions, scans
from knetengine.gpu.kernels.operand import may_overlap
from knetengine.gpu.kernels.promotion import NoKernelError

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend

REDUCTIONS = {
    np.add: "sum",
    np.multiply: "prod",
    np.maximum: "max",
    np.minimum: "min",
    np.logical_or: "any",
    np.logical_and: "all",
}
SCANS = {np.add: "cumsum", np.multiply: "cumprod", np.maximum: "cummax", np.minimum: "cummin"}


def call(
    backend: "DeviceBackend",
    ufunc: Any,
    method: str,
    inputs: tuple[Any, ...],
    options: Mapping[str, Any],
    out: tuple[Any, ...] | None,
) -> Any:
    """What NumPy hands over in `__array_ufunc__`, with what is stored in place of arrays."""
    target = out[0] if out else None
    if ufunc is np.divmod and method == "__call__" and not options and not out:
        return tuple(apply(backend, name, inputs) for name in ("floor_divide", "remainder"))
    if ufunc.nout > 1 or (out and len(out) > 1):
        _refuse(backend, ufunc, method)
    if method == "__call__":
        _check_options(backend, ufunc, method, options, ("dtype", "casting"))
        if ufunc is np.matmul:
            return matmul(backend, *inputs, out=target)
        return apply(backend, ufunc.__name__, inputs, target, options.get("dtype"))
    if method == "reduce":
        _check_options(backend, ufunc, method, options, ("axis", "dtype", "keepdims"))
        return _reduce(backend, ufunc, *inputs, out=target, **options)
    if method == "accumulate":
        _check_options(backend, ufunc, method, options, ("axis", "dtype"))
        return _accumulate(backend, ufunc, *inputs, out=target, **options)
    if method == "outer":
        a, b = (backend.as_stored(x) for x in inputs)
        tall = view(a, np.reshape, (*a.shape, *(1,) * b.ndim), copy=False)
        return apply(backend, ufunc.__name__, (tall, b), target, options.get("dtype"))
    if method == "at" and ufunc is np.add:
        items.add_at(backend, *inputs)
        return None
    _refuse(backend, ufunc, method)


def apply(
    backend: "DeviceBackend",
    name: str,
    inputs: Sequence[Any],
    out: Stored | None = None,
    dtype: Any = None,
) -> Stored:
    """A function of the table of expressions, entry by entry, with NumPy's dtypes and shapes.

    dtype: that of the result, which is then computed in.
    """
    arguments: list[Any] = [
        backend.as_stored(x) if isinstance(x, list | tuple) else x for x in inputs
    ]
    arguments = [x[()] if isinstance(x, np.ndarray) else x for x in arguments]  # without axes
    kinds = [x.dtype if isinstance(x, Stored) else x for x in arguments]
    try:
        result = elementwise.result_dtype(name, *kinds)
    except KeyError:
        raise NoKernelError(f"np.{name} is not on {backend.name}") from None
    loop = None
    if dtype is not None:
        result = np.dtype(dtype)
        loop = (result,) * (len(arguments) + 1)
    shapes = [x.shape for x in arguments if isinstance(x, Stored)]
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        raise ValueError(
            f"{name}: operands could not be broadcast together with shapes "
            f"{' '.join(map(str, shapes))}"
        ) from None
    if out is None:
        out = backend.empty(shape, result)
    else:
        _check_target(name, out, shape, result)
        arguments = [backend.apart(_in(x, out), out.operand) if isinstance(x, Stored) else x
                     for x in arguments]  # fmt: skip
    operands = [x.operand if isinstance(x, Stored) else x for x in arguments]
    elementwise.apply(backend.driver, name, operands, out.operand, loop=loop)
    return out


def _in(x: Stored, out: Stored) -> Stored:
    """The argument as it will be walked: in the shape of the result."""
    return x if x.shape == out.shape else view(x, np.broadcast_to, out.shape)


def _check_target(name: str, out: Stored, shape: tuple[int, ...], result: np.dtype[Any]) -> None:
    if out.shape != np.broadcast_shapes(shape, out.shape):
        raise ValueError(
            f"non-broadcastable output operand with shape {out.shape} doesn't match the broadcast "
            f"shape {shape}"
        )
    if not np.can_cast(result, out.dtype, "same_kind"):
        raise TypeError(
            f"Cannot cast ufunc '{name}' output from {result!r} to {out.dtype!r} with casting rule "
            "'same_kind'"
        )


def reduced(
    backend: "DeviceBackend",
    name: str,
    x: Stored,
    axis: Any = None,
    dtype: Any = None,
    out: Stored | None = None,
    keepdims: bool = False,
) -> Stored:
    """A reduction of `kernels.reductions`, with NumPy's options."""
    if dtype is not None and x.dtype != np.dtype(dtype):
        x = backend.copied(x, dtype)
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    for one in axes:
        if not -x.ndim <= one < x.ndim:
            raise np.exceptions.AxisError(one, x.ndim)
    axes = tuple(one % x.ndim for one in axes)
    shape = tuple(n for d, n in enumerate(x.shape) if d not in axes)
    kind = reductions.result_dtype(name, x.dtype) if dtype is None else np.dtype(dtype)
    kept = tuple(1 if d in axes else n for d, n in enumerate(x.shape))
    target = backend.empty(shape, kind) if out is None else out
    goal = view(target, np.reshape, shape, copy=False) if keepdims and out is not None else target
    if out is not None and may_overlap(x.operand, goal.operand):
        x = backend.copied(x)
    reductions.reduce(backend.driver, name, x.operand, axes, goal.operand, scratch=backend.scratch)
    if out is not None:
        return out
    return view(target, np.reshape, kept, copy=False) if keepdims else target


def _reduce(
    backend: "DeviceBackend",
    ufunc: Any,
    x: Stored,
    axis: Any = 0,
    dtype: Any = None,
    out: Stored | None = None,
    keepdims: bool = False,
) -> Stored:
    if ufunc not in REDUCTIONS:
        _refuse(backend, ufunc, "reduce")
    return reduced(backend, REDUCTIONS[ufunc], x, axis, dtype, out, keepdims)


def _accumulate(
    backend: "DeviceBackend",
    ufunc: Any,
    x: Stored,
    axis: int = 0,
    dtype: Any = None,
    out: Stored | None = None,
) -> Stored:
    if ufunc not in SCANS:
        _refuse(backend, ufunc, "accumulate")
    return scanned(backend, SCANS[ufunc], x, axis, dtype, out)


def scanned(
    backend: "DeviceBackend",
    name: str,
    x: Stored,
    axis: int,
    dtype: Any = None,
    out: Stored | None = None,
) -> Stored:
    """Running sums and the like, of `kernels.scans`, with NumPy's options."""
    if dtype is not None and x.dtype != np.dtype(dtype):
        x = backend.copied(x, dtype)
    target = backend.empty(x.shape, scans.result_dtype(name, x.dtype)) if out is None else out
    scans.scan(backend.driver, name, x.operand, axis, target.operand, scratch=backend.scratch)
    return target


def _check_options(
    backend: "DeviceBackend",
    ufunc: Any,
    method: str,
    options: Mapping[str, Any],
    known: tuple[str, ...],
) -> None:
    usual = {"where": True, "initial": UNSET, "order": "K", "subok": True}
    for name, value in options.items():
        if name not in known and value is not usual.get(name, ...):
            _refuse(backend, ufunc, method, f"with {name}=")


def _refuse(backend: "DeviceBackend", ufunc: Any, method: str, what: str = "") -> NoReturn:
    name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    raise NoKernelError(f"np.{name} {what} is not on {backend.name}", what)
