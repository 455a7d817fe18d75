"""NumPy's functions that choose among entries."""

from typing import TYPE_CHECKING, Any

import numpy as np

from knetengine.gpu.device import items
from knetengine.gpu.device.stored import Stored
from knetengine.gpu.device.table import UNSET, define, only
from knetengine.gpu.device.ufuncs import apply, reduced

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend


@define(np.where)
def where(backend: "DeviceBackend", condition: Any, *choices: Any) -> Any:
    """``np.where``: of one argument the places of what is not 0."""
    mask = backend.as_stored(condition)
    if not choices:
        return tuple(items.nonzero(backend, mask))
    if mask.dtype != np.bool_:
        mask = apply(backend, "not_equal", (mask, 0))
    return apply(backend, "where", (mask, *choices))


@define(np.clip)
def _clip(
    backend: "DeviceBackend", a: Stored, a_min: Any = UNSET, a_max: Any = UNSET, out: Any = None,
    *, min: Any = UNSET, max: Any = UNSET,
) -> Stored:  # fmt: skip
    low, high = (new if old is UNSET else old for old, new in ((a_min, min), (a_max, max)))
    found = a
    if low is not None and low is not UNSET:
        found = apply(backend, "maximum", (found, low))
    if high is not None and high is not UNSET:
        found = apply(backend, "minimum", (found, high))
    if out is not None:
        backend.write(out, ..., found)
        return out
    return backend.copied(a) if found is a else found


@define(np.take)
def _take(
    backend: "DeviceBackend", a: Stored, indices: Any, axis: Any = None, out: Any = None,
    mode: str = "raise",
) -> Stored:  # fmt: skip
    only(backend, "take", mode == "raise", f"mode={mode!r}")
    x = backend.flat(a) if axis is None else a
    where = (slice(None),) * ((axis or 0) % max(1, x.ndim))
    return backend.item(x, (*where, backend.as_stored(indices, np.int64)))


@define(np.take_along_axis)
def _take_along_axis(backend: "DeviceBackend", arr: Stored, indices: Any, axis: Any = -1) -> Stored:
    return backend.item(*_along(backend, arr, indices, axis))


@define(np.put_along_axis)
def _put_along_axis(
    backend: "DeviceBackend", arr: Stored, indices: Any, values: Any, axis: Any
) -> None:
    backend.write(*_along(backend, arr, indices, axis), values)


def _along(backend: "DeviceBackend", x: Stored, indices: Any, axis: Any) -> tuple[Stored, Any]:
    """The array, and an index that has the other axes counted beside what was given."""
    x, axis = (backend.flat(x), 0) if axis is None else (x, axis % x.ndim)
    places = backend.as_stored(indices, np.int64)
    shape = tuple(n if d == axis else 1 for d, n in enumerate(x.shape))
    counted = [
        np.arange(n).reshape([-1 if e == d else 1 for e in range(len(shape))])
        for d, n in enumerate(x.shape)
    ]
    return x, tuple(places if d == axis else counted[d] for d in range(x.ndim))


@define(np.nonzero)
def _nonzero(backend: "DeviceBackend", a: Stored) -> tuple[Stored, ...]:
    return tuple(items.nonzero(backend, a))


@define(np.flatnonzero)
def _flatnonzero(backend: "DeviceBackend", a: Stored) -> Stored:
    return items.nonzero(backend, backend.flat(a))[0]


@define(np.array_equal)
def _array_equal(backend: "DeviceBackend", a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    a, b = backend.as_stored(a1), backend.as_stored(a2)
    if a.shape != b.shape:
        return False
    same = apply(backend, "equal", (a, b))
    return bool(backend.download(reduced(backend, "all", same)))


@define(np.nan_to_num)
def _nan_to_num(
    backend: "DeviceBackend", x: Stored, copy: bool = True, nan: float = 0.0, **options: Any
) -> Stored:
    only(backend, "nan_to_num", not options and copy, "options")
    return where(backend, apply(backend, "isnan", (x,)), nan, x)


@define(np.round)
def _round(backend: "DeviceBackend", a: Stored, decimals: int = 0, out: Any = None) -> Stored:
    only(backend, "round", decimals == 0, "decimals=")
    return apply(backend, "rint", (a,), out)
