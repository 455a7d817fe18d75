"""NumPy's functions that have no kernel of ours: the library's, CuPy's, on the very same memory.

An array crosses by its address, in both directions, and keeps what it lies in. What the library
makes lies in the device's own pool, and its work is done in order with our kernels', on one stream.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NoReturn
from weakref import WeakValueDictionary

import numpy as np

from knetengine.gpu.device import calling
from knetengine.gpu.device.stored import Stored, held
from knetengine.gpu.drivers.interface import Address
from knetengine.gpu.kernels.operand import Operand
from knetengine.gpu.kernels.promotion import NoKernelError
from knetengine.gpu.memory import Block, Borrowed, Region

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend


class Crossing:
    """One call of the library, and the regions that the arrays of both sides lie in."""

    def __init__(self, backend: "DeviceBackend") -> None:
        self._backend = backend
        self._library = backend.driver.library
        self._given: dict[int, Region] = {}  # by their addresses
        self._read_only: set[int] = set()
        self._made: WeakValueDictionary[int, Block] = WeakValueDictionary()

    def run(self, name: str, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Call a function of the library with what is stored; what it gives is stored again.

        name: NumPy's, for errors.
        """
        with ExitStack() as stack:
            stack.enter_context(self._backend.driver.current(f"np.{name}"))
            stack.enter_context(self._library.cuda.using_allocator(self._allocate))
            try:
                found = function(*map(self._there, args), **self._named(options))
            except NotImplementedError as error:
                raise NoKernelError(f"CuPy: {error}") from error
            return self._back(found)

    def _named(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._there(value) for name, value in options.items()}

    def _there(self, value: Any) -> Any:
        """What is stored, and arrays of the host, as arrays of the library."""
        if isinstance(value, Stored):
            return self._array(value)
        if isinstance(value, np.ndarray):
            return self._array(self._backend.upload(value)) if value.ndim else value[()]
        if type(value) is list or type(value) is tuple:
            return type(value)(map(self._there, value))
        return value

    def _array(self, stored: Stored) -> Any:
        region, number = stored.region, self._backend.driver.number
        start = int(region.address)
        self._given[start] = region
        if stored.read_only:
            self._read_only.add(start)
        cuda = self._library.cuda
        memory = cuda.UnownedMemory(start, region.requested_bytes, region, number)
        place = cuda.MemoryPointer(memory, int(stored.operand.address) - start)
        return self._library.ndarray(stored.shape, stored.dtype, place, stored.strides)

    def _allocate(self, nbytes: int) -> Any:
        """Memory of our pool, as the library wants it from its own."""
        block = self._backend.pool.allocate(nbytes)
        start = int(block.address)
        self._made[start] = block
        cuda = self._library.cuda
        memory = cuda.UnownedMemory(start, nbytes, block, self._backend.driver.number)
        return cuda.MemoryPointer(memory, 0)

    def _back(self, value: Any) -> Any:
        if isinstance(value, self._library.ndarray):
            return self._stored(value)
        if isinstance(value, list | tuple):
            parts = [self._back(part) for part in value]
            return getattr(type(value), "_make", type(value))(parts)
        return value

    def _stored(self, array: Any) -> Stored:
        memory = array.data.mem
        start = int(memory.ptr)
        region = self._given.get(start) or self._made.get(start)
        if region is None:  # numbers that the library keeps, or has from elsewhere
            region = Borrowed(Address(start), int(memory.size), memory)
        place = held(int(array.data.ptr), region)
        operand = Operand(place, tuple(array.shape), tuple(array.strides), array.dtype)
        whole = start not in self._given and array.base is None
        return Stored(operand, whole, read_only=start in self._read_only)


# What a device is asked


def function(
    backend: "DeviceBackend",
    function: Any,
    args: tuple[Any, ...],
    options: Mapping[str, Any],
    what: str = "",
) -> Any:
    """A function of NumPy's by the library's of the same name.

    what: what of it has no kernel, as in `NoKernelError`.

    Raises TypeError, naming the function, where the library has none or is not there. What the
    library itself raises comes with a note.
    """
    name = calling.name_of(function)
    theirs = calling.find(backend.driver.library, name)
    if theirs is None:
        _refuse(backend, name, what)
    try:
        args, options = calling.translated(function, theirs, args, options)
    except NoKernelError as error:
        _refuse(backend, name, error.what)
    found = _run(backend, name, theirs, args, options)
    return calling.named(function, found)


def ufunc(
    backend: "DeviceBackend",
    ufunc: Any,
    method: str,
    inputs: tuple[Any, ...],
    options: Mapping[str, Any],
    out: tuple[Any, ...] | None,
    what: str = "",
) -> Any:
    """A universal function, or a method of one, by the library's of the same name."""
    name = ufunc.__name__
    theirs = calling.find(backend.driver.library, calling.name_of_ufunc(ufunc))
    if method != "__call__":
        name, theirs = f"{name}.{method}", getattr(theirs, method, None)
    if theirs is None:
        _refuse(backend, name, what)
    options = {n: v for n, v in options.items() if not calling.is_usual(n, v)}
    if out is not None:
        options["out"] = out[0] if len(out) == 1 else out
    return _run(backend, name, theirs, inputs, options)


def item(backend: "DeviceBackend", x: Stored, index: Any) -> Stored:
    """``x[index]``."""
    return _run(backend, "ndarray.__getitem__", lambda a, i: a[i], (x, index), {})


def write(backend: "DeviceBackend", x: Stored, index: Any, value: Any) -> None:
    """``x[index] = value``."""

    def put(array: Any, index: Any, value: Any) -> None:
        array[index] = value

    _run(backend, "ndarray.__setitem__", put, (x, index, value), {})


def converted(backend: "DeviceBackend", x: Stored, dtype: Any) -> Stored:
    """A copy in C order, of another dtype."""
    return _run(backend, "astype", lambda a: a.astype(dtype, order="C"), (x,), {})


def _run(
    backend: "DeviceBackend", name: str, theirs: Any, args: tuple[Any, ...], options: Any
) -> Any:
    if backend.driver.library is None:
        _refuse(backend, name, "")
    try:
        return Crossing(backend).run(name, theirs, *args, **options)
    except NoKernelError as error:
        _refuse(backend, name, "", str(error.__cause__))
    except Exception as error:
        error.add_note(
            f"np.{name} on {backend.name} is CuPy's; to have NumPy's, compute it on the host: "
            "np.asarray(k)"
        )
        raise


def _refuse(backend: "DeviceBackend", name: str, what: str, said: str = "") -> NoReturn:
    library = backend.driver.library
    if library is None:
        missing = "and CuPy, which may have it, is not there"
    else:
        reason = f" ({said})" if said else ""
        missing = f"and CuPy {library.__version__} does not offer it{reason}"
    raise TypeError(
        f"np.{name}{' ' if what else ''}{what} is not on {backend.name}: no kernel of ours does "
        f"it, {missing}; compute it on the host: np.asarray(k)"
    )
