"""Comparisons, selections, and moves between registers. Source: the PTX ISA manual, 9.7.5 and 9."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.ptx.binding import Binder, Step
from tests.ptx.floats import flushed
from tests.ptx.memory import WINDOWS
from tests.ptx.module import TYPES, UNSIGNED, Instruction, Label, Pair, Vector
from tests.ptx.plan import Plan, Table, registrar, unsupported

MOVES: Table = {}
rule = registrar(MOVES)

ORDERED: dict[str, Callable[..., Any]] = {
    "eq": np.equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "lo": np.less,
    "ls": np.less_equal,
    "hi": np.greater,
    "hs": np.greater_equal,
}
SPACES = ("global", "const", "shared", "local", "param")
BOOLEAN = {"and": np.logical_and, "or": np.logical_or, "xor": np.logical_xor}


def either_nan(a: Any, b: Any) -> Any:
    return np.isnan(a) | np.isnan(b)


def comparison(name: str, is_float: bool) -> Callable[..., Any]:
    """A comparison; on floats those that end in u are true where one is NaN."""
    if name == "num":
        return lambda a, b: ~either_nan(a, b)
    if name == "nan":
        return either_nan
    if name == "ne":  # NumPy's is true for NaN, PTX's is not
        return (lambda a, b: (a != b) & ~either_nan(a, b)) if is_float else np.not_equal
    if name == "neu":
        return np.not_equal
    if name.endswith("u") and is_float:
        ordered = ORDERED[name[:-1]]
        return lambda a, b: ordered(a, b) | either_nan(a, b)
    return ORDERED[name]


def compared(instruction: Instruction, kind: str) -> tuple[Callable[..., Any], tuple[str, ...]]:
    """What set and setp compute: a comparison, and its opposite, each combined with a predicate."""
    compare = comparison(instruction.parts[1], kind[0] == "f")
    if instruction.has("ftz"):
        plain = compare

        def compare(a: Any, b: Any) -> Any:
            return plain(flushed(a), flushed(b))

    join = BOOLEAN.get(instruction.parts[2])
    both = isinstance(instruction.operands[0], Pair)
    if join is None:
        if not both:
            return compare, (kind, kind)
        return lambda a, b: (compare(a, b), ~compare(a, b)), (kind, kind)
    if not both:
        return lambda a, b, p: join(compare(a, b), p), (kind, kind, "pred")

    def joined(a: Any, b: Any, p: Any) -> Any:
        found = compare(a, b)
        return join(found, p), join(~found, p)

    return joined, (kind, kind, "pred")


@rule("setp")
def setp(instruction: Instruction) -> Plan:
    function, kinds = compared(instruction, instruction.type)
    both = isinstance(instruction.operands[0], Pair)
    return Plan(function, kinds, ("pred", "pred") if both else ("pred",))


@rule("set")
def set_(instruction: Instruction) -> Plan:
    target, kind = instruction.types
    function, kinds = compared(instruction, kind)
    dtype = TYPES[target]
    yes = dtype.type(1) if target[0] == "f" else ~dtype.type(0)
    return Plan(lambda *v: np.where(function(*v), yes, dtype.type(0)), kinds, (target,))


@rule("selp")
def selp(instruction: Instruction) -> Plan:
    kind = instruction.type
    return Plan(lambda a, b, p: np.where(p, a, b), (kind, kind, "pred"), (kind,))


@rule("slct")
def slct(instruction: Instruction) -> Plan:
    kind, sign = instruction.types
    return Plan(lambda a, b, c: np.where(c >= 0, a, b), (kind, kind, sign), (kind,))


@rule("cvta")
def cvta(instruction: Instruction) -> Plan:
    space = next(p.split("::")[0] for p in instruction.parts if p.split("::")[0] in SPACES)
    base = 0 if space in ("global", "const") else WINDOWS[space]
    step = np.uint64(base)
    if instruction.has("to"):
        return Plan(lambda a: a - step, ("u64",), ("u64",))
    return Plan(lambda a: a + step, ("u64",), ("u64",))


@rule("isspacep")
def isspacep(instruction: Instruction) -> Plan:
    space = instruction.parts[1].split("::")[0]
    top = np.uint64(WINDOWS["global" if space == "const" else space] >> 40)
    return Plan(lambda a: a >> np.uint64(40) == top, ("u64",), ("pred",))


def mov(binder: Binder, instruction: Instruction) -> Step:
    """One register to another, or to and from the parts of a vector."""
    target, source = instruction.operands
    if not instruction.types or isinstance(source, Label):
        raise unsupported(instruction)  # 128 bits, or the address of a function
    kind = instruction.type
    if isinstance(source, Vector):
        return _pack(binder, target, source, kind)
    if isinstance(target, Vector):
        return _unpack(binder, target, source, kind)
    # a copy: registers are changed in place where only some lanes write
    return binder.lanewise(lambda a: a.copy(), [(target, kind)], [(source, kind)])


def _pack(binder: Binder, target: Any, source: Vector, kind: str) -> Step:
    dtype = UNSIGNED[TYPES[kind].itemsize]
    bits = 8 * dtype.itemsize // len(source.items)

    def packed(*parts: Any) -> Any:
        result = dtype.type(0)
        for n, part in enumerate(parts):
            result = result | part.astype(dtype) << dtype.type(bits * n)
        return result

    operands = [(item, f"b{bits}") for item in source.items]
    return binder.lanewise(packed, [(target, f"b{8 * dtype.itemsize}")], operands)


def _unpack(binder: Binder, target: Vector, source: Any, kind: str) -> Step:
    dtype = UNSIGNED[TYPES[kind].itemsize]
    bits = 8 * dtype.itemsize // len(target.items)
    narrow = UNSIGNED[bits // 8]

    def unpacked(value: Any) -> Any:
        parts = [(value >> dtype.type(bits * n)).astype(narrow) for n in range(len(target.items))]
        return parts if len(parts) > 1 else parts[0]

    results = [(item, f"b{bits}") for item in target.items]
    return binder.lanewise(unpacked, results, [(source, f"b{8 * dtype.itemsize}")])
