"""What a KnetArray asks of the device that it is on.

A backend knows what is stored (on the CPU NumPy arrays in blocks of a pool, on CUDA an address with
shape and strides), never a KnetArray: arguments come with what is stored in place of the arrays,
and results go the same way.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from knetengine.gpu.memory import Region

Storage: TypeAlias = Any
"""Numbers in a device's memory; it has `shape`, `strides`, `dtype` and `size`."""


class Draw(NamedTuple):
    """Random numbers of a seed and a sequence.

    kind: "uniform" or "integers" from `first` to below `second`, or "normal", of the mean `first`
        and the deviation `second`.
    """

    kind: str
    shape: tuple[int, ...]
    dtype: Any
    seed: int
    sequence: int
    first: Any
    second: Any


class Backend(Protocol):
    """One device, as a KnetArray sees it."""

    name: str
    storage_type: type
    asks: bool  # whether `writable` is to be asked before a write, which would not ask by itself

    def upload(self, array: np.ndarray) -> Storage:
        """A copy of an array of the host."""
        ...

    def download(self, storage: Storage) -> np.ndarray:
        """A copy on the host, once all that was asked before is done."""
        ...

    def ufunc(
        self,
        ufunc: Any,
        method: str,
        inputs: tuple[Any, ...],
        options: Mapping[str, Any],
        out: tuple[Any, ...] | None,
    ) -> Any:
        """A universal function, or a method of one: ``reduce``, ``at`` ..."""
        ...

    def function(self, function: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
        """Any other function of NumPy's.

        Raises TypeError, naming it, where the device has none.
        """
        ...

    def item(self, storage: Storage, index: Any) -> Storage:
        """An item or a slice; a slice is a view."""
        ...

    def host(self, storage: Storage) -> np.ndarray | None:
        """It as a NumPy array over the same memory, where that is the host's."""
        ...

    def allocating(self) -> AbstractContextManager[None]:
        """While this holds, kernels for NumPy arrays put what they make into this device's pool."""
        ...

    def kept(self, result: Any) -> Any:
        """Results of such kernels, stored on the device: arrays, numbers, or sequences of them."""
        ...

    def layer(self, name: str) -> Callable[..., Any]:
        """The kernels for a layer; KeyError where there are none of their own."""
        ...

    def block(self, storage: Storage) -> Region:
        """The memory that it lies in: a block of the pool, or what a library has."""
        ...

    def writable(self, storage: Storage) -> bool:
        """Whether NumPy would let it be written to; a view that broadcasts it would not."""
        ...

    def overlap(self, a: Storage, b: Storage) -> bool:
        """Whether an entry of one is an entry of the other."""
        ...

    def base(self, storage: Storage) -> Any:
        """What it is a view of; None if it is a whole block's."""
        ...

    def write(self, storage: Storage, index: Any, value: Any) -> None:
        """Write an item or a slice."""
        ...

    def draw(self, wanted: Draw) -> Storage:
        """Random numbers, equal to the last bit on every device."""
        ...

    def order(self, keys: Storage) -> Storage:
        """The places of keys, the least first, equal ones in the order they have.

        keys: int64, 0 or more, along one axis.
        """
        ...
