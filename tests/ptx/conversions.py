"""``cvt``: between integers and floats of all sizes. Source: the PTX ISA manual, 9.7.9.21."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.ptx.floats import MODES, flushed, saturated
from tests.ptx.module import TYPES, Instruction
from tests.ptx.plan import Plan, unsupported
from tests.ptx.rounding import narrow

INTEGRAL = {"rni": np.rint, "rzi": np.trunc, "rmi": np.floor, "rpi": np.ceil}


def cvt(instruction: Instruction) -> Plan:
    """The plan of a conversion of one number."""
    if len(instruction.types) != 2 or instruction.has("relu", "satfinite", "rna"):
        raise unsupported(instruction)
    target, source = instruction.types
    if target[0] == "f":
        function = to_float(instruction, TYPES[target], TYPES[source])
    elif source[0] == "f":
        function = to_integer(instruction, TYPES[target])
    else:
        function = between_integers(instruction, TYPES[target])
    return Plan(function, (source,), (target,))


def cvt_pair(instruction: Instruction) -> Plan:
    """``cvt.rn.f16x2.f32 d, a, b``: a in the upper half."""
    if not instruction.has("rn") or instruction.has("relu", "satfinite"):
        raise unsupported(instruction)

    def packed(a: Any, b: Any) -> Any:
        upper, lower = (
            np.asarray(x).astype(np.float16).view(np.uint16).astype(np.uint32) for x in (a, b)
        )
        return ((upper << np.uint32(16)) | lower)[()]

    return Plan(packed, ("f32", "f32"), ("u32",))


def between_integers(instruction: Instruction, target: np.dtype[Any]) -> Callable[[Any], Any]:
    if not instruction.has("sat"):
        return lambda x: x.astype(target)
    limits = np.iinfo(target)

    def clamped(x: Any) -> Any:
        own = np.iinfo(x.dtype)
        least, most = max(limits.min, own.min), min(limits.max, own.max)
        return np.clip(x, x.dtype.type(least), x.dtype.type(most)).astype(target)

    return clamped


def to_integer(instruction: Instruction, target: np.dtype[Any]) -> Callable[[Any], Any]:
    """Rounded, and clamped to what the type can hold, always."""
    integral = next((INTEGRAL[part] for part in instruction.parts if part in INTEGRAL), np.trunc)
    limits = np.iinfo(target)
    flushes = instruction.has("ftz")

    def converted(x: Any) -> Any:
        # NaN is 0, except where one of the two types has 64 bits
        wide = x.dtype.itemsize == 8 or target.itemsize == 8
        nan = 1 << 8 * target.itemsize - 1 if wide and limits.min == 0 else limits.min * wide
        whole = integral(flushed(x) if flushes else x).astype(np.float64)
        # 2^63 and 2^64 are exact, the largest integers below them are not
        above, below = whole >= float(limits.max), whole <= float(limits.min)
        inside = np.where(above | below | np.isnan(whole), 0, whole).astype(target)
        inside = np.where(above, target.type(limits.max), inside)
        inside = np.where(below, target.type(limits.min), inside)
        return np.where(np.isnan(whole), target.type(nan), inside)

    return converted


def to_float(
    instruction: Instruction, target: np.dtype[Any], source: np.dtype[Any]
) -> Callable[[Any], Any]:
    integral = next((INTEGRAL[part] for part in instruction.parts if part in INTEGRAL), None)
    mode = next((part for part in instruction.parts if part in MODES), "rn")
    exact = source.kind == "f" or source.itemsize < 8  # as float64
    if mode != "rn" and not (target == np.float32 and exact):
        raise unsupported(instruction)

    def converted(x: Any) -> Any:
        if instruction.has("ftz") and x.dtype == np.float32:
            x = flushed(x)
        if integral is not None:
            x = integral(x)
        result = x.astype(target) if mode == "rn" else narrow(x.astype(np.float64), mode)
        if instruction.has("ftz") and target == np.float32:
            result = flushed(result)
        return saturated(result) if instruction.has("sat") else result

    return converted
