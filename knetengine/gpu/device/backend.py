"""A device behind a driver: memory from a pool, computing by our own kernels.

Its functions are in three tables: `views`, `functions` and, for universal functions, `ufuncs`. What
is in none of them is the `library`'s affair, CuPy's, or is refused by name.
"""

import contextlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from knetengine.gpu.backend import Draw
from knetengine.gpu.device import drawing, functions, items, layers, library, ufuncs, views
from knetengine.gpu.device.stored import Stored, ghost, held, view
from knetengine.gpu.drivers.interface import Address, Driver
from knetengine.gpu.kernels import copying, elementwise
from knetengine.gpu.kernels.operand import Operand, contiguous, is_contiguous, may_overlap
from knetengine.gpu.kernels.promotion import NoKernelError
from knetengine.gpu.memory import Pool, Region, watch

Number = bool | int | float | np.generic


class DeviceBackend:
    """A device.

    name: as users write it, ``"cuda:0"``.

    All work goes to one stream, the driver's first, in the order in which it is asked for.
    """

    storage_type = Stored
    asks = True

    def __init__(self, driver: Driver, name: str) -> None:
        self.name = name
        self.driver = driver
        self.pool = Pool(driver, device=name, order=driver)
        watch(self.pool)

    # Memory

    def empty(self, shape: tuple[int, ...], dtype: Any) -> Stored:
        """An array with anything in it."""
        kind = np.dtype(dtype)
        entries = 1
        for length in shape:
            entries *= length
        return Stored(contiguous(self.scratch(entries * kind.itemsize), shape, kind), True)

    def upload(self, array: np.ndarray) -> Stored:
        """A copy of an array of the host, in the same order of axes in memory, without gaps."""
        if array.ndim > 1 and not array.flags.c_contiguous:
            order = np.argsort([-abs(stride) for stride in array.strides], kind="stable").tolist()
            if order != list(range(array.ndim)):
                laid = self.upload(np.ascontiguousarray(array.transpose(order)))
                return view(laid, np.transpose, np.argsort(order).tolist())
        stored = self.empty(array.shape, array.dtype)
        if array.size:
            self.driver.to_device(stored.operand.address, np.asarray(array, order="C"))
        return stored

    def download(self, storage: Stored) -> np.ndarray:
        """A copy on the host, once all that was asked before is done."""
        storage = self.in_c_order(storage)
        host = np.empty(storage.shape, storage.dtype)
        if host.size:
            self.driver.to_host(host, storage.operand.address)
        return host

    def scratch(self, nbytes: int) -> Address:
        """Memory, for as long as somebody has the address."""
        block = self.pool.allocate(nbytes)
        return held(block.address, block)

    def in_c_order(self, x: Stored) -> Stored:
        """The array if it lies in C order without gaps, else a copy that does."""
        return x if is_contiguous(x.operand) else self.copied(x)

    def copied(self, x: Stored, dtype: Any = None) -> Stored:
        """A copy in C order, of another dtype if one is given."""
        new = self.empty(x.shape, x.dtype if dtype is None else dtype)
        if x.dtype == new.dtype:
            copying.copy(self.driver, _in_halves(x.operand), _in_halves(new.operand))
            return new
        try:
            copying.copy(self.driver, x.operand, new.operand)
        except NoKernelError:
            return library.converted(self, x, new.dtype)
        return new

    def filled(self, shape: tuple[int, ...], value: Number, dtype: Any) -> Stored:
        """An array with one number everywhere."""
        new = self.empty(shape, dtype)
        elementwise.fill(self.driver, new.operand, value)
        return new

    def as_stored(self, value: Any, dtype: Any = None) -> Stored:
        """A number, or an array of the host, put on the device; what is there already as it is."""
        if isinstance(value, Stored):
            return value if dtype is None or value.dtype == dtype else self.copied(value, dtype)
        return self.upload(np.asarray(value, dtype))

    def apart(self, x: Stored, out: Operand) -> Stored:
        """The array, or a copy where writing `out` would change it before it is read."""
        return self.copied(x) if may_overlap(x.operand, out) else x

    # What an array asks

    def ufunc(
        self,
        ufunc: Any,
        method: str,
        inputs: tuple[Any, ...],
        options: Mapping[str, Any],
        out: tuple[Any, ...] | None,
    ) -> Any:
        """A universal function, or a method of one."""
        try:
            return ufuncs.call(self, ufunc, method, inputs, options, out)
        except NoKernelError as error:
            what = error.what
        return library.ufunc(self, ufunc, method, inputs, options, out, what)

    def function(self, function: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
        """Any other function of NumPy's. Raises TypeError, naming it, where there is none."""
        found = views.VIEWS.get(function) or functions.FUNCTIONS.get(function)
        what = ""
        if found is not None:
            try:
                return found(self, *args, **options)
            except NoKernelError as error:
                what = error.what
        return library.function(self, function, args, options, what)

    def item(self, storage: Stored, index: Any) -> Stored:
        """An item or a slice; a slice, and a single entry, is a view."""
        try:
            return items.item(self, storage, index)
        except NoKernelError:
            return library.item(self, storage, index)

    def write(self, storage: Stored, index: Any, value: Any) -> None:
        """Write an item or a slice."""
        try:
            items.write(self, storage, index, value)
        except NoKernelError:
            library.write(self, storage, index, value)

    def layer(self, name: str) -> Callable[..., Any]:
        """The kernels for a layer; KeyError where there are none of their own."""
        return layers.LAYERS[name]

    def block(self, storage: Stored) -> Region:
        """The block of the pool, or memory of the library's, that it is in."""
        return storage.region

    def writable(self, storage: Stored) -> bool:
        """Whether NumPy would let such a view be written to."""
        return not storage.read_only

    def base(self, storage: Stored) -> Any:
        """The memory, of a view; None of a whole array."""
        return None if storage.whole else storage.region

    def host(self, storage: Stored) -> None:
        """None: the memory is not the host's."""

    def allocating(self) -> AbstractContextManager[None]:
        """Nothing: the host's kernels make nothing here."""
        return contextlib.nullcontext()

    def kept(self, result: Any) -> Any:
        """Arrays of the host, put on the device."""
        if isinstance(result, np.ndarray):
            return self.upload(result)
        return result

    def draw(self, wanted: Draw) -> Stored:
        """Random numbers of a seed and a sequence."""
        return drawing.draw(self, wanted)

    def order(self, keys: Stored) -> Stored:
        """The places of keys, the least first."""
        return drawing.order(self, keys)

    # For the tables

    def flat(self, x: Stored) -> Stored:
        """All entries in C order along one axis: a view where they lie so."""
        return view(self.in_c_order(x), np.reshape, -1)

    def overlap(self, a: Stored, b: Stored) -> bool:
        """Whether an entry of one is an entry of the other; NumPy finds out, by addresses."""
        return np.shares_memory(ghost(a), ghost(b))


def _in_halves(x: Operand) -> Operand:
    """Numbers of 16 bytes, as complex128, as two each: no kernel copies so wide ones."""
    if x.dtype.itemsize <= 8:
        return x
    half = x.dtype.itemsize // 2
    return Operand(x.address, (*x.shape, 2), (*x.strides, half), np.dtype(np.float64))
