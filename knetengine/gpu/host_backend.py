"""The CPU as a device: NumPy arrays in blocks of a pool, computed with by NumPy."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from knetengine.cpu import random_numbers
from knetengine.cpu.arrays import allocating
from knetengine.gpu.backend import Draw
from knetengine.gpu.memory import Block, HostMemory, Pool, array_on, block_of, watch

_PYTHON_NUMBERS = (bool, int, float)


class HostBackend:
    """The device ``"cpu"``. What is stored is a NumPy array whose memory is a block of the pool.

    Results are computed into blocks of the pool where NumPy lets us say where (elementwise
    functions and matrix products), and are copied into one elsewhere.
    """

    name = "cpu"
    storage_type = np.ndarray
    asks = False  # NumPy does

    def __init__(self) -> None:
        self.pool = Pool(HostMemory(), device=self.name)
        self._dtypes: dict[tuple[Any, ...], np.dtype[Any] | None] = {}
        watch(self.pool)

    # Memory

    def empty(self, shape: int | tuple[int, ...], dtype: Any) -> np.ndarray:
        """An array with anything in it."""
        kind = np.dtype(dtype)
        shape = (shape,) if isinstance(shape, int) else shape
        entries = 1
        for length in shape:
            entries *= length
        return array_on(self.pool.allocate(entries * kind.itemsize), shape, kind)

    def upload(self, array: np.ndarray) -> np.ndarray:
        """A copy of an array of the host, in the same order of axes in memory, without gaps."""
        order = np.argsort([-abs(stride) for stride in array.strides], kind="stable")
        if array.flags.c_contiguous or array.ndim < 2:
            stored = self.empty(array.shape, array.dtype)
        else:
            laid = self.empty(tuple(array.shape[axis] for axis in order), array.dtype)
            stored = laid.transpose(np.argsort(order))
        stored[...] = array
        return stored

    def download(self, storage: np.ndarray) -> np.ndarray:
        """A copy outside of the pool."""
        return storage.copy(order="K")

    def kept(self, result: Any) -> Any:
        """A result of NumPy's, its arrays in the pool: those that are there stay."""
        if isinstance(result, np.ndarray):
            return result if block_of(result) is not None else self.upload(result)
        if isinstance(result, np.generic):
            return self.upload(np.asarray(result))
        if isinstance(result, list | tuple):
            parts = [self.kept(part) for part in result]
            return getattr(type(result), "_make", type(result))(parts)
        return result

    # What NumPy asks

    def ufunc(
        self,
        ufunc: Any,
        method: str,
        inputs: tuple[Any, ...],
        options: Mapping[str, Any],
        out: tuple[Any, ...] | None,
    ) -> Any:
        """A universal function, or a method of one."""
        if out is None and method == "__call__" and not options:
            target = self._target(ufunc, inputs)
            if target is not None:
                return ufunc(*inputs, out=target)
        if out is not None:
            options = {**options, "out": out}
        return self.kept(getattr(ufunc, method)(*inputs, **options))

    def function(self, function: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
        """Any other function of NumPy's."""
        return self.kept(function(*args, **options))

    def item(self, storage: np.ndarray, index: Any) -> np.ndarray:
        """An item or a slice; a slice, and a single entry, is a view."""
        part = storage[index]
        if isinstance(part, np.generic):
            return storage[(*index, ...) if type(index) is tuple else (index, ...)]
        return part if block_of(part) is not None else self.upload(part)

    def host(self, storage: np.ndarray) -> np.ndarray:
        """The array itself."""
        return storage

    def allocating(self) -> AbstractContextManager[None]:
        """While this holds, the kernels for NumPy arrays put what they make into the pool."""
        return allocating(self.empty)

    def layer(self, name: str) -> Callable[..., Any]:
        """Raises KeyError: the kernels for NumPy arrays are this device's."""
        raise KeyError(name)

    def block(self, storage: np.ndarray) -> Block:
        """The block of the pool that its memory is in, which every array of this device has."""
        block = block_of(storage)
        assert block is not None
        return block

    def writable(self, storage: np.ndarray) -> bool:
        """Whether NumPy lets it be written to."""
        return storage.flags.writeable

    def overlap(self, a: np.ndarray, b: np.ndarray) -> bool:
        """Whether an entry of one is an entry of the other."""
        return np.shares_memory(a, b)

    def base(self, storage: np.ndarray) -> np.ndarray | None:
        """The array that it is a view of; None if there is none."""
        return storage.base if isinstance(storage.base, np.ndarray) else None

    def write(self, storage: np.ndarray, index: Any, value: Any) -> None:
        """Write an item or a slice."""
        storage[index] = value

    def draw(self, wanted: Draw) -> np.ndarray:
        """Random numbers of a seed and a sequence."""
        kind, shape, dtype, *numbers = wanted
        new = self.empty(shape, dtype)
        getattr(random_numbers, kind)(new.reshape(-1), *numbers)
        return new

    def order(self, keys: np.ndarray) -> np.ndarray:
        """The places of keys, the least first."""
        return self.upload(np.argsort(keys, kind="stable"))

    def _target(self, ufunc: Any, inputs: tuple[Any, ...]) -> np.ndarray | None:
        """Where a function is to put its result; None where that cannot be said beforehand."""
        shapes: list[tuple[int, ...]] = []
        key: list[Any] = [ufunc]
        for value in inputs:
            if type(value) is np.ndarray:
                key.append(value.dtype)
                shapes.append(value.shape)
            else:
                key.append(type(value))
        kinds = tuple(key)
        if kinds not in self._dtypes:
            self._dtypes[kinds] = _result_dtype(ufunc, kinds[1:])
        dtype = self._dtypes[kinds]
        shape = _product_shape(shapes) if ufunc is np.matmul else _broadcast_shape(shapes)
        return None if dtype is None or shape is None else self.empty(shape, dtype)


def _broadcast_shape(shapes: list[tuple[int, ...]]) -> tuple[int, ...] | None:
    """The shape that arrays broadcast to; None if they do not, as NumPy will say best.

    Source: NumPy's rules; np.broadcast_shapes takes 6 us, this 1.
    """
    whole = shapes[0]
    for shape in shapes[1:]:
        if shape == whole:
            continue
        if len(shape) > len(whole):
            whole, shape = shape, whole
        lengths = list(whole)
        for axis in range(-len(shape), 0):
            if lengths[axis] == 1:
                lengths[axis] = shape[axis]
            elif shape[axis] not in (1, lengths[axis]):
                return None
        whole = tuple(lengths)
    return whole


def _product_shape(shapes: list[tuple[int, ...]]) -> tuple[int, ...] | None:
    """The shape of the product of two matrices; None for any other."""
    a, b = shapes
    return (a[0], b[1]) if len(a) == len(b) == 2 and a[1] == b[0] else None


def _result_dtype(ufunc: Any, kinds: tuple[Any, ...]) -> "np.dtype[Any] | None":
    """The dtype of a function's one result for such arguments, found by a call on one entry."""
    if ufunc.nout != 1 or (ufunc.signature and ufunc is not np.matmul):
        return None
    samples: list[Any] = []
    for kind in kinds:
        if isinstance(kind, np.dtype):
            samples.append(np.ones((1, 1), kind))
        elif issubclass(kind, (*_PYTHON_NUMBERS, np.generic)):
            samples.append(kind(1))
        else:
            return None
    try:
        with np.errstate(all="ignore"):
            return ufunc(*samples).dtype
    except (TypeError, ValueError):
        return None  # as NumPy will say, with the real arguments
