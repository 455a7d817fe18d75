"""What a device must be able to do: about twenty calls, and nothing that knows of arrays.

Above them stand the memory manager and the kernels' launches; below them CuPy, or in the tests a
driver that runs the very same CUDA source on the CPU. Addresses are plain integers, sizes are in
bytes, a stream or an event is whatever the driver says it is: 0 is the default stream.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

Extent: TypeAlias = tuple[int, int, int]
Handle: TypeAlias = Any


class Address(int):
    """A place in the device's memory, as an argument of a kernel: 8 bytes wide."""


# What a kernel is given: nothing whose width CUDA would have to guess. A Python int is refused.
Argument: TypeAlias = Address | np.generic | np.ndarray


class DeviceProperties(NamedTuple):
    """What a launch has to know of a device.

    architecture: ten times the compute capability, such as 90.
    shared_bytes: of shared memory that a block may use.
    """

    name: str
    architecture: int
    total_bytes: int
    multiprocessors: int
    threads_per_block: int
    shared_bytes: int


class DeviceOutOfMemoryError(MemoryError):
    """The device has no block of that size left."""


class DriverError(RuntimeError):
    """The device refused a call; the message has the call and the device's own words."""


class Product(NamedTuple):
    """``c[b] = alpha * a[b] @ b[b] + beta * c[b]`` for row-major matrices, b over the batch.

    shape: (batch, M, N, K). transposed: whether a lies in memory as (K, M), and b as (N, K).
    rows: the distance, in elements, from one row to the next as each lies in memory.
    matrices: the distance, in elements, from one matrix of the batch to the next; 0 for the same.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, int, int, int]
    transposed: tuple[bool, bool]
    rows: tuple[int, int, int]
    matrices: tuple[int, int, int]
    alpha: float = 1.0
    beta: float = 0.0


class Driver(Protocol):
    """One device. Calls raise `DriverError`, or `DeviceOutOfMemoryError` where it says so.

    number: of the device, as CUDA counts.
    library: a module with NumPy's functions for arrays of such a device, CuPy; None where there is
        none.
    """

    name: str
    number: int
    library: Any

    def properties(self) -> DeviceProperties:
        """What the device is."""
        ...

    # Memory

    def allocate(self, nbytes: int) -> Address:
        """A block of so many bytes, at least 1, aligned to 256; it may raise out of memory."""
        ...

    def release(self, address: Address) -> None:
        """Give a block back; work that uses it is waited for."""
        ...

    def memory(self) -> tuple[int, int]:
        """How many bytes are free, and how many there are."""
        ...

    def to_device(self, target: Address, source: np.ndarray, stream: Handle = 0) -> None:
        """Copy a contiguous array of the host to the device."""
        ...

    def to_host(self, target: np.ndarray, source: Address, stream: Handle = 0) -> None:
        """Copy into a contiguous array of the host, and wait until it is there."""
        ...

    def copy(self, target: Address, source: Address, nbytes: int, stream: Handle = 0) -> None:
        """Copy within the device."""
        ...

    def fill(self, target: Address, byte: int, nbytes: int, stream: Handle = 0) -> None:
        """Set each byte."""
        ...

    # Kernels

    def load(self, source: str, options: Sequence[str] = ()) -> Handle:
        """Compile CUDA C++ to a module.

        options: definitions, as ``-DNAME=VALUE``; of an equal source and options the module is
        the one that was compiled first.
        """
        ...

    def function(self, module: Handle, name: str) -> Handle:
        """A kernel of a module, by its ``extern "C"`` name."""
        ...

    def launch(
        self,
        function: Handle,
        grid: Extent,
        block: Extent,
        arguments: Sequence[Argument],
        shared_bytes: int = 0,
        stream: Handle = 0,
    ) -> None:
        """Start a kernel; no extent may be 0.

        An array among the arguments is passed by value, as the C struct that its dtype describes.
        Raises TypeError for an argument of another kind, such as a Python int.
        """
        ...

    def multiply(
        self, product: Product, a: Address, b: Address, c: Address, stream: Handle = 0
    ) -> None:
        """Matrix products, by the vendor's library."""
        ...

    def current(self, call: str, stream: Handle = 0) -> AbstractContextManager[None]:
        """A context in which the library works on this device and stream.

        call: what is called, for errors.
        """
        ...

    # Order

    def stream(self) -> Handle:
        """A new stream; the driver keeps it until it is closed."""
        ...

    def close_stream(self, stream: Handle) -> None:
        """Wait for a stream and give it back."""
        ...

    def event(self, stream: Handle = 0) -> Handle:
        """A mark after what the stream has been given so far."""
        ...

    def has_happened(self, event: Handle) -> bool:
        """Whether a stream has come past the mark."""
        ...

    def wait(self, stream: Handle, event: Handle) -> None:
        """Have a stream wait for the mark, without waiting oneself."""
        ...

    def synchronize(self, stream: Handle | None = None) -> None:
        """Wait for a stream, or for all; what a kernel did wrong is raised here at the latest."""
        ...
