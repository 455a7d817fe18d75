"""NumPy's functions that make arrays, and those that ask what an array is."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from knetengine.gpu.device.stored import Stored, view
from knetengine.gpu.device.table import FUNCTIONS, define
from knetengine.gpu.kernels import copying

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend


def _asked_of_kinds(function: Any) -> Callable[..., Any]:
    """A function that looks at shapes and dtypes only."""

    def ask(backend: "DeviceBackend", *args: Any, **options: Any) -> Any:
        return function(*(_like(a) if isinstance(a, Stored) else a for a in args), **options)

    return ask


def _like(x: Stored) -> np.ndarray:
    """An array of the host of the same shape and dtype, which takes no memory."""
    return np.broadcast_to(np.empty((), x.dtype), x.shape)


for _function in (
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.min_scalar_type, np.iscomplexobj,
    np.isrealobj,
):  # fmt: skip
    FUNCTIONS[_function] = _asked_of_kinds(_function)


@define(np.may_share_memory, np.shares_memory)
def _overlap(backend: "DeviceBackend", a: Any, b: Any, max_work: Any = None) -> bool:
    return isinstance(a, Stored) and isinstance(b, Stored) and backend.overlap(a, b)


def _filled_like(value: Any) -> Callable[..., Stored]:
    def make(
        backend: "DeviceBackend",
        a: Stored,
        dtype: Any = None,
        order: str = "K",
        subok: bool = True,
        shape: Any = None,
        **options: Any,
    ) -> Stored:
        lengths = a.shape if shape is None else _as_shape(shape)
        kind = a.dtype if dtype is None else np.dtype(dtype)
        return (
            backend.empty(lengths, kind) if value is None else backend.filled(lengths, value, kind)
        )

    return make


def _filled(value: Any) -> Callable[..., Stored]:
    def make(
        backend: "DeviceBackend", shape: Any, dtype: Any = None, order: str = "C", **options: Any
    ) -> Stored:
        kind = np.dtype(np.float64 if dtype is None else dtype)
        lengths = _as_shape(shape)
        return (
            backend.empty(lengths, kind) if value is None else backend.filled(lengths, value, kind)
        )

    return make


for _of_array, _plain, _value in (
    (np.zeros_like, np.zeros, 0), (np.ones_like, np.ones, 1), (np.empty_like, np.empty, None),
):  # fmt: skip
    FUNCTIONS[_of_array], FUNCTIONS[_plain] = _filled_like(_value), _filled(_value)


def _as_shape(shape: Any) -> tuple[int, ...]:
    return tuple(shape) if isinstance(shape, tuple | list) else (int(shape),)


@define(np.full)
def _full(
    backend: "DeviceBackend", shape: Any, fill_value: Any, dtype: Any = None, order: str = "C"
) -> Stored:
    kind = dtype or getattr(fill_value, "dtype", np.asarray(fill_value).dtype)
    new = backend.empty(_as_shape(shape), kind)
    backend.write(new, ..., fill_value)
    return new


@define(np.full_like)
def _full_like(
    backend: "DeviceBackend",
    a: Stored,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    **options: Any,
) -> Stored:
    lengths = a.shape if shape is None else _as_shape(shape)
    new = backend.empty(lengths, a.dtype if dtype is None else dtype)
    backend.write(new, ..., fill_value)
    return new


@define(np.arange)
def _arange(backend: "DeviceBackend", *ends: Any, dtype: Any = None, **options: Any) -> Stored:
    host = np.arange(*ends, dtype=dtype)
    new = backend.empty(host.shape, host.dtype)
    start, step = (ends[0] if len(ends) > 1 else 0), (ends[2] if len(ends) > 2 else 1)
    copying.arange(backend.driver, new.operand, start, step)
    return new


@define(np.array, np.asarray, np.asanyarray, np.ascontiguousarray)
def _array(backend: "DeviceBackend", a: Any, dtype: Any = None, **options: Any) -> Stored:
    if isinstance(a, Stored):
        copies = bool(options.get("copy"))
        return backend.copied(a, dtype) if copies else backend.as_stored(a, dtype)
    return backend.as_stored(a, dtype)


@define(np.copy)
def _copy(backend: "DeviceBackend", a: Stored, order: str = "K", subok: bool = False) -> Stored:
    return backend.copied(a)


@define(np.astype)
def _astype(
    backend: "DeviceBackend", x: Stored, dtype: Any, /, *, copy: bool = True, **options: Any
) -> Stored:
    return backend.copied(x, dtype) if copy or x.dtype != np.dtype(dtype) else x


@define(np.copyto)
def _copyto(
    backend: "DeviceBackend", dst: Stored, src: Any, casting: str = "same_kind", where: Any = True
) -> None:
    if where is True:
        backend.write(dst, ..., src)
    else:
        chosen = where(backend, where, src, dst)
        backend.write(dst, ..., chosen)


def _triangle_of(lower: bool) -> Callable[..., Stored]:
    def make(backend: "DeviceBackend", m: Stored, k: int = 0) -> Stored:
        if m.ndim == 1:
            m = view(m, np.broadcast_to, (m.size, m.size))
        new = backend.empty(m.shape, m.dtype)
        copying.triangle(backend.driver, m.operand, new.operand, lower=lower, diagonal=k)
        return new

    return make


FUNCTIONS[np.tril], FUNCTIONS[np.triu] = _triangle_of(True), _triangle_of(False)
