"""PTX as it is parsed: modules of variables and functions, functions of instructions."""

import dataclasses
from typing import Any, NamedTuple

import numpy as np

# The fundamental types, and the dtype that a value of each has when it is computed with.
TYPES: dict[str, np.dtype[Any]] = {
    **{f"{kind}{bits}": np.dtype(f"u{bits // 8}") for kind in "bu" for bits in (8, 16, 32, 64)},
    **{f"s{bits}": np.dtype(f"i{bits // 8}") for bits in (8, 16, 32, 64)},
    **{f"f{bits}": np.dtype(f"f{bits // 8}") for bits in (16, 32, 64)},
    "pred": np.dtype(bool),
}
UNSIGNED = {size: np.dtype(f"u{size}") for size in (1, 2, 4, 8)}


def storage(name: str) -> np.dtype[Any]:
    """The dtype in which a register of a type is kept: bits, or a float of 32 or 64 bits."""
    dtype = TYPES[name]
    return dtype if name in ("f32", "f64", "pred") else UNSIGNED[dtype.itemsize]


class Location(NamedTuple):
    """A line of the CUDA source; ``inlined`` is where a function that it is in was called."""

    file: str
    line: int
    inlined: tuple[str, int] | None = None

    def __str__(self) -> str:
        if not self.line:
            return "an unknown line"
        text = f"{self.file}:{self.line}"
        if self.inlined is None:
            return text
        file, line = self.inlined
        return f"{text} (called at {'' if file == self.file else file + ':'}{line})"


NOWHERE = Location("", 0)


@dataclasses.dataclass(eq=False)
class Variable:
    """A name for memory. Each is itself alone: two of one name may live in two scopes.

    size: in bytes; 0 for ``extern __shared__``, which takes what the launch gives.
    initial: the first bytes, or None. References: (offset, symbol) of addresses among them.
    """

    name: str
    space: str
    align: int
    size: int
    initial: bytes | None = None
    references: tuple[tuple[int, str], ...] = ()


class Register(NamedTuple):
    """A register, by its number in the function; a name may stand for several, by scope."""

    slot: int
    type: str


class Immediate(NamedTuple):
    """A number: an int, or the bits of a float as ``numpy`` scalar."""

    value: Any


class Special(NamedTuple):
    """A read-only register of the machine, such as ``%tid.x``."""

    name: str


class Symbol(NamedTuple):
    """The address of a variable, and what is added to it."""

    variable: Variable
    offset: int = 0


class Label(NamedTuple):
    """A name that is neither a register nor a variable: a label, or a function."""

    name: str


class Memory(NamedTuple):
    """``[base + offset]``."""

    base: Any
    offset: int


class Vector(NamedTuple):
    """``{a, b}``."""

    items: tuple[Any, ...]


class Pair(NamedTuple):
    """``d|p``: two results."""

    first: Any
    second: Any


class Negated(NamedTuple):
    """``!p``."""

    predicate: Any


class Arguments(NamedTuple):
    """``(a, b)`` of a call."""

    items: tuple[Any, ...]


@dataclasses.dataclass(slots=True)
class Instruction:
    """One instruction. parts: its opcode, split at the points.

    guard: the register of the predicate, and whether it is negated.
    """

    parts: tuple[str, ...]
    operands: tuple[Any, ...]
    guard: tuple[Register, bool] | None
    location: Location
    targets: tuple[int, ...] = ()  # where a branch goes

    @property
    def name(self) -> str:
        return self.parts[0]

    @property
    def opcode(self) -> str:
        return ".".join(self.parts)

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(part for part in self.parts[1:] if part in TYPES)

    @property
    def type(self) -> str:
        return self.types[-1]

    def has(self, *parts: str) -> bool:
        return any(part in self.parts for part in parts)


@dataclasses.dataclass(eq=False)
class Function:
    """A kernel or a device function. registers: the type of each; bounds: of ``.maxntid``."""

    name: str
    is_kernel: bool
    parameters: list[Variable]
    results: list[Variable]
    registers: list[str] = dataclasses.field(default_factory=list)
    variables: list[Variable] = dataclasses.field(default_factory=list)
    instructions: list[Instruction] = dataclasses.field(default_factory=list)
    most_threads: int = 1024

    def local_bytes(self) -> int:
        """What one thread needs of local memory; each variable begins at 16 bytes."""
        return sum(-(-v.size // 16) * 16 for v in self.variables if v.space == "local")


@dataclasses.dataclass(eq=False)
class Module:
    """What one PTX text holds."""

    target: str = ""
    variables: dict[str, Variable] = dataclasses.field(default_factory=dict)
    functions: dict[str, Function] = dataclasses.field(default_factory=dict)

    def reachable(self, function: Function) -> list[Function]:
        """A function and all that it may call."""
        found = [function]
        for caller in found:
            for instruction in caller.instructions:
                if instruction.name == "call":
                    for operand in instruction.operands:
                        callee = isinstance(operand, Label) and self.functions.get(operand.name)
                        if callee and callee not in found:
                            found.append(callee)
        return found
