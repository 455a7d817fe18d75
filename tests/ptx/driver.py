"""The emulator as a driver of knetengine.gpu: what is tested on the host is tested on it too.

Everything is done at once, so streams and events only have to be handled rightly.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from knetengine.gpu.drivers.interface import (
    Address,
    Argument,
    DeviceProperties,
    DriverError,
    Extent,
    Handle,
    Product,
)
from knetengine.gpu.kernels import modules
from tests.ptx.emulator import MOST_THREADS, SHARED_BYTES, Emulator, Loaded
from tests.ptx.faults import Fault
from tests.ptx.memory import READABLE, repeated

KEPT_MODULES = 64  # parsed; all of the kernels' tests took 6 GB


class PtxDriver:
    """A device on which every kernel is NVRTC's PTX, executed by the emulator.

    ``emulator.counters`` has the counts of the last launch, ``emulator.totals`` those of each
    kernel by name. Besides what the protocol says, what a launch does wrong raises `Fault`, and so
    does copying to the host what nobody has written.
    """

    def __init__(self, architecture: int = 75, total_bytes: int = 256 << 20) -> None:
        self.name = f"ptx:{architecture}"
        self.number = 0
        self.library = None
        self.emulator = Emulator("", architecture, total_bytes=total_bytes)
        self._loaded: dict[tuple[str, tuple[str, ...]], Loaded] = {}
        self._streams: set[int] = {0}
        self._only: range | None = None
        self._next = 1

    def properties(self) -> DeviceProperties:
        return DeviceProperties(
            self.name,
            self.emulator.architecture,
            self.emulator.memory.size,
            4,
            MOST_THREADS,
            SHARED_BYTES,
        )

    # Memory

    def allocate(self, nbytes: int) -> Address:
        if nbytes < 1:
            raise DriverError(f"allocate({nbytes}): at least 1 byte")
        return self.emulator.allocate(nbytes)

    def release(self, address: Address) -> None:
        self.emulator.release(address)

    def memory(self) -> tuple[int, int]:
        memory = self.emulator.memory
        return memory.size - memory.used, memory.size

    def to_device(self, target: Address, source: np.ndarray, stream: Handle = 0) -> None:
        self._check(stream)
        if not source.flags.c_contiguous:
            raise DriverError(f"to_device: an array with strides {source.strides}, not contiguous")
        self.emulator.copy_in(target, source)

    def to_host(self, target: np.ndarray, source: Address, stream: Handle = 0) -> None:
        self._check(stream)
        if not target.flags.c_contiguous:
            raise DriverError(f"to_host: an array with strides {target.strides}, not contiguous")
        self.emulator.copy_out(target, source)

    def copy(self, target: Address, source: Address, nbytes: int, stream: Handle = 0) -> None:
        self._check(stream)
        self.emulator.copy(target, source, nbytes)

    def fill(self, target: Address, byte: int, nbytes: int, stream: Handle = 0) -> None:
        self._check(stream)
        self.emulator.fill(target, byte, nbytes)

    # Kernels

    def load(self, source: str, options: Sequence[str] = ()) -> Loaded:
        key = source, tuple(options)
        if key not in self._loaded:
            self._loaded[key] = self.emulator.load(source, options)
        return self._loaded[key]

    def forget_many(self) -> None:
        """Keep no module any more if there are many; they are loaded again when they are used."""
        if len(self._loaded) > KEPT_MODULES:
            self._loaded.clear()
            modules._functions.pop(self, None)

    def function(self, module: Loaded, name: str) -> tuple[Loaded, str]:
        module.program(name)
        return module, name

    def launch(
        self,
        function: tuple[Loaded, str],
        grid: Extent,
        block: Extent,
        arguments: Sequence[Argument],
        shared_bytes: int = 0,
        stream: Handle = 0,
    ) -> None:
        self._check(stream)
        loaded, name = function
        for number, argument in enumerate(arguments):
            if not isinstance(argument, Address | np.generic | np.ndarray):
                raise TypeError(
                    f"{name}: argument {number} is {argument!r}, a {type(argument).__name__}; give "
                    "an Address or a NumPy number, so that its width is said"
                )
        self.emulator.launch(name, grid, block, arguments, shared_bytes, loaded, self._only)

    @contextmanager
    def only_blocks(self, start: int, stop: int) -> Iterator[None]:
        """Have launches run no other blocks than these, counted with x fastest.

        So what a kernel computes from the extents of a vast grid can be looked at.
        """
        before, self._only = self._only, range(start, stop)
        try:
            yield
        finally:
            self._only = before

    def multiply(
        self, product: Product, a: Address, b: Address, c: Address, stream: Handle = 0
    ) -> None:
        """By NumPy; float16 is computed in float32."""
        self._check(stream)
        batch, m, n, k = product.shape
        if 0 in (batch, m, n):
            return
        a_shape = (k, m) if product.transposed[0] else (m, k)
        b_shape = (n, k) if product.transposed[1] else (k, n)
        left = self._matrices(product, a, 0, a_shape, True)
        right = self._matrices(product, b, 1, b_shape, True)
        target = self._matrices(product, c, 2, (m, n), product.beta != 0)
        left = left.swapaxes(1, 2) if product.transposed[0] else left
        right = right.swapaxes(1, 2) if product.transposed[1] else right
        wide = np.result_type(product.dtype, np.float32)
        result = np.asarray(product.alpha, wide) * np.matmul(left.astype(wide), right.astype(wide))
        if product.beta != 0:
            result += np.asarray(product.beta, wide) * target.astype(wide)
        target[...] = result
        self._states(product, c, 2, (m, n))[...] = repeated(READABLE, product.dtype.itemsize)

    def _matrices(
        self, product: Product, address: Address, which: int, shape: tuple[int, int], read: bool
    ) -> np.ndarray:
        """A view of matrices where they lie; (batch, rows, columns)."""
        states = self._states(product, address, which, shape)
        unwritten = states != repeated(READABLE, product.dtype.itemsize)
        if read and unwritten.any():
            at = np.argwhere(unwritten)[0].tolist()
            raise Fault(
                "uninitialised", f"multiply reads {'abc'[which]}{at}, which nobody has written"
            )
        return self._strided(self.emulator.memory.data, product, address, which, shape)

    def _states(
        self, product: Product, address: Address, which: int, shape: tuple[int, int]
    ) -> np.ndarray:
        states = self._strided(self.emulator.memory.state, product, address, which, shape)
        return states.view(f"u{product.dtype.itemsize}")

    def _strided(
        self,
        memory: np.ndarray,
        product: Product,
        address: Address,
        which: int,
        shape: tuple[int, int],
    ) -> np.ndarray:
        row, matrix, size = product.rows[which], product.matrices[which], product.dtype.itemsize
        batch = product.shape[0]
        count = (batch - 1) * matrix + (shape[0] - 1) * row + shape[1] if 0 not in shape else 0
        span = self.emulator.memory.span(address, count * size, f"multiply: {'abc'[which]}")
        if int(address) % size:
            raise Fault("misaligned", f"multiply: {'abc'[which]}", address=int(address))
        flat = memory[span].view(product.dtype)
        return as_strided(flat, (batch, *shape), (matrix * size, row * size, size))

    # Order

    def current(self, call: str, stream: Handle = 0) -> AbstractContextManager[None]:
        return nullcontext()

    def stream(self) -> Handle:
        self._next += 1
        self._streams.add(self._next)
        return self._next

    def close_stream(self, stream: Handle) -> None:
        self._check(stream)
        if stream == 0:
            raise DriverError("close_stream(0): the default stream stays")
        self._streams.remove(stream)

    def event(self, stream: Handle = 0) -> Handle:
        self._check(stream)
        return ("event", stream)

    def has_happened(self, event: Handle) -> bool:
        return event[0] == "event"

    def wait(self, stream: Handle, event: Handle) -> None:
        self._check(stream)

    def synchronize(self, stream: Handle | None = None) -> None:
        self._check(stream or 0)

    def _check(self, stream: Any) -> None:
        if stream not in self._streams:
            raise DriverError(f"stream {stream!r}: it was not made here, or it was closed")
