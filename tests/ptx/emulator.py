"""A GPU that is not there: memory, modules and launches, with every rule that is known checked."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from knetengine.gpu.drivers.interface import Address
from tests.ptx import nvrtc
from tests.ptx.counters import Counters
from tests.ptx.execute import run
from tests.ptx.faults import Fault
from tests.ptx.launch import Extent, Grid
from tests.ptx.memory import ALLOCATED, READABLE, DeviceMemory
from tests.ptx.module import Module, Variable
from tests.ptx.parse import parse
from tests.ptx.program import Program

# Compute capability 7.5 and above, table "Technical Specifications" of the CUDA Programming Guide
MOST_THREADS = 1024
MOST_BLOCK = (1024, 1024, 64)
MOST_GRID = (2**31 - 1, 65535, 65535)
SHARED_BYTES = 48 * 1024  # without asking for more


class Loaded:
    """A module in the memory of a device: its variables have addresses."""

    def __init__(self, ptx: str, memory: DeviceMemory) -> None:
        self.module: Module = parse(ptx)
        self.memory = memory
        self.addresses: dict[Variable, int] = {}
        self._programs: dict[str, Program] = {}
        variables = [v for v in self.module.variables.values() if v.space in ("global", "const")]
        for variable in variables:
            self.addresses[variable] = memory.allocate(max(variable.size, 1))
        for variable in variables:
            self._initialise(variable)

    def _initialise(self, variable: Variable) -> None:
        """Memory of a module is zero where it has no value."""
        data = np.zeros(variable.size, np.uint8)
        if variable.initial is not None:
            data[: len(variable.initial)] = np.frombuffer(variable.initial, np.uint8)
        for offset, name in variable.references:
            address = self.addresses[self.module.variables[name]]
            data[offset : offset + 8] = np.frombuffer(np.uint64(address).tobytes(), np.uint8)
        self.memory.write(self.addresses[variable] - self.memory.base, data)

    def program(self, name: str) -> Program:
        """A kernel, bound when it is first asked for; raises Fault if there is none."""
        if name not in self._programs:
            kernels = [f.name for f in self.module.functions.values() if f.is_kernel]
            if name not in kernels:
                raise Fault("launch", f"no kernel {name!r}; there are {', '.join(kernels)}")
            kernel = self.module.functions[name]
            self._programs[name] = Program(self.module, kernel, self.addresses)
        return self._programs[name]


class Emulator:
    """One device, and one module that was compiled for it.

    source: CUDA C++. architecture: ten times the compute capability. options: for NVRTC.
    total_bytes: of the device's memory. lanes_at_once: how many threads are computed together;
        more is faster to a point, and takes more memory.
    step_limit: how many instructions of a group a launch may execute before it counts as endless.

    ``counters`` has the counts of the last launch, ``totals`` those of each kernel by name.
    """

    def __init__(
        self,
        source: str = "",
        architecture: int = 75,
        options: Sequence[str] = (),
        total_bytes: int = 256 << 20,
        lanes_at_once: int = 1 << 14,
        step_limit: int = 2_000_000,
    ) -> None:
        self.architecture = architecture
        self.memory = DeviceMemory(total_bytes)
        self.lanes_at_once = lanes_at_once
        self.step_limit = step_limit
        self.counters = Counters()
        self.totals: dict[str, Counters] = {}
        self.loaded = self.load(source, options) if source else None

    def load(self, source: str, options: Sequence[str] = ()) -> Loaded:
        """Compile a source, and put it into memory."""
        return Loaded(nvrtc.ptx(source, self.architecture, tuple(options)), self.memory)

    # Memory

    def allocate(self, nbytes: int) -> Address:
        """A block; its bytes may not be read before they are written."""
        return Address(self.memory.allocate(nbytes))

    def release(self, address: int) -> None:
        self.memory.release(address)

    def copy_in(self, target: int, source: np.ndarray) -> None:
        """Bytes of a contiguous array to the device."""
        span = self.memory.span(target, source.nbytes, "copy to the device")
        self.memory.data[span] = np.ascontiguousarray(source).reshape(-1).view(np.uint8)
        self.memory.state[span] = READABLE

    def copy_out(self, target: np.ndarray, source: int) -> None:
        """Bytes of the device into a contiguous array; raises Fault for what nobody has written."""
        span = self.memory.span(source, target.nbytes, "copy from the device")
        unwritten = self.memory.state[span] != READABLE
        if unwritten.any():
            at = int(np.argmax(unwritten))
            what = f"copy from the device: byte {at} of {target.nbytes} was never written"
            raise Fault("uninitialised", what, address=int(source) + at)
        target.reshape(-1).view(np.uint8)[:] = self.memory.data[span]

    def copy(self, target: int, source: int, nbytes: int) -> None:
        """Within the device; bytes that nobody has written stay so."""
        to = self.memory.span(target, nbytes, "copy within the device")
        of = self.memory.span(source, nbytes, "copy within the device")
        self.memory.data[to] = self.memory.data[of].copy()
        self.memory.state[to] = self.memory.state[of].copy()

    def fill(self, target: int, byte: int, nbytes: int) -> None:
        span = self.memory.span(target, nbytes, "fill")
        self.memory.data[span] = byte
        self.memory.state[span] = READABLE

    def put(self, array: np.ndarray) -> Address:
        """A new block with the bytes of an array."""
        address = self.allocate(max(array.nbytes, 1))
        self.copy_in(address, array)
        return address

    def get(self, address: int, shape: Any, dtype: Any) -> np.ndarray:
        """An array of what lies at an address."""
        found = np.empty(shape, dtype)
        self.copy_out(found, address)
        return found

    # Launches

    def launch(
        self,
        name: str,
        grid: int | Sequence[int],
        block: int | Sequence[int],
        arguments: Sequence[Any],
        shared_bytes: int = 0,
        loaded: Loaded | None = None,
        only: range | None = None,
    ) -> None:
        """Run a kernel to its end. Raises Fault for whatever it, or the call, does wrong.

        arguments: addresses, NumPy numbers, and structures of one element, by value. A Python int
            or float has the 8 bytes that CuPy would give it.
        only: the blocks that are run, counted with x fastest; None for all.
        """
        loaded = loaded or self.loaded
        assert loaded is not None, "no source was loaded"
        program = loaded.program(name)
        grid, block = extent(grid), extent(block)
        self._check_extents(program, grid, block)
        states = np.concatenate((program.static_shared, np.full(shared_bytes, ALLOCATED, np.uint8)))
        if program.shared_bytes + shared_bytes > SHARED_BYTES:
            what = (
                f"{name}: {program.shared_bytes} + {shared_bytes} bytes of shared memory, "
                f"a block has {SHARED_BYTES}"
            )
            raise Fault("launch", what)
        self.counters = Counters()
        run(
            program,
            Grid(
                program.kernel,
                grid,
                block,
                parameter_block(program, arguments),
                states,
                program.granule,
                self.memory,
                self.counters,
                self.step_limit,
                only,
            ),
            self.lanes_at_once,
        )
        self.totals[name] = self.totals.get(name, Counters()) + self.counters

    def _check_extents(self, program: Program, grid: Extent, block: Extent) -> None:
        name, most = program.kernel.name, program.kernel.most_threads
        threads = block[0] * block[1] * block[2]
        for what, given, limits in (("grid", grid, MOST_GRID), ("block", block, MOST_BLOCK)):
            if any(not 1 <= g <= limit for g, limit in zip(given, limits, strict=True)):
                raise Fault("launch", f"{name}: {what} {given}, each from 1 to {limits}")
        if threads > MOST_THREADS:
            raise Fault("launch", f"{name}: {threads} threads in a block, at most {MOST_THREADS}")
        if threads > most:
            raise Fault(
                "launch", f"{name}: {threads} threads in a block, __launch_bounds__ says {most}"
            )


def extent(given: int | Sequence[int]) -> Extent:
    """As (x, y, z)."""
    x, y, z, *_ = (*((given,) if isinstance(given, int) else given), 1, 1)
    return int(x), int(y), int(z)


def parameter_block(program: Program, arguments: Sequence[Any]) -> bytes:
    """The arguments as a kernel finds them; raises Fault unless number and sizes are its own."""
    name, parameters = program.kernel.name, program.kernel.parameters
    if len(arguments) != len(parameters):
        what = f"{name} takes {len(parameters)} arguments, {len(arguments)} were given"
        raise Fault("argument", what)
    block = bytearray(-(-sum(p.size + p.align for p in parameters) // 16) * 16)
    for number, (parameter, argument) in enumerate(zip(parameters, arguments, strict=True)):
        data = bytes_of(argument)
        if len(data) != parameter.size:
            what = (
                f"{name}: argument {number} ({type(argument).__name__} {argument!r:.60}) has "
                f"{len(data)} bytes, the kernel's parameter {parameter.size}"
            )
            raise Fault("argument", what)
        place = program.parameter_places[number]
        block[place : place + len(data)] = data
    return bytes(block)


@functools.singledispatch
def bytes_of(argument: Any) -> bytes:
    """An argument's bytes, as CuPy passes it."""
    raise Fault("argument", f"{type(argument).__name__} {argument!r} cannot be passed to a kernel")


@bytes_of.register
def _(argument: np.generic) -> bytes:
    return argument.tobytes()


@bytes_of.register
def _(argument: np.ndarray) -> bytes:
    if argument.size != 1:
        raise Fault("argument", f"an array of shape {argument.shape} cannot be passed by value")
    return argument.tobytes()


@bytes_of.register
def _(argument: int) -> bytes:
    return np.uint64(argument % 2**64).tobytes()


@bytes_of.register
def _(argument: float) -> bytes:
    return np.float64(argument).tobytes()
