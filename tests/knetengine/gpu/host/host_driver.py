"""A device that is this machine's CPU: it runs the very same CUDA C++ source.

It has what a device has and a host has not: memory that the host cannot use, arguments without
types, threads that run in any order. It checks more than a device does, and says which block and
thread it was.

What is not modelled: threads that really run at once, weak order of memory, warps in lockstep,
and time.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ClassVar

import numpy as np

from knetengine.gpu.drivers.interface import (
    Address,
    Argument,
    DeviceProperties,
    DriverError,
    Extent,
    Handle,
    Product,
)
from tests.knetengine.gpu.host import products
from tests.knetengine.gpu.host.compiling import SANITIZERS, compile_module, compile_runtime
from tests.knetengine.gpu.host.device_memory import DeviceMemory
from tests.knetengine.gpu.host.modules import (
    MOST_THREADS,
    SHARED_BYTES,
    Fault,
    Kernel,
    Module,
    Order,
    check_order,
)

SANITIZER = "KNET_HOST_SANITIZER"  # what `run_sanitized` has loaded into this process
ORDER = "KNET_HOST_ORDER"


class HostDriver:
    """The driver of the device that is the CPU.

    total_bytes: of memory; it is only reserved.
    order: in which order blocks, and the threads of a block between two barriers, are run:
        "forward", "backward", or a number, the seed of a random order. KNET_HOST_ORDER if None,
        and else forward. It may be set at any time, and holds from the next launch on.
    definitions: for the runtime, such as "-DKN_UCONTEXT".

    In a process of `run_sanitized` kernels are compiled for that sanitizer.
    ``ran`` has the kernels, with the definitions of their modules, that ran on any such driver.
    """

    ran: ClassVar[set[tuple[str, tuple[str, ...]]]] = set()

    def __init__(
        self,
        total_bytes: int = 1 << 30,
        order: Order | None = None,
        definitions: Sequence[str] = (),
    ) -> None:
        sanitizer = os.environ.get(SANITIZER) or None
        if sanitizer is not None and sanitizer not in SANITIZERS:
            raise ValueError(f"{SANITIZER} is {sanitizer!r}; expected one of {SANITIZERS}")
        self.name = "host"
        self.number = 0
        self.library: Any = None
        self.sanitizer = sanitizer
        self.device_memory = DeviceMemory(total_bytes, guarded=sanitizer == "address")
        self.order = _default_order() if order is None else order
        self._definitions = tuple(definitions)
        self._blocks: range | None = None
        self._modules: dict[tuple[str, tuple[str, ...]], Module] = {}
        self._streams = {0}
        self._events: set[int] = set()
        self._handles = 0

    @property
    def order(self) -> Order:
        """In which order blocks and threads are run."""
        return self._order

    @order.setter
    def order(self, order: Order) -> None:
        self._order = check_order(order)

    def properties(self) -> DeviceProperties:
        """What the device is."""
        total = self.device_memory.total_bytes
        return DeviceProperties("host", 90, total, 1, MOST_THREADS, SHARED_BYTES)

    # Memory

    def allocate(self, nbytes: int) -> Address:
        """A block of so many bytes; a kernel that reads it before it writes it reads NaN."""
        return self.device_memory.allocate(nbytes)

    def release(self, address: Address) -> None:
        """Give a block back."""
        self.device_memory.release(address)

    def memory(self) -> tuple[int, int]:
        """How many bytes are free, and how many there are."""
        memory = self.device_memory
        return memory.total_bytes - memory.used_bytes, memory.total_bytes

    def to_device(self, target: Address, source: np.ndarray, stream: Handle = 0) -> None:
        """Copy a contiguous array of the host to the device."""
        self._check_stream("to_device", stream)
        _check_contiguous("to_device: source", source)
        with self._open("to_device", (target, source.nbytes)) as memory:
            memory.view(target, (source.nbytes,), np.uint8)[...] = _flat(source)

    def to_host(self, target: np.ndarray, source: Address, stream: Handle = 0) -> None:
        """Copy into a contiguous array of the host."""
        self._check_stream("to_host", stream)
        _check_contiguous("to_host: target", target)
        with self._open("to_host", (source, target.nbytes)) as memory:
            _flat(target)[...] = memory.view(source, (target.nbytes,), np.uint8)

    def copy(self, target: Address, source: Address, nbytes: int, stream: Handle = 0) -> None:
        """Copy within the device. Raises DriverError also where the two overlap."""
        self._check_stream("copy", stream)
        if abs(target - source) < nbytes:
            raise DriverError(f"copy: {nbytes} bytes at {source:#x} and {target:#x} overlap")
        with self._open("copy", (target, nbytes), (source, nbytes)) as memory:
            content = memory.view(source, (nbytes,), np.uint8)
            memory.view(target, (nbytes,), np.uint8)[...] = content

    def fill(self, target: Address, byte: int, nbytes: int, stream: Handle = 0) -> None:
        """Set each byte."""
        self._check_stream("fill", stream)
        if not 0 <= byte <= 255:
            raise DriverError(f"fill: byte is {byte}, expected 0 to 255")
        with self._open("fill", (target, nbytes)) as memory:
            memory.view(target, (nbytes,), np.uint8)[...] = byte

    # Kernels

    def load(self, source: str, options: Sequence[str] = ()) -> Handle:
        """Compile CUDA C++ to a module, or give the one that was compiled first."""
        key = (source, tuple(options))
        if key not in self._modules:
            runtime = compile_runtime(self.sanitizer, self._definitions)
            compiled = compile_module(source, options, self.sanitizer, runtime)
            self._modules[key] = Module(compiled, runtime, options)
        return self._modules[key]

    def function(self, module: Handle, name: str) -> Handle:
        """A kernel of a module, by its ``extern "C"`` name."""
        if name not in module.kernels:
            names = ", ".join(module.kernels)
            raise DriverError(f"function: the module has no kernel {name!r}; it has {names}")
        return module.kernels[name]

    def launch(
        self,
        function: Handle,
        grid: Extent,
        block: Extent,
        arguments: Sequence[Argument],
        shared_bytes: int = 0,
        stream: Handle = 0,
    ) -> None:
        """Run a kernel to its end.

        Raises DriverError also where the arguments' number, sizes or kinds are not the kernel's,
        and for what the kernel did wrong: barriers that not all threads come to, addresses that are
        not the device's, writes behind a block of memory.
        """
        kernel: Kernel = function
        self._check_stream("launch", stream)
        contents = kernel.pack(arguments)
        kernel.check_extents(grid, block, shared_bytes)
        with self.device_memory.opened():
            fault = kernel.run(grid, block, contents, shared_bytes, self.order, self._blocks)
            behind = self.device_memory.check_gaps()
        if fault is not None:
            raise DriverError(self._say(kernel, fault))
        if behind is not None:
            raise DriverError(f"launch: {kernel.name} {behind}")
        self.ran.add((kernel.name, kernel.module.options))

    @contextmanager
    def only_blocks(self, start: int, stop: int) -> Iterator[None]:
        """Have launches run no other blocks than these, counted with x fastest.

        So a grid of more than 2^31 threads, and what a kernel computes from its extents, can be
        looked at without running all of it.
        """
        before, self._blocks = self._blocks, range(start, stop)
        try:
            yield
        finally:
            self._blocks = before

    def multiply(
        self, product: Product, a: Address, b: Address, c: Address, stream: Handle = 0
    ) -> None:
        """Matrix products, by NumPy."""
        self._check_stream("multiply", stream)
        addresses = (a, b, c)
        sizes = [span[0] for span in products.spans(product)]
        with self._open("multiply", *zip(addresses, sizes, strict=True)) as memory:

            def view(number: int, span: products.Span) -> np.ndarray:
                nbytes, shape, strides = span
                if not nbytes:
                    return np.empty(shape, product.dtype)
                return memory.view(addresses[number], shape, product.dtype, strides)

            products.multiply(product, view)

    def current(self, call: str, stream: Handle = 0) -> AbstractContextManager[None]:
        """A context in which a library may use the memory: the fence is down."""
        self._check_stream(call, stream)
        return self.device_memory.opened()

    # Order: all is done when a call comes back

    def stream(self) -> Handle:
        """A new stream."""
        self._handles += 1
        self._streams.add(self._handles)
        return self._handles

    def close_stream(self, stream: Handle) -> None:
        """Give a stream back."""
        self._check_stream("close_stream", stream)
        if stream == 0:
            raise DriverError("close_stream: stream 0, the default one, is never closed")
        self._streams.remove(stream)

    def event(self, stream: Handle = 0) -> Handle:
        """A mark after what the stream has been given so far, which has happened."""
        self._check_stream("event", stream)
        self._handles += 1
        self._events.add(self._handles)
        return self._handles

    def has_happened(self, event: Handle) -> bool:
        """True."""
        self._check_event("has_happened", event)
        return True

    def wait(self, stream: Handle, event: Handle) -> None:
        """Nothing is left to wait for."""
        self._check_stream("wait", stream)
        self._check_event("wait", event)

    def synchronize(self, stream: Handle | None = None) -> None:
        """Nothing is left to wait for."""
        if stream is not None:
            self._check_stream("synchronize", stream)

    # Checks

    @contextmanager
    def _open(self, call: str, *regions: tuple[Any, int]) -> Iterator[DeviceMemory]:
        """The memory, open, after a look that all of these regions are in it."""
        memory = self.device_memory
        with memory.opened():
            for address, nbytes in regions:
                memory.check(call, address, nbytes)
            yield memory

    def _say(self, kernel: Kernel, fault: Fault) -> str:
        thread = "" if fault.thread is None else f", thread {fault.thread}"
        where = f": {self.device_memory.describe(fault.address)}" if fault.address else ""
        return f"launch: {kernel.name}, block {fault.block}{thread}: {fault.text}{where}"

    def _check_stream(self, call: str, stream: Handle) -> None:
        if stream not in self._streams:
            raise DriverError(f"{call}: there is no stream {stream!r}, or it was closed")

    def _check_event(self, call: str, event: Handle) -> None:
        if event not in self._events:
            raise DriverError(f"{call}: there is no event {event!r}")


def _default_order() -> Order:
    given = os.environ.get(ORDER, "forward")
    return int(given) if given.isdigit() else given


def _check_contiguous(what: str, array: np.ndarray) -> None:
    if not array.flags.c_contiguous:
        raise DriverError(
            f"{what} has strides {array.strides} for shape {array.shape}; "
            "only contiguous arrays are copied"
        )


def _flat(array: np.ndarray) -> np.ndarray:
    """Its bytes, in memory."""
    return array.reshape(-1).view(np.uint8)
