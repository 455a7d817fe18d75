"""What stands for the module ``cupy`` where there is no GPU: NumPy, on a device's own memory.

It has the functions that CuPy has, by CuPy's arguments and defaults; like CuPy it takes no array of
NumPy's, gives arrays where NumPy gives numbers, and puts what it makes into the memory that the
current allocator gives. What is asked of it is what would be asked of CuPy; that CuPy's functions
give what NumPy's do, it does not show.

Its arrays are looked into only while the device's memory is open.
"""

import inspect
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.knetengine.gpu.drivers import signatures
from tests.knetengine.gpu.drivers.library_signatures import signature, table

__version__ = "14 (a stand-in)"

calls: list[tuple[str, list[int]]] = []
"""Every call so far: its name, and where the arrays among its arguments lie."""

_REDUCED = ("add", "multiply")
_WRITTEN = ("add", "subtract", "maximum", "minimum", "bitwise_and", "bitwise_or", "bitwise_xor")
_PLAIN = (bool, int, float, str)
_OF_PYTHON = ("ndim", "size", "shape", "iscomplexobj", "isrealobj", "can_cast", "result_type")


# Memory


class UnownedMemory:
    """As CuPy's: memory of somebody else, who is kept."""

    def __init__(self, *arguments: Any) -> None:
        signatures.check("UnownedMemory", arguments)
        self.ptr, self.size, self.owner, self.device_id = arguments


class MemoryPointer:
    """As CuPy's: a place in memory."""

    def __init__(self, *arguments: Any) -> None:
        signatures.check("MemoryPointer", arguments)
        self.mem, offset = arguments
        self.ptr = self.mem.ptr + offset


_allocators: list[Callable[[int], MemoryPointer]] = []


@contextmanager
def using_allocator(allocator: Callable[[int], MemoryPointer]) -> Generator[None]:
    signatures.check("using_allocator", (allocator,))
    _allocators.append(allocator)
    try:
        yield
    finally:
        _allocators.pop()


cuda = SimpleNamespace(
    UnownedMemory=UnownedMemory, MemoryPointer=MemoryPointer, using_allocator=using_allocator
)


class ndarray:  # noqa: N801  # its name
    """As CuPy's, as far as arrays are handed over and taken back."""

    def __init__(
        self, shape: Any, dtype: Any, memptr: MemoryPointer, strides: Any, base: Any = None
    ) -> None:
        signatures.check("ndarray", (shape, dtype, memptr, strides))
        self.shape, self.dtype, self.data, self.strides = shape, np.dtype(dtype), memptr, strides
        self.base = base

    @property
    def __array_interface__(self) -> Any:
        raise AssertionError("CuPy's arrays are never NumPy's unasked")

    def __getitem__(self, index: Any) -> Any:
        return _call("__getitem__", lambda a, i: np.asarray(a[i]), (self, index), {})

    def __setitem__(self, index: Any, value: Any) -> None:
        _call("__setitem__", lambda a, i, v: a.__setitem__(i, v), (self, index, value), {})

    def astype(self, dtype: Any, order: str = "K") -> "ndarray":
        return _call("astype", lambda a: a.astype(dtype, order), (self,), {})


class _Place:
    def __init__(self, array: ndarray) -> None:
        self.__array_interface__ = {
            "version": 3, "data": (array.data.ptr, False), "shape": array.shape,
            "strides": array.strides, "typestr": array.dtype.str,
        }  # fmt: skip


# Calls


def _call(name: str, function: Any, args: Sequence[Any], options: Any) -> Any:
    """A function of NumPy's on the memory of the arguments."""
    seen: list[tuple[ndarray, np.ndarray]] = []

    def look(value: Any) -> Any:
        if isinstance(value, ndarray):
            view = np.asarray(_Place(value))
            seen.append((value, view))
            return view
        if isinstance(value, np.ndarray):
            raise TypeError(f"Unsupported type {type(value)}")
        if isinstance(value, list | tuple):
            return type(value)(map(look, value))
        return value

    views, named = list(map(look, args)), {n: look(v) for n, v in options.items()}
    calls.append((name, [array.data.ptr for array, _ in seen]))
    try:
        found = function(*views, **named)
    except Exception as error:  # without frames whose views nobody may print once the fence is up
        raise error.with_traceback(None) from None
    return found if name in _OF_PYTHON else _back(name, found, seen)


