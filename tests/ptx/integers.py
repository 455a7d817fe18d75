"""Integer, bit and logic instructions. Source: the PTX ISA manual, sections 9.7.1, 2 and 8."""

from typing import Any

import numpy as np

from tests.ptx.module import TYPES, UNSIGNED, Instruction
from tests.ptx.plan import Plan, Table, registrar, unsupported

INTEGERS: Table = {}
rule = registrar(INTEGERS)
U32 = np.uint32
NO_CARRY = np.bool_(False)


def unsigned(kind: str) -> str:
    """The unsigned type of the same size."""
    return f"u{8 * TYPES[kind].itemsize}"


def twice(kind: str) -> str:
    """The type of twice the size."""
    return f"{kind[0]}{16 * TYPES[kind].itemsize}"


def high_product(a: Any, b: Any) -> Any:
    """The upper half of a product of integers of one dtype."""
    dtype = a.dtype
    if dtype.itemsize < 8:
        wide = np.dtype(f"{dtype.kind}{2 * dtype.itemsize}")
        bits = wide.type(8 * dtype.itemsize)
        return ((a.astype(wide) * b.astype(wide)) >> bits).astype(dtype)
    x, y = a.view(np.uint64), b.view(np.uint64)
    half, mask = np.uint64(32), np.uint64(0xFFFFFFFF)
    x_high, x_low, y_high, y_low = x >> half, x & mask, y >> half, y & mask
    low = x_low * y_low
    middle = x_high * y_low + (low >> half)
    other = x_low * y_high + (middle & mask)
    high = x_high * y_high + (middle >> half) + (other >> half)
    if dtype.kind == "i":
        zero = np.uint64(0)
        high = high - np.where(a < 0, y, zero) - np.where(b < 0, x, zero)
    return high.view(dtype)


def added(a: Any, b: Any, carry: Any) -> tuple[Any, Any]:
    """a + b + carry of unsigned numbers, and the carry out."""
    part = a + b
    total = part + carry.astype(a.dtype)
    return total, (part < a) | (total < part)


def product(instruction: Instruction) -> Any:
    """The function for .lo, .hi and .wide; the last of its operands' dtype."""
    kind = instruction.type
    if instruction.has("wide"):
        wide = TYPES[twice(kind)]
        return lambda a, b: a.astype(wide) * b.astype(wide)
    if instruction.has("hi"):
        return high_product
    return np.multiply


@rule("add", "addc", "sub", "subc")
def add(instruction: Instruction) -> Plan:
    kind = unsigned(instruction.type)
    minus = instruction.name.startswith("sub")
    if instruction.has("sat"):
        least, most = -(2**31), 2**31 - 1

        def clamped(a: Any, b: Any) -> Any:
            wide = a.astype(np.int64) - b if minus else a.astype(np.int64) + b
            return np.clip(wide, least, most).astype(np.int32)

        return Plan(clamped, ("s32", "s32"), ("s32",))
    takes, gives = instruction.name.endswith("c"), instruction.has("cc")
    if not takes and not gives:
        return Plan(np.subtract if minus else np.add, (kind, kind), (kind,))

    def carried(a: Any, b: Any, carry: Any = NO_CARRY) -> Any:
        if minus:  # a - b - borrow is a + ~b + (1 - borrow); the carry is the borrow
            total, carry_out = added(a, ~b, ~carry)
            carry_out = ~carry_out
        else:
            total, carry_out = added(a, b, carry)
        return (total, carry_out) if gives else total

    return Plan(carried, (kind, kind), (kind,), takes, gives)


@rule("mul", "mul24")
def mul(instruction: Instruction) -> Plan:
    kind = instruction.type
    if instruction.name == "mul24":

        def short(a: Any, b: Any) -> Any:
            eight = a.dtype.type(8)
            a, b = (a << eight) >> eight, (b << eight) >> eight
            wide = a.astype(np.int64) * b.astype(np.int64)
            return (wide >> (16 if instruction.has("hi") else 0)).astype(a.dtype)

        return Plan(short, (kind, kind), (kind,))
    result = twice(kind) if instruction.has("wide") else kind
    return Plan(product(instruction), (kind, kind), (result,))


