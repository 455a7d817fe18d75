"""Loads, stores, atomic operations and fences as steps. Source: the PTX ISA manual, 9.7.9, 13."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.ptx import traffic
from tests.ptx.binding import Binder, Frame, Read, Step, constant
from tests.ptx.lanes import Lanes
from tests.ptx.module import (
    TYPES,
    UNSIGNED,
    Instruction,
    Memory,
    Register,
    Symbol,
    Variable,
    Vector,
)
from tests.ptx.plan import unsupported
from tests.ptx.traffic import Access

SPACES = ("global", "const", "shared", "local", "param")
STRONG = ("volatile", "relaxed", "acquire", "release", "acq_rel", "mmio")
VECTORS = {"v2": 2, "v4": 4, "v8": 8}


def space_of(instruction: Instruction) -> str:
    """The space that an opcode names, or "" for a generic address."""
    parts = [part.split("::")[0] for part in instruction.parts]
    if "shared::cluster" in instruction.parts:
        raise unsupported(instruction)
    return next((part for part in parts if part in SPACES), "")


def access_of(instruction: Instruction, kind: str) -> Access:
    """What the instruction does to memory."""
    dtype = TYPES[instruction.type]
    return Access(
        instruction,
        kind,
        space_of(instruction),
        UNSIGNED[dtype.itemsize] if kind != "atomic" else dtype,
        next((VECTORS[part] for part in instruction.parts if part in VECTORS), 1),
        kind == "atomic" or instruction.has(*STRONG),
        instruction.has("nc"),
    )


def components(operand: Any) -> tuple[Any, ...]:
    return operand.items if isinstance(operand, Vector) else (operand,)


def address(binder: Binder, memory: Memory) -> Read:
    """The addresses, (lanes,); those in shared and local memory may have 32 bits."""
    short = isinstance(memory.base, Register) and TYPES[memory.base.type].itemsize == 4
    kind = "u32" if short else "u64"
    base, offset = binder.read(memory.base, kind), constant(memory.offset, kind)

    def read(frame: Frame, lanes: Lanes) -> np.ndarray:
        return lanes.spread((base(frame, lanes) + offset).astype(np.uint64))

    return read


def load(binder: Binder, instruction: Instruction) -> Step:
    target, memory = instruction.operands
    kind = instruction.type
    bits = f"{'s' if kind[0] == 's' else 'u'}{8 * TYPES[kind].itemsize}"
    writes = [binder.write(item, bits) for item in components(target)]
    access, dtype = access_of(instruction, "load"), TYPES[bits]
    argument = _argument(binder, access, memory)
    if argument is not None:
        return _load_argument(binder, argument, memory.base.offset + memory.offset, dtype, writes)
    where = address(binder, memory)

    def step(frame: Frame, lanes: Lanes) -> None:
        found = traffic.load(access, frame.launch, lanes, where(frame, lanes))
        for write, value in zip(writes, found, strict=True):
            write(frame, lanes, value.view(dtype))

    return step


def store(binder: Binder, instruction: Instruction) -> Step:
    memory, source = instruction.operands
    bits = f"u{8 * TYPES[instruction.type].itemsize}"
    reads = [binder.read(item, bits) for item in components(source)]
    access = access_of(instruction, "store")
    argument = _argument(binder, access, memory)
    if argument is not None:
        return _store_argument(argument, memory.base.offset + memory.offset, TYPES[bits], reads)
    where = address(binder, memory)

    def step(frame: Frame, lanes: Lanes) -> None:
        values = [read(frame, lanes) for read in reads]
        traffic.store(access, frame.launch, lanes, where(frame, lanes), values)

    return step


def _argument(binder: Binder, access: Access, memory: Memory) -> Variable | None:
    """The variable, where a ``.param`` is named; None where an address is computed."""
    if access.space == "param" and isinstance(memory.base, Symbol):
        return memory.base.variable
    return None


def _load_argument(
    binder: Binder, variable: Variable, offset: int, dtype: np.dtype[Any], writes: list[Any]
) -> Step:
    size = dtype.itemsize
    if variable in binder.parameters:  # of the kernel: the same for all
        first = (binder.parameters[variable] + offset) // size

        def uniform(frame: Frame, lanes: Lanes) -> None:
            values = frame.launch.parameters.values(dtype)
            for n, write in enumerate(writes):
                write(frame, lanes, values[first + n])

        return uniform

    def step(frame: Frame, lanes: Lanes) -> None:
        values = frame.argument(variable).view(dtype)
        for n, write in enumerate(writes):
            write(frame, lanes, lanes.pick(values[:, offset // size + n]).copy())

    return step


def _store_argument(
    variable: Variable, offset: int, dtype: np.dtype[Any], reads: list[Read]
) -> Step:
    def step(frame: Frame, lanes: Lanes) -> None:
        values = frame.argument(variable).view(dtype)
        for n, read in enumerate(reads):
            values[lanes.index, offset // dtype.itemsize + n] = read(frame, lanes)

    return step


UPDATES: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "min": np.minimum,
    "max": np.maximum,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "exch": lambda old, new: new,
    "cas": lambda old, expected, new: np.where(old == expected, new, old),
    "inc": lambda old, most: np.where(old >= most, old.dtype.type(0), old + old.dtype.type(1)),
    "dec": lambda old, most: np.where((old == 0) | (old > most), most, old - old.dtype.type(1)),
}


def atomic(binder: Binder, instruction: Instruction) -> Step:
    """``atom`` and ``red``: lanes in ascending order, one after another."""
    returns = instruction.name == "atom"
    target = instruction.operands[0] if returns else None
    memory, *sources = instruction.operands[1 if returns else 0 :]
    name = next((part for part in instruction.parts if part in UPDATES), None)
    kind = instruction.type
    fits = kind[0] != "f" or name in ("add", "exch")
    if name is None or not fits or isinstance(target, Vector):
        raise unsupported(instruction)
    update = UPDATES[name]
    access, where = access_of(instruction, "atomic"), address(binder, memory)
    reads = [binder.read(source, kind) for source in sources]
    write = binder.write(target, kind)
    wanted = getattr(target, "slot", -1) in binder.used
    at = update.at if isinstance(update, np.ufunc) and not wanted else None
    releases = instruction.has("release", "acquire", "acq_rel")

    def step(frame: Frame, lanes: Lanes) -> None:
        launch = frame.launch
        place = where(frame, lanes)
        fenced = lanes.pick(launch.fenced)
        if releases or fenced.any():
            chosen = np.flatnonzero(fenced | releases)
            blocks = launch.block_of[lanes.numbers[chosen]] + launch.first
            for each, block in zip(place[chosen].tolist(), blocks.tolist(), strict=True):
                launch.grid.publications.atomic(each, block)
        values = [read(frame, lanes) for read in reads]
        found = traffic.exchange(access, launch, lanes, place, update, values, at)
        if wanted:
            write(frame, lanes, found)

    return step


def fence(binder: Binder, instruction: Instruction) -> Step:
    """A fence of the device, or of the block: only the former matters to other blocks."""
    if instruction.has("proxy", "mbarrier_init"):
        raise unsupported(instruction)
    if instruction.has("cta"):
        return lambda frame, lanes: None

    def step(frame: Frame, lanes: Lanes) -> None:
        frame.launch.fenced[lanes.index] = True

    return step