def _back(name: str, found: Any, seen: list[tuple[ndarray, np.ndarray]]) -> Any:
    if isinstance(found, list | tuple):
        parts = [_back(name, part, seen) for part in found]
        if name.startswith("unique_"):
            return type(found)._make(parts)  # type: ignore[union-attr]
        return parts if isinstance(found, list) else tuple(parts)
    if isinstance(found, bool | int | float | complex | np.generic):
        found = np.asarray(found)
    if not isinstance(found, np.ndarray):
        return found
    for array, view in seen:
        if found is view:
            return array
        if found.size and np.shares_memory(found, view):
            there = found.__array_interface__["data"][0]
            place = MemoryPointer(array.data.mem, there - array.data.mem.ptr)
            return ndarray(found.shape, found.dtype, place, found.strides, array)
    kept = np.array(found, order="K")
    new = ndarray(kept.shape, kept.dtype, _allocators[-1](kept.nbytes), kept.strides)
    np.asarray(_Place(new))[...] = kept
    return new


class _Function:
    """A function, which takes CuPy's arguments."""

    def __init__(self, name: str, function: Any) -> None:
        self.name, self.function = name, function
        self.__signature__ = signature(name)

    def __call__(self, *args: Any, **options: Any) -> Any:
        given = self.__signature__.bind(*args, **options)
        options = {**self._defaults(given.arguments), **options}
        placed = [name for name, p in self._numpys.items() if p.kind is p.POSITIONAL_ONLY]
        args = (*args, *(options.pop(name) for name in placed[len(args) :] if name in options))
        return _call(self.name, self.function, args, options)

    @property
    def _numpys(self) -> Any:
        try:
            return inspect.signature(self.function).parameters
        except (TypeError, ValueError):
            return {}

    def _defaults(self, given: Any) -> dict[str, Any]:
        """What CuPy takes where nothing is said, and NumPy would not."""
        mine = self._numpys
        return {
            name: p.default
            for name, p in self.__signature__.parameters.items()
            if name not in given and name in mine and isinstance(p.default, _PLAIN)
            and isinstance(mine[name].default, _PLAIN) and mine[name].default != p.default
        }  # fmt: skip


class _Universal:
    """A universal function, with the methods that CuPy has written."""

    def __init__(self, name: str) -> None:
        self.name, self.function = name, getattr(np, name)

    def __call__(self, *args: Any, **options: Any) -> Any:
        return _call(self.name, self.function, args, options)

    def reduce(self, *args: Any, **options: Any) -> Any:
        return self._method("reduce", _REDUCED, args, options)

    def accumulate(self, *args: Any, **options: Any) -> Any:
        return self._method("accumulate", _REDUCED, args, options)

    def at(self, *args: Any, **options: Any) -> Any:
        return self._method("at", _WRITTEN, args, options)

    def outer(self, *args: Any, **options: Any) -> Any:
        return self._method("outer", (self.name,), args, options)

    def _method(self, name: str, written: Sequence[str], args: Any, options: Any) -> Any:
        if self.name not in written:
            raise NotImplementedError(f"`cupy_{self.name}.{name}` is not supported yet")
        return _call(f"{self.name}.{name}", getattr(self.function, name), args, options)


class _Folder:
    """A module within: functions by their names."""

    def __init__(self, name: str, numpys: Any) -> None:
        self._name, self._numpys = name, numpys

    def __getattr__(self, name: str) -> Any:
        whole = f"{self._name}.{name}" if self._name else name
        if whole in table():
            function = getattr(self._numpys, name)
            universal = isinstance(function, np.ufunc) and getattr(np, name, None) is function
            return _Universal(name) if universal else _Function(whole, function)
        if any(known.startswith(f"{whole}.") for known in table()):
            return _Folder(whole, getattr(self._numpys, name))
        raise AttributeError(f"module 'cupy' has no attribute {whole!r}")


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return getattr(_Folder("", np), name)
