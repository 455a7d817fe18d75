"""The array of a device: it has NumPy's operators, functions and items, and its own memory.

    k = KnetArray(a)
    np.asarray(k)
    train(list(map(KnetArray, w)), KnetArray(x))

Code that is written for NumPy arrays runs on it unchanged, for NumPy hands its functions over by
two protocols, `__array_ufunc__` (NEP 13) and `__array_function__` (NEP 18). What a device does with
them is its backend's affair.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from knetengine.device_arrays import WRITTEN, DeviceArray
from knetengine.gpu.backend import Backend, Storage
from knetengine.gpu.memory.blocks import guarded
from knetengine.gpu.mixing import refuse_mixed
from knetengine.gpu.writing import target_of

DTYPES = frozenset("efdil?qB")
"""The kinds of numbers that every device knows: float16, 32 and 64, int32 and 64, bool, uint8."""


class KnetArray(NDArrayOperatorsMixin, DeviceArray):
    """An array on a device.

    a: an array or number, or nested lists of them; of a KnetArray, a copy.
    dtype: float16, float32, float64, int32, int64, bool or uint8; that of `a` if it is None.
    device: ``"cpu"``, or ``"cuda:N"``; the first CUDA device if there is one, else the CPU.

    Slices are views. ``np.asarray(k)`` copies to the host, and nothing else does so unasked: a
    KnetArray meets another only on one device, and NumPy's arrays only through `KnetArray` or
    `np.asarray`.

    Raises TypeError for another dtype. Source: Knet's KnetArray.
    """

    __slots__ = ("backend", "storage")

    def __init__(self, a: Any, dtype: Any = None, device: str | None = None) -> None:
        from knetengine.gpu.backends import backend_named

        if isinstance(a, KnetArray):
            same = device is None or device == a.device
            host = None if same else a.backend.download(a.storage)
            if host is None:
                copied = a.copy() if dtype is None else a.astype(dtype)
                self.backend, self.storage = copied.backend, copied.storage
                return
        else:
            host = np.asarray(a)
        if dtype is not None:
            host = host.astype(dtype)
        if host.dtype.char not in DTYPES:
            raise TypeError(
                f"KnetArray: dtype {host.dtype} is not one that devices have; expected float16, "
                "float32, float64, int32, int64, uint8 or bool: give dtype="
            )
        self.backend: Backend = backend_named(device)
        self.storage: Storage = self.backend.upload(host)

    @classmethod
    def of(cls, storage: Storage, backend: Backend) -> "KnetArray":
        """The array of what a backend has stored."""
        array = object.__new__(cls)
        array.backend, array.storage = backend, storage
        return array

    # What it is

    @property
    def device(self) -> str:
        """The name of the device, ``"cpu"`` or ``"cuda:N"``."""
        return self.backend.name

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape."""
        return self.storage.shape

    @property
    def strides(self) -> tuple[int, ...]:
        """The distance in bytes from one entry to the next, along each axis."""
        return self.storage.strides

    @property
    def dtype(self) -> "np.dtype[Any]":
        """The kind of its numbers."""
        return self.storage.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.storage.shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        return self.storage.size

    @property
    def nbytes(self) -> int:
        """The bytes of the entries."""
        return self.storage.size * self.storage.dtype.itemsize

    @property
    def itemsize(self) -> int:
        """The bytes of one entry."""
        return self.storage.dtype.itemsize

    @property
    def base(self) -> Any:
        """What this array is a view of; None if its numbers are its own."""
        return self.backend.base(self.storage)

    def __repr__(self) -> str:
        numbers = np.array2string(
            self.backend.download(self.storage), separator=", ", prefix=" " * 10
        )
        place = "" if self.device == "cpu" else f", device={self.device!r}"
        return f"KnetArray({numbers}, {self.dtype}{place})"

    def __str__(self) -> str:
        return str(self.backend.download(self.storage)[()])

    def __format__(self, specification: str) -> str:
        return format(self.backend.download(self.storage)[()], specification)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d KnetArray")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    # Being written to

    @property
    def memory(self) -> Any:
        """What it lies in: one object for all arrays that may share memory."""
        return self.backend.block(self.storage)

    def protect(self, protected: list[Any]) -> None:
        """Have writes to its memory raise, through whatever array, until `release`.

        protected: who wants that; the array is appended, but not twice.
        """
        block = self.backend.block(self.storage)
        key = (id(protected), id(self.storage))
        if block.guards is None or key not in block.guards:
            protected.append(self)  # first: whoever is interrupted in between releases too much
            block.guard(key, self.storage)

    def release(self, protected: list[Any]) -> None:
        """Take back what `protect` did for the same list."""
        self.backend.block(self.storage).unguard((id(protected), id(self.storage)))

    def _may_be_written(self) -> bool:
        """Whether NumPy would let it be written to, and nobody protects an entry of it."""
        backend, storage = self.backend, self.storage
        if not backend.writable(storage):
            return False
        guards = backend.block(storage).guards
        if not guards:
            return True
        return not any(backend.overlap(storage, saved) for saved in list(guards.values()))

    def _check_written(self, words: str) -> None:
        """Raise ValueError, in NumPy's words, if it may not be written to."""
        if (guarded or self.backend.asks) and not self._may_be_written():
            error = ValueError(words)
            setattr(error, WRITTEN, self)
            raise error

    # To the host

    @property
    def host(self) -> np.ndarray | None:
        """The NumPy array over the very same memory; None where that is not the host's."""
        memory = self.backend.host(self.storage)
        if memory is not None and not self._may_be_written():
            memory = memory.view()
            memory.setflags(write=False)
        return memory

    def beside(self, array: np.ndarray) -> "KnetArray":
        """An array of the host as one of this device."""
        return KnetArray.of(self.backend.kept(array), self.backend)

    def call_on_host(self, function: Any, *arguments: Any) -> Any:
        """Call a function of NumPy arrays with the memory of arrays of this device, the CPU.

        What it gives comes back as arrays of this device; what it makes with
        `knetengine.cpu.arrays.empty` has its memory in the pool at once. Raises TypeError if other
        arrays of floats than this device's are among the arguments.
        """
        name = getattr(function, "__name__", "a kernel")
        refuse_mixed(name, arguments, self.device, function, kinds="fc")
        with self.backend.allocating():
            result = function(*stored(arguments))
        return self._wrapped(self.backend.kept(result))

    def has_layer(self, name: str) -> bool:
        """Whether the device has kernels of its own for a layer."""
        try:
            self.backend.layer(name)
        except KeyError:
            return False
        return True

    def call_layer(self, name: str, *arguments: Any) -> Any:
        """Call the device's own kernels for a layer.

        Raises KeyError where it has none of that name, TypeError for arrays of another place.
        """
        layer = self.backend.layer(name)
        refuse_mixed(name, arguments, self.device, kinds="fc")
        return self._wrapped(layer(self.backend, *stored(arguments)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("a KnetArray's numbers are in its device's memory: they are copied")
        host = self.backend.download(self.storage)
        return host if dtype is None else host.astype(dtype, copy=False)

    def item(self, *index: Any) -> Any:
        """One entry as a Python number; the only one, if no index is given."""
        return self.backend.download(self[index].storage if index else self.storage).item()

    def tolist(self) -> Any:
        """A nested list of Python numbers."""
        return self.backend.download(self.storage).tolist()

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        return self.backend.download(self.storage).__index__()

    def __bool__(self) -> bool:
        return bool(self.backend.download(self.storage))

    # NumPy's protocols

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method == "__call__" and not options:
            known = self._all_here(inputs)
            if known is not None:
                return self._wrapped(self.backend.ufunc(ufunc, method, known, options, None))
        if any(_defers(value) for value in inputs):
            return NotImplemented
        out = options.pop("out", None)
        meeting = inputs[:1] + inputs[2:] if method == "at" else inputs  # the second says where
        refuse_mixed(f"np.{ufunc.__name__}", (*meeting, *(out or ())), self.device)
        targets = None
        for target in inputs[:1] if method == "at" else out or ():
            if isinstance(target, KnetArray):
                target._check_written("output array is read-only")
        if out is not None:
            targets = tuple(None if t is None else t.storage for t in out)
        result = self.backend.ufunc(
            ufunc, method, stored(inputs), {n: stored(v) for n, v in options.items()}, targets
        )
        if out is None:
            return self._wrapped(result)
        return out[0] if len(out) == 1 else out

    def _all_here(self, inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """What is stored of arrays of this device, and Python numbers; None with anything else.

        Most calls are of this kind; this takes 0.3 us, and asking all questions 3.
        """
        known: list[Any] = []
        for value in inputs:
            kind = type(value)
            if kind is KnetArray and value.backend is self.backend:
                known.append(value.storage)
            elif kind is float or kind is int or kind is bool:
                known.append(value)
            else:
                return None
        return tuple(known)

    def __array_function__(
        self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if any(not issubclass(kind, KnetArray | np.ndarray) for kind in types):
            return NotImplemented
        refuse_mixed(_name_of(function), (*args, *kwargs.values()), self.device, function)
        return self.apply(function, args, kwargs)

    def apply(self, function: Any, args: tuple[Any, ...], kwargs: Any) -> Any:
        """Call a NumPy function on this device."""
        target, is_result = target_of(function, args, kwargs)
        if isinstance(target, KnetArray):
            target._check_written("output array is read-only")
        result = self.backend.function(
            function, stored(args), {name: stored(value) for name, value in kwargs.items()}
        )
        return target if is_result else self._wrapped(result)

    def _wrapped(self, result: Any) -> Any:
        """What a backend gave, with arrays in place of what is stored."""
        if isinstance(result, self.backend.storage_type):
            return KnetArray.of(result, self.backend)
        if isinstance(result, list | tuple):
            parts = [self._wrapped(part) for part in result]
            return getattr(type(result), "_make", type(result))(parts)
        return result

    # Items

    def __getitem__(self, index: Any) -> Any:
        return KnetArray.of(self.backend.item(self.storage, stored(index)), self.backend)

    def __setitem__(self, index: Any, value: Any) -> None:
        refuse_mixed("k[index] = value", (self, value), self.device)
        if guarded or self.backend.asks:
            self._check_written("assignment destination is read-only")
        self.backend.write(self.storage, stored(index), stored(value))

    # Copies

    def __copy__(self) -> "KnetArray":
        return self.apply(np.copy, (self,), {})

    def __deepcopy__(self, memo: Any) -> "KnetArray":
        return self.apply(np.copy, (self,), {})

    def __reduce__(self) -> tuple[Any, ...]:
        return _put_back, (self.backend.download(self.storage), self.device)


def _put_back(array: np.ndarray, device: str) -> KnetArray:
    """An array as it was pickled, of whatever dtype."""
    from knetengine.gpu.backends import backend_named

    backend = backend_named(device)
    return KnetArray.of(backend.upload(array), backend)


def stored(nest: Any) -> Any:
    """A nest of arguments with what is stored in place of the arrays."""
    if isinstance(nest, KnetArray):
        return nest.storage
    if type(nest) is list or type(nest) is tuple:
        return type(nest)(stored(part) for part in nest)
    return nest


def _defers(value: Any) -> bool:
    """Whether a value has operators of its own that come first, as a recorded one."""
    if isinstance(value, KnetArray | np.ndarray | np.generic):
        return False
    return hasattr(type(value), "__array_ufunc__")


def _name_of(function: Any) -> str:
    return f"np.{getattr(function, '__name__', function)}"
