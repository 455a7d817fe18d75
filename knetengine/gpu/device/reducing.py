"""NumPy's functions that make one number of many, and running sums."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from knetengine.gpu.device.stored import Stored, view
from knetengine.gpu.device.table import FUNCTIONS, UNSET, define, only
from knetengine.gpu.device.ufuncs import apply, reduced, scanned

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend


def _masked(backend: "DeviceBackend", a: Any, where: Any, instead: Any) -> Stored:
    """The array with a number instead of the entries that a mask leaves out."""
    x = backend.as_stored(a)
    if where is UNSET or where is True:
        return x
    number = x.dtype.type(instead)
    return apply(backend, "where", (backend.as_stored(where), x, number))


def _counted(backend: "DeviceBackend", a: Stored, axis: Any, where: Any, keepdims: bool) -> Any:
    """How many entries are reduced to one: a number, or an array if a mask says."""
    if where is UNSET or where is True:
        axes = range(a.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        return math.prod(a.shape[d] for d in axes)
    mask = view(backend.as_stored(where), np.broadcast_to, a.shape)
    return reduced(backend, "countnz", mask, axis, keepdims=keepdims)


def _with_initial(
    backend: "DeviceBackend", name: str, found: Stored, initial: Any, out: Any
) -> Stored:
    if initial is UNSET or initial is None:
        return found
    return apply(backend, name, (found, found.dtype.type(initial)), found if out is None else out)


def _reduction(name: str, combine: str, identity: int) -> Callable[..., Stored]:
    def reduce(
        backend: "DeviceBackend",
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = UNSET,
        where: Any = UNSET,
    ) -> Stored:
        kept = keepdims not in (False, UNSET)
        x = _masked(backend, a, where, identity)
        found = reduced(backend, name, x, axis, dtype, out, kept)
        return _with_initial(backend, combine, found, initial, out)

    return reduce


def _extreme(name: str, combine: str) -> Callable[..., Stored]:
    def reduce(
        backend: "DeviceBackend",
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = UNSET,
        where: Any = UNSET,
    ) -> Stored:
        kept = keepdims not in (False, UNSET)
        only(backend, name, where in (UNSET, True) or initial is not UNSET, "where=, no initial=")
        x = _masked(backend, a, where, 0 if initial is UNSET else initial)
        found = reduced(backend, name, x, axis, None, out, kept)
        return _with_initial(backend, combine, found, initial, out)

    return reduce


def _place(name: str) -> Callable[..., Stored]:
    def reduce(
        backend: "DeviceBackend",
        a: Any,
        axis: Any = None,
        out: Any = None,
        *,
        keepdims: Any = False,
    ) -> Stored:
        return reduced(backend, name, a, axis, None, out, keepdims not in (False, UNSET))

    return reduce


def _truth(name: str, identity: bool) -> Callable[..., Stored]:
    def reduce(
        backend: "DeviceBackend",
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        *,
        where: Any = UNSET,
    ) -> Stored:
        x = _masked(backend, a, where, identity)
        return reduced(backend, name, x, axis, None, out, keepdims not in (False, UNSET))

    return reduce


FUNCTIONS.update(
    {
        np.sum: _reduction("sum", "add", 0),
        np.prod: _reduction("prod", "multiply", 1),
        np.max: _extreme("max", "maximum"),
        np.min: _extreme("min", "minimum"),
        np.argmax: _place("argmax"),
        np.argmin: _place("argmin"),
        np.any: _truth("any", False),
        np.all: _truth("all", True),
    }
)


@define(np.mean)
def _mean(
    backend: "DeviceBackend",
    a: Stored,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    *,
    where: Any = UNSET,
) -> Stored:
    kept = keepdims not in (False, UNSET)
    if where is UNSET or where is True:
        return reduced(backend, "mean", a, axis, dtype, out, kept)
    kind = np.dtype(dtype or (a.dtype if a.dtype.kind == "f" else np.float64))
    total = reduced(backend, "sum", _masked(backend, a, where, 0), axis, kind, None, kept)
    count = _counted(backend, a, axis, where, kept)
    return apply(backend, "divide", (total, backend.as_stored(count, kind)), out)


@define(np.var)
def _var(
    backend: "DeviceBackend",
    a: Stored,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: Any = False,
    *,
    where: Any = UNSET,
    mean: Any = UNSET,
    correction: Any = UNSET,
) -> Stored:
    kept, lost = keepdims not in (False, UNSET), ddof if correction is UNSET else correction
    average = _mean(backend, a, axis, dtype, None, True, where=where) if mean is UNSET else mean
    centred = _masked(backend, apply(backend, "subtract", (a, average)), where, 0)
    total = reduced(backend, "sumabs2", centred, axis, None, None, kept)
    count = _counted(backend, a, axis, where, kept)
    if isinstance(count, Stored):
        count = backend.as_stored(count, total.dtype)
        return apply(
            backend, "divide", (total, apply(backend, "subtract", (count, float(lost)))), out
        )
    return apply(backend, "divide", (total, float(max(count - lost, 0))), out)


@define(np.std)
def _std(
    backend: "DeviceBackend",
    a: Stored,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    *args: Any,
    **options: Any,
) -> Stored:
    return apply(backend, "sqrt", (_var(backend, a, axis, dtype, None, *args, **options),), out)


@define(np.ptp)
def _ptp(
    backend: "DeviceBackend", a: Stored, axis: Any = None, out: Any = None, keepdims: Any = False
) -> Stored:
    kept = keepdims not in (False, UNSET)
    high, low = (reduced(backend, name, a, axis, keepdims=kept) for name in ("max", "min"))
    return apply(backend, "subtract", (high, low), out)


@define(np.count_nonzero)
def _count_nonzero(
    backend: "DeviceBackend", a: Stored, axis: Any = None, *, keepdims: bool = False
) -> Any:
    counted = reduced(backend, "countnz", a, axis, keepdims=keepdims)
    return counted if axis is not None or keepdims else int(backend.download(counted))


@define(np.linalg.norm)
def _norm(
    backend: "DeviceBackend", x: Stored, ord: Any = None, axis: Any = None, keepdims: bool = False
) -> Stored:
    vector = x.ndim == 1 or isinstance(axis, int)
    only(backend, "linalg.norm", ord in (None, "fro") or (ord == 2 and vector), f"ord={ord!r}")
    return reduced(backend, "norm", x, axis, keepdims=keepdims)


def _running(name: str) -> Callable[..., Stored]:
    def scan(
        backend: "DeviceBackend", a: Stored, axis: Any = None, dtype: Any = None, out: Any = None
    ) -> Stored:
        x = backend.flat(a) if axis is None else a
        return scanned(backend, name, x, 0 if axis is None else axis, dtype, out)

    return scan


FUNCTIONS[np.cumsum], FUNCTIONS[np.cumprod] = _running("cumsum"), _running("cumprod")
