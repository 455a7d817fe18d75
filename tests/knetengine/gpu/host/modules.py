"""Compiled modules in this process, and launches of their kernels by the runtime."""

import ctypes
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from knetengine.gpu.drivers.interface import Address, Argument, DriverError, Extent
from tests.knetengine.gpu.host.compiling import Compiled, KernelText

Order = str | int  # "forward", "backward", or the seed of a random one
DIRECTIONS = {"forward": 0, "backward": 1}
SEEDED = 2

# A block's extents, a block, and a grid's extents may be so large: CUDA C++ Programming Guide,
# "Technical Specifications per Compute Capability".
MOST_THREADS = 1024
BLOCK_LIMITS = (1024, 1024, 64)
GRID_LIMITS = ((1 << 31) - 1, 65535, 65535)
SHARED_BYTES = 48 << 10  # more has to be asked for on a device

KINDS = {"p": "a pointer", "i": "an integer", "f": "a floating-point number", "s": "a struct"}
NO_THREAD = 0xFFFFFFFF

# There is one runtime in a process, and one device's kernels run at a time.
_running = threading.RLock()


class _ParameterEntry(ctypes.Structure):
    _fields_ = (("bytes", ctypes.c_uint), ("kind", ctypes.c_char))


class _KernelEntry(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("run", ctypes.c_void_p),
        ("parameters", ctypes.POINTER(_ParameterEntry)),
        ("count", ctypes.c_uint),
        ("most_threads", ctypes.c_uint),
    )


class _Launch(ctypes.Structure):
    _fields_ = (
        ("run", ctypes.c_void_p),
        ("arguments", ctypes.c_void_p),
        ("shared_anchor", ctypes.c_void_p),
        ("shared_offset", ctypes.c_int64),
        ("shared_bytes", ctypes.c_uint64),
        ("dynamic_bytes", ctypes.c_uint64),
        ("grid", ctypes.c_uint32 * 3),
        ("block", ctypes.c_uint32 * 3),
        ("first_block", ctypes.c_uint64),
        ("end_block", ctypes.c_uint64),
        ("direction", ctypes.c_uint32),
        ("unused", ctypes.c_uint32),
        ("seed", ctypes.c_uint64),
    )


class _Fault(ctypes.Structure):
    _fields_ = (
        ("block", ctypes.c_uint32 * 3),
        ("thread", ctypes.c_uint32 * 3),
        ("address", ctypes.c_uint64),
        ("text", ctypes.c_char * 512),
    )


class Parameter(NamedTuple):
    """kind: a key of KINDS."""

    name: str
    nbytes: int
    kind: str


class Fault(NamedTuple):
    """What ended a launch. thread: None where it is no thread's in particular. address: or 0."""

    text: str
    block: Extent
    thread: Extent | None
    address: int


class Module:
    """A compiled module, loaded. Static shared memory is that of all its kernels together."""

    def __init__(self, compiled: Compiled, runtime: Path, options: Sequence[str] = ()) -> None:
        self.options = tuple(options)
        self.runtime = ctypes.CDLL(str(runtime))
        self.library = ctypes.CDLL(str(compiled.library))
        count = ctypes.c_uint()
        self.library.kn_kernels.restype = ctypes.POINTER(_KernelEntry)
        table = self.library.kn_kernels(ctypes.byref(count))
        texts = {text.name: text for text in compiled.kernels}
        entries = [table[number] for number in range(count.value)]
        self.kernels = {
            entry.name.decode(): Kernel(self, entry, texts[entry.name.decode()])
            for entry in entries
        }
        self.anchor = ctypes.cast(self.library.kn_shared_anchor, ctypes.c_void_p).value
        offset, size = ctypes.c_int64(), ctypes.c_uint64()
        self.runtime.kn_shared_region(
            ctypes.c_void_p(self.anchor), ctypes.byref(offset), ctypes.byref(size)
        )
        self.shared_offset, self.shared_bytes = offset.value, size.value


