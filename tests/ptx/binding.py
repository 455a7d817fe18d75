"""Operands as functions: how an instruction gets its values from a frame, and puts its result.

Instructions are bound once for each kernel; while it runs, only these functions are called.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.ptx.faults import Fault
from tests.ptx.lanes import Lanes
from tests.ptx.launch import Launch
from tests.ptx.module import (
    TYPES,
    UNSIGNED,
    Function,
    Immediate,
    Instruction,
    Label,
    Module,
    Negated,
    Register,
    Special,
    Symbol,
    Variable,
    storage,
)

Read = Callable[["Frame", Lanes], Any]
Write = Callable[["Frame", Lanes, Any], None]
Step = Callable[["Frame", Lanes], None]


class Frame:
    """One call of a function by some lanes.

    registers: each an array over all lanes of the launch, or a number that is equal for all.
    arguments: the bytes of ``.param`` variables, (all lanes, size), of this and of called frames.
    local_base: where its local variables begin in each thread's local memory.
    living: how many lanes have not come to its end.
    """

    def __init__(self, function: Function, launch: Launch, local_base: int, lanes: Lanes) -> None:
        self.function = function
        self.launch = launch
        self.registers: list[Any] = [storage(kind).type(0) for kind in function.registers]
        self.registers.append(np.bool_(False))  # the carry flag of .cc
        self.arguments: dict[Variable, np.ndarray] = {}
        self.local_base = local_base
        self.living = lanes.size

    def argument(self, variable: Variable) -> np.ndarray:
        """The bytes of a parameter, for each lane."""
        found = self.arguments.get(variable)
        if found is None:
            size = -(-variable.size // 16) * 16
            found = self.arguments[variable] = np.zeros((self.launch.total, size), np.uint8)
        return found


class Binder:
    """Binds the instructions of one function, as a kernel reaches it.

    addresses: of the variables of the module and of shared memory. entry: the kernel.
    """

    def __init__(
        self, module: Module, entry: Function, function: Function, addresses: dict[Variable, int]
    ) -> None:
        self.module = module
        self.entry = entry
        self.function = function
        self.addresses = addresses
        self.local: dict[Variable, int] = {}
        self.used = {register.slot for i in function.instructions for register in _sources(i)}
        at = 0
        for variable in function.variables:
            if variable.space == "local":
                self.local[variable] = at
                at += -(-variable.size // 16) * 16
        self.carry = Register(len(function.registers), "pred")
        self.parameters: dict[Variable, int] = {}
        at = 0
        for parameter in entry.parameters:
            at = -(-at // parameter.align) * parameter.align
            self.parameters[parameter] = at
            at += parameter.size

    def read(self, operand: Any, kind: str) -> Read:
        """A function that gives an operand as a type: (lanes,), or a number equal for all."""
        if isinstance(operand, Register):
            return _read_register(operand, kind)
        if isinstance(operand, Negated):
            inner = self.read(operand.predicate, "pred")
            return lambda frame, lanes: ~inner(frame, lanes)
        if isinstance(operand, Immediate):
            number = constant(operand.value, kind)
            return lambda frame, lanes: number
        if isinstance(operand, Special):
            return self._read_special(operand.name, TYPES[kind])
        if isinstance(operand, Symbol):
            return self._read_address(operand, TYPES[kind])
        raise Fault("unsupported", f"operand {operand} of {self.function.name}")

    def _read_special(self, name: str, dtype: np.dtype[Any]) -> Read:
        if name in ("%clock", "%clock64", "%clock_hi"):  # some number that grows
            return lambda frame, lanes: dtype.type(
                frame.launch.grid.step_limit - frame.launch.grid.steps_left
            )

        def read(frame: Frame, lanes: Lanes) -> Any:
            value = frame.launch.special(name)
            if value is None:
                raise Fault("unsupported", f"the register {name} in {frame.function.name}")
            return lanes.pick(value).astype(dtype)

        return read

    def _read_address(self, symbol: Symbol, dtype: np.dtype[Any]) -> Read:
        variable = symbol.variable
        if variable in self.local:
            offset = self.local[variable] + symbol.offset
            return lambda frame, lanes: dtype.type(frame.local_base + offset)
        if variable in self.parameters:
            address = self.parameters[variable]
        elif variable in self.addresses:
            address = self.addresses[variable]
        else:
            raise Fault("unsupported", f"the address of {variable.name}")
        number = np.uint64(address + symbol.offset).astype(dtype)
        return lambda frame, lanes: number

    def write(self, operand: Any, kind: str) -> Write:
        """A function that puts a result of a type; what is narrower than its register grows."""
        if not isinstance(operand, Register):  # "_": the result is not wanted
            return lambda frame, lanes, value: None
        slot, kept, dtype = operand.slot, storage(operand.type), TYPES[kind]
        if kept == dtype:
            return lambda frame, lanes, value: _put(frame, lanes, slot, value, kept)
        if kept.itemsize == dtype.itemsize:
            return lambda frame, lanes, value: _put(frame, lanes, slot, value.view(kept), kept)
        wide = np.dtype(f"{dtype.kind if dtype.kind == 'i' else 'u'}{kept.itemsize}")
        bits = dtype if dtype.kind in "iu" else UNSIGNED[dtype.itemsize]
        return lambda frame, lanes, value: _put(
            frame, lanes, slot, value.view(bits).astype(wide).view(kept), kept
        )

    def lanewise(
        self,
        function: Callable[..., Any],
        results: list[tuple[Any, str]],
        operands: list[tuple[Any, str]],
    ) -> Step:
        """A step that computes results, (operand, type) each, from operands, all lane by lane."""
        reads = [self.read(operand, kind) for operand, kind in operands]
        writes = [self.write(operand, kind) for operand, kind in results]
        if len(writes) != 1:

            def several(frame: Frame, lanes: Lanes) -> None:
                found = function(*[read(frame, lanes) for read in reads])
                for write, value in zip(writes, found, strict=True):
                    write(frame, lanes, value)

            return several
        (write,) = writes
        if len(reads) == 2:
            first, second = reads
            return lambda frame, lanes: write(
                frame, lanes, function(first(frame, lanes), second(frame, lanes))
            )
        return lambda frame, lanes: write(
            frame, lanes, function(*[read(frame, lanes) for read in reads])
        )


def _read_register(register: Register, kind: str) -> Read:
    slot, kept, dtype = register.slot, storage(register.type), TYPES[kind]

    def plain(frame: Frame, lanes: Lanes) -> Any:
        value = frame.registers[slot]
        return value if lanes.full or value.ndim == 0 else value[lanes.index]

    if kept == dtype:
        return plain
    if kept.itemsize == dtype.itemsize:
        return lambda frame, lanes: plain(frame, lanes).view(dtype)
    narrow = UNSIGNED[dtype.itemsize]
    return lambda frame, lanes: plain(frame, lanes).astype(narrow).view(dtype)


def _put(frame: Frame, lanes: Lanes, slot: int, value: Any, kept: np.dtype[Any]) -> None:
    """Set a register. The value is nobody else's array: it may become the register."""
    registers = frame.registers
    if lanes.full or (lanes.live and value.ndim == 0):
        registers[slot] = value
        return
    old = registers[slot]
    if old.ndim == 0:
        registers[slot] = np.full(lanes.total, old, kept)
    registers[slot][lanes.index] = value


def constant(value: Any, kind: str) -> Any:
    """An immediate as a number of a type; floats are also written as bits."""
    dtype = TYPES[kind]
    if kind == "pred":
        return np.bool_(value)
    if isinstance(value, int) and dtype.kind in "iu":
        bits = value % (1 << 8 * dtype.itemsize)
        return UNSIGNED[dtype.itemsize].type(bits).view(dtype)
    if isinstance(value, np.generic):
        return value.view(dtype) if value.dtype.itemsize == dtype.itemsize else dtype.type(value)
    return dtype.type(value)


def _sources(instruction: Instruction) -> list[Register]:
    """The registers that an instruction reads, or, where that is not plain, all that it names."""
    operands: list[Any] = list(instruction.operands)
    if instruction.name == "atom":
        operands = operands[1:]
    found, stack = [], operands + ([instruction.guard[0]] if instruction.guard else [])
    while stack:
        operand = stack.pop()
        if isinstance(operand, Register):
            found.append(operand)
        elif isinstance(operand, tuple) and not isinstance(operand, Label):
            stack.extend(part for part in operand)
    return found