@rule("mad", "madc")
def mad(instruction: Instruction) -> Plan:
    kind = instruction.type
    result = twice(kind) if instruction.has("wide") else kind
    times = product(instruction)
    takes, gives = instruction.name == "madc", instruction.has("cc")
    if not takes and not gives:
        return Plan(lambda a, b, c: times(a, b) + c, (kind, kind, result), (result,))
    bits, dtype = UNSIGNED[TYPES[kind].itemsize], TYPES[kind]

    def carried(a: Any, b: Any, c: Any, carry: Any = NO_CARRY) -> Any:
        total, carry_out = added(times(a, b).view(bits), c.view(bits), carry)
        return (total.view(dtype), carry_out) if gives else total.view(dtype)

    return Plan(carried, (kind, kind, kind), (kind,), takes, gives)


@rule("sad")
def sad(instruction: Instruction) -> Plan:
    kind = instruction.type
    return Plan(lambda a, b, c: c + np.where(a > b, a - b, b - a), (kind,) * 3, (kind,))


def quotient(a: Any, b: Any) -> Any:
    """Division that rounds toward zero."""
    if a.dtype.kind == "u":
        return a // b
    whole = a // b
    return whole + ((whole * b != a) & ((a < 0) != (b < 0))).astype(a.dtype)


@rule("div")
def div(instruction: Instruction) -> Plan:
    kind = instruction.type
    return Plan(quotient, (kind, kind), (kind,))


@rule("rem")
def rem(instruction: Instruction) -> Plan:
    kind = instruction.type
    return Plan(np.fmod, (kind, kind), (kind,))  # fmod has the sign of a, as C's % has


@rule("abs", "neg", "not", "cnot")
def one(instruction: Instruction) -> Plan:
    kind = instruction.type
    functions = {
        "abs": np.abs,
        "neg": np.negative,
        "not": np.invert,
        "cnot": lambda a: (a == 0).astype(a.dtype),
    }
    return Plan(functions[instruction.name], (kind,), (kind,))


@rule("min", "max", "and", "or", "xor")
def two(instruction: Instruction) -> Plan:
    if not set(instruction.parts[1:]) <= set(instruction.types):
        raise unsupported(instruction)  # .relu
    kind = instruction.type
    functions = {
        "min": np.minimum,
        "max": np.maximum,
        "and": np.bitwise_and,
        "or": np.bitwise_or,
        "xor": np.bitwise_xor,
    }
    return Plan(functions[instruction.name], (kind, kind), (kind,))


@rule("shl", "shr")
def shift(instruction: Instruction) -> Plan:
    kind = instruction.type
    function = np.left_shift if instruction.name == "shl" else np.right_shift

    def shifted(a: Any, amount: Any) -> Any:
        # NumPy, like PTX, gives 0, or the sign, for more than the width
        return function(a, np.minimum(amount, U32(64)).astype(a.dtype))

    return Plan(shifted, (kind, "u32"), (kind,))


@rule("shf")
def funnel(instruction: Instruction) -> Plan:
    left, wraps = instruction.has("l"), instruction.has("wrap")

    def shifted(a: Any, b: Any, amount: Any) -> Any:
        amount = (amount & U32(31)) if wraps else np.minimum(amount, U32(32))
        both = (b.astype(np.uint64) << np.uint64(32)) | a
        amount = amount.astype(np.uint64)
        moved = (both << amount) >> np.uint64(32) if left else both >> amount
        return moved.astype(np.uint32)

    return Plan(shifted, ("u32",) * 3, ("u32",))


@rule("lop3")
def lop3(instruction: Instruction) -> Plan:
    if len(instruction.operands) != 5:
        raise unsupported(instruction)  # with a predicate
    table = int(instruction.operands[4].value)

    def mixed(a: Any, b: Any, c: Any, _table: Any) -> Any:
        result = a & U32(0)
        for entry in range(8):
            if table >> entry & 1:
                x, y, z = (
                    value if entry >> bit & 1 else ~value for value, bit in ((a, 2), (b, 1), (c, 0))
                )
                result = result | (x & y & z)
        return result

    return Plan(mixed, ("u32",) * 4, ("u32",))