class Kernel:
    """A kernel of a module: what it takes, and how it is run."""

    def __init__(self, module: Module, entry: _KernelEntry, text: KernelText) -> None:
        self.module = module
        self.name = text.name
        self.most_threads = entry.most_threads or MOST_THREADS
        self._run = entry.run
        sizes = [entry.parameters[number] for number in range(entry.count)]
        names = text.parameters if len(text.parameters) == len(sizes) else ("",) * len(sizes)
        self.parameters = tuple(
            Parameter(name, size.bytes, size.kind.decode())
            for name, size in zip(names, sizes, strict=True)
        )

    def pack(self, arguments: Sequence[Argument]) -> list[bytes]:
        """The bytes of each argument.

        Raises TypeError for an argument that is neither an Address nor of NumPy's, and DriverError
        where there are more or fewer than the kernel takes, or one of another size or kind.
        """
        if len(arguments) != len(self.parameters):
            raise DriverError(
                f"launch: {self.name} takes {len(self.parameters)} arguments "
                f"({', '.join(each.name for each in self.parameters)}), was given {len(arguments)}"
            )
        numbered = enumerate(zip(arguments, self.parameters, strict=True))
        return [self._pack_one(number, *pair) for number, pair in numbered]

    def _pack_one(self, number: int, argument: Argument, parameter: Parameter) -> bytes:
        content, kind = _content(argument, f"launch: {self.name}, argument {number}")
        if len(content) != parameter.nbytes or kind != parameter.kind:
            raise DriverError(
                f"launch: {self.name} takes for argument {number} ({parameter.name}) "
                f"{KINDS[parameter.kind]} of {parameter.nbytes} bytes, was given "
                f"{KINDS[kind]} of {len(content)}: {argument!r}"
            )
        return content

    def check_extents(self, grid: Extent, block: Extent, dynamic_bytes: int) -> None:
        """Raises DriverError for a launch that a device refuses."""
        for what, extents, limits in (("grid", grid, GRID_LIMITS), ("block", block, BLOCK_LIMITS)):
            pairs = zip(extents, limits, strict=True)
            if not all(1 <= extent <= limit for extent, limit in pairs):
                raise DriverError(
                    f"launch: {self.name} was given the {what} {tuple(extents)}; "
                    f"extents go from 1 to {limits}"
                )
        threads = block[0] * block[1] * block[2]
        if threads > self.most_threads:
            raise DriverError(
                f"launch: {self.name} was given a block of {threads} threads {tuple(block)}; "
                f"it takes at most {self.most_threads}"
            )
        if not 0 <= dynamic_bytes <= SHARED_BYTES:
            raise DriverError(
                f"launch: {self.name} was given {dynamic_bytes} bytes of shared memory; "
                f"a block has at most {SHARED_BYTES}"
            )

    def run(
        self,
        grid: Extent,
        block: Extent,
        arguments: Sequence[bytes],
        dynamic_bytes: int,
        order: Order,
        blocks: range | None = None,
    ) -> Fault | None:
        """Run the kernel, and say what ended it before its time.

        arguments: as `pack` gives them. blocks: those to run, counted with x fastest; all if None.
        """
        holder, pointers = _lay_out(arguments)
        if blocks is None:
            blocks = range(grid[0] * grid[1] * grid[2])
        launch = _Launch(
            self._run,
            ctypes.addressof(pointers),
            self.module.anchor,
            self.module.shared_offset,
            self.module.shared_bytes,
            dynamic_bytes,
            tuple(grid),
            tuple(block),
            blocks.start,
            blocks.stop,
            DIRECTIONS[order] if isinstance(order, str) else SEEDED,
            0,
            0 if isinstance(order, str) else order,
        )
        fault = _Fault()
        with _running:
            failed = self.module.runtime.kn_launch(ctypes.byref(launch), ctypes.byref(fault))
        del holder
        if not failed:
            return None
        block_index, thread_index = tuple(fault.block), tuple(fault.thread)
        thread = None if thread_index[0] == NO_THREAD else thread_index
        return Fault(fault.text.decode(errors="replace"), block_index, thread, fault.address)


def check_order(order: Order) -> Order:
    """Raises ValueError for an order that there is not."""
    if order in DIRECTIONS or (isinstance(order, int) and 0 <= order < 1 << 64):
        return order
    raise ValueError(f'order is {order!r}; give "forward", "backward", or a seed of 0 or more')


def _content(argument: Argument, where: str) -> tuple[bytes, str]:
    """The bytes of an argument, and the kind of parameter that it is for."""
    if isinstance(argument, Address):
        return argument.to_bytes(8, "little"), "p"
    if not isinstance(argument, np.generic | np.ndarray):
        raise TypeError(
            f"{where} is {argument!r} of type {type(argument).__name__}; "
            "give an Address, a NumPy scalar, or a NumPy array for a struct"
        )
    if argument.size != 1:
        raise TypeError(f"{where} is an array of shape {argument.shape}; a struct has shape ()")
    # A half is a struct in our sources: neither C++ nor NVRTC has the type without a header.
    kinds = {"b": "i", "i": "i", "u": "i", "f": "s" if argument.dtype.itemsize == 2 else "f"}
    return argument.tobytes(), kinds.get(argument.dtype.kind, "s")


def _lay_out(contents: Sequence[bytes]) -> tuple[np.ndarray, ctypes.Array[ctypes.c_void_p]]:
    """Arguments in memory, each aligned as any type may need it, and pointers to them."""
    step = 16
    starts, size = [], step
    for content in contents:
        starts.append(size)
        size += -(-len(content) // step) * step
    holder = np.zeros(size, np.uint8)
    base = -(-holder.ctypes.data // step) * step - step
    for start, content in zip(starts, contents, strict=True):
        ctypes.memmove(base + start, content, len(content))
    pointers = (ctypes.c_void_p * max(1, len(starts)))(*(base + start for start in starts))
    return holder, pointers
