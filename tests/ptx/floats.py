"""Floating-point arithmetic. Source: the PTX ISA manual, sections 9.7.3 and 9.7.4.

What PTX calls approximate is computed in float64 and rounded: closer to the true value than the
hardware is, so that a result is not the hardware's to the last bits.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.ptx import rounding
from tests.ptx.module import TYPES, Instruction
from tests.ptx.plan import Plan, Table, registrar, unsupported

FLOATS: Table = {}
rule = registrar(FLOATS)
MODES = ("rz", "rm", "rp")


def mode_of(instruction: Instruction) -> str:
    """The direction of rounding, to nearest if none is given."""
    return next((part for part in instruction.parts if part in MODES), "rn")


def flushed(value: Any) -> Any:
    """Subnormal numbers as zeros of their sign."""
    tiny = np.finfo(value.dtype).tiny
    return np.where(np.abs(value) < tiny, np.copysign(value.dtype.type(0), value), value)


def saturated(value: Any) -> Any:
    """In [0, 1], and 0 for NaN."""
    zero, one = value.dtype.type(0), value.dtype.type(1)
    return np.where(value > zero, np.minimum(value, one), zero)


def finished(function: Callable[..., Any], instruction: Instruction) -> Callable[..., Any]:
    """A function with .ftz and .sat around it."""
    if instruction.has("ftz"):
        plain = function

        def flushing(*values: Any) -> Any:
            return flushed(plain(*(flushed(v) for v in values)))

        function = flushing
    if instruction.has("sat"):
        inner = function
        return lambda *values: saturated(inner(*values))
    return function


def arithmetic(function: Callable[..., Any], instruction: Instruction, operands: int) -> Plan:
    kind = instruction.type
    return Plan(finished(function, instruction), (kind,) * operands, (kind,))


@rule("add", "sub")
def add(instruction: Instruction) -> Plan:
    kind, mode = instruction.type, mode_of(instruction)
    minus = instruction.name == "sub"
    if mode == "rn":
        return arithmetic(np.subtract if minus else np.add, instruction, 2)

    def directed(a: Any, b: Any) -> Any:
        b = -b if minus else b
        if kind == "f64":
            return rounding.directed64("add", mode, a + b, a, b)
        return rounding.fma32(a, np.float32(1), b, mode)

    return arithmetic(directed, instruction, 2)


@rule("mul")
def mul(instruction: Instruction) -> Plan:
    kind, mode = instruction.type, mode_of(instruction)
    if mode == "rn":
        return arithmetic(np.multiply, instruction, 2)

    def directed(a: Any, b: Any) -> Any:
        if kind == "f64":
            return rounding.directed64("mul", mode, a * b, a, b)
        return rounding.narrow(a.astype(np.float64) * b, mode)

    return arithmetic(directed, instruction, 2)


@rule("fma", "mad")
def fma(instruction: Instruction) -> Plan:
    kind, mode = instruction.type, mode_of(instruction)
    if instruction.has("relu"):
        raise unsupported(instruction)

    def fused(a: Any, b: Any, c: Any) -> Any:
        if kind == "f32":
            return rounding.fma32(a, b, c, mode)
        if kind == "f16":
            return (a.astype(np.float64) * b + c).astype(np.float16)
        nearest = rounding.fma64(a, b, c)
        return nearest if mode == "rn" else rounding.directed64("fma", mode, nearest, a, b, c)

    return arithmetic(fused, instruction, 3)


@rule("div")
def div(instruction: Instruction) -> Plan:
    if mode_of(instruction) != "rn":
        raise unsupported(instruction)
    return arithmetic(np.divide, instruction, 2)


def upper_word(value: Any) -> Any:
    """A float64 without the lower half of its bits."""
    return (value.view(np.uint64) & np.uint64(0xFFFFFFFF00000000)).view(np.float64)


APPROXIMATE: dict[str, Callable[[Any], Any]] = {
    "rcp": lambda x: 1 / x,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "sin": np.sin,
    "cos": np.cos,
    "lg2": np.log2,
    "ex2": np.exp2,
    "tanh": np.tanh,
}


@rule(*APPROXIMATE)
def approximate(instruction: Instruction) -> Plan:
    function = APPROXIMATE[instruction.name]
    dtype = TYPES[instruction.type]
    if mode_of(instruction) != "rn":
        raise unsupported(instruction)
    if instruction.name == "rsqrt":  # of -0 too it is an infinity of the sign

        def function(x: Any) -> Any:
            return np.where(x == 0, np.copysign(np.inf, x), 1 / np.sqrt(x))

    if instruction.name in ("rcp", "rsqrt") and instruction.type == "f64":
        if instruction.has("ftz"):  # "approx.ftz.f64" is of the upper words alone
            return arithmetic(lambda x: upper_word(function(upper_word(x))), instruction, 1)
        return arithmetic(function, instruction, 1)
    if instruction.has("rn"):  # rcp and sqrt, correctly rounded: in the type itself
        exact = np.sqrt if instruction.name == "sqrt" else np.reciprocal
        return arithmetic(exact, instruction, 1)
    return arithmetic(
        lambda x: np.asarray(function(x.astype(np.float64))).astype(dtype)[()], instruction, 1
    )


@rule("abs", "neg")
def sign(instruction: Instruction) -> Plan:
    return arithmetic(np.abs if instruction.name == "abs" else np.negative, instruction, 1)


@rule("copysign")
def copysign(instruction: Instruction) -> Plan:
    return arithmetic(lambda a, b: np.copysign(b, a), instruction, 2)


@rule("min", "max")
def least(instruction: Instruction) -> Plan:
    if instruction.has("xorsign", "abs") or len(instruction.operands) != 3:
        raise unsupported(instruction)
    smaller = instruction.name == "min"
    propagates = instruction.has("NaN")

    def chosen(a: Any, b: Any) -> Any:
        if propagates:
            result = np.minimum(a, b) if smaller else np.maximum(a, b)
        else:
            result = np.fmin(a, b) if smaller else np.fmax(a, b)
        both_zero = (a == 0) & (b == 0)  # -0 is less than +0
        if not np.any(both_zero):
            return result
        signs = (np.signbit(a) | np.signbit(b)) if smaller else (np.signbit(a) & np.signbit(b))
        zero = np.where(signs, a.dtype.type(-0.0), a.dtype.type(0.0))
        return np.where(both_zero, zero, result)

    return arithmetic(chosen, instruction, 2)


@rule("testp")
def testp(instruction: Instruction) -> Plan:
    tests: dict[str, Callable[[Any], Any]] = {
        "finite": np.isfinite,
        "infinite": np.isinf,
        "number": lambda x: ~np.isnan(x),
        "notanumber": np.isnan,
        "normal": lambda x: np.isfinite(x) & (np.abs(x) >= np.finfo(x.dtype).tiny),
        "subnormal": lambda x: (x != 0) & (np.abs(x) < np.finfo(x.dtype).tiny),
    }
    return Plan(tests[instruction.parts[1]], (instruction.type,), ("pred",))