@rule("prmt")
def prmt(instruction: Instruction) -> Plan:
    if len(instruction.parts) != 2:
        raise unsupported(instruction)  # the modes beside the default

    def permuted(a: Any, b: Any, selectors: Any) -> Any:
        both = (b.astype(np.uint64) << np.uint64(32)) | a
        result = np.uint64(0)
        for byte in range(4):
            selector = (selectors >> U32(4 * byte)).astype(np.uint64)
            value = both >> ((selector & np.uint64(7)) * np.uint64(8)) & np.uint64(255)
            sign = (value >> np.uint64(7)) * np.uint64(255)
            value = np.where(selector & np.uint64(8), sign, value)
            result = result | value << np.uint64(8 * byte)
        return result.astype(np.uint32)

    return Plan(permuted, ("u32",) * 3, ("u32",))


def leading_ones(a: Any) -> Any:
    """All bits from the highest that is set down."""
    for step in (1, 2, 4, 8, 16, 32)[: 5 if a.dtype.itemsize == 4 else 6]:
        a = a | a >> a.dtype.type(step)
    return a


@rule("popc", "clz", "brev")
def counted(instruction: Instruction) -> Plan:
    kind = instruction.type
    bits = 8 * TYPES[kind].itemsize

    def reversed_bits(a: Any) -> Any:
        size, mask = bits // 2, (1 << bits) - 1
        while size:
            mask ^= (mask << size) & ((1 << bits) - 1)
            step, pick = a.dtype.type(size), a.dtype.type(mask)
            a = (a >> step & pick) | (a & pick) << step
            size //= 2
        return a

    if instruction.name == "brev":
        return Plan(reversed_bits, (kind,), (kind,))
    if instruction.name == "popc":
        return Plan(lambda a: np.bitwise_count(a).astype(U32), (kind,), ("u32",))
    return Plan(
        lambda a: U32(bits) - np.bitwise_count(leading_ones(a)).astype(U32), (kind,), ("u32",)
    )


@rule("bfind")
def bfind(instruction: Instruction) -> Plan:
    kind = instruction.type
    bits = 8 * TYPES[kind].itemsize
    shift_amount = instruction.has("shiftamt")

    def found(a: Any) -> Any:
        if a.dtype.kind == "i":
            a = np.where(a < 0, ~a, a).view(UNSIGNED[a.dtype.itemsize])
        place = np.bitwise_count(leading_ones(a)).astype(U32) - U32(1)
        if not shift_amount:
            return place
        return np.where(a == 0, place, U32(bits - 1) - place)

    return Plan(found, (kind,), ("u32",))


@rule("bfe")
def bfe(instruction: Instruction) -> Plan:
    kind = instruction.type
    highest = 8 * TYPES[kind].itemsize - 1

    def extracted(a: Any, place: Any, length: Any) -> Any:
        place = (place & U32(255)).astype(np.int64)
        length = (length & U32(255)).astype(np.int64)
        end = np.minimum(place + length - 1, highest)
        up = np.where(length == 0, 0, highest - end)
        lifted = a << up.astype(a.dtype)
        field = lifted >> np.minimum(up + place, 64).astype(a.dtype)
        return np.where(length == 0, a.dtype.type(0), field)

    return Plan(extracted, (kind, "u32", "u32"), (kind,))


@rule("bfi")
def bfi(instruction: Instruction) -> Plan:
    kind = instruction.type

    def inserted(a: Any, b: Any, place: Any, length: Any) -> Any:
        dtype = a.dtype
        place = (place & U32(255)).astype(dtype)
        ones = ~(~dtype.type(0) << (length & U32(255)).astype(dtype))
        mask = ones << place
        return (b & ~mask) | (a << place & mask)

    return Plan(inserted, (kind, kind, "u32", "u32"), (kind,))
