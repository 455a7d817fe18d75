"""Integer and bit instructions against Python's integers, written after the manual's pseudocode."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.ptx.faults import Fault
from tests.ptx.snippets import NEEDS_NVRTC, apply, numbers

pytestmark = NEEDS_NVRTC
COUNT = 700


def truncated(a: int, b: int) -> int:
    """a / b, rounded toward zero."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def bfe(bits: int, signed: bool) -> Callable[..., int]:
    def extract(a: int, place: int, length: int) -> int:
        place, length = place & 0xFF, length & 0xFF
        highest = bits - 1
        word = a % (1 << bits)
        end = min(place + length - 1, highest)
        sign = word >> end & 1 if signed and length else 0
        result = 0
        for n in range(bits):
            inside = n < length and place + n <= highest
            result |= (word >> (place + n) & 1 if inside else sign) << n
        return result

    return extract


def bfi(bits: int) -> Callable[..., int]:
    def insert(a: int, b: int, place: int, length: int) -> int:
        place, length = place & 0xFF, length & 0xFF
        for n in range(length):
            if place + n < bits:
                b = b & ~(1 << (place + n)) | (a >> n & 1) << (place + n)
        return b

    return insert


def prmt(a: int, b: int, selectors: int) -> int:
    data = (b << 32 | a).to_bytes(8, "little")
    result = 0
    for n in range(4):
        selector = selectors >> 4 * n & 15
        byte = data[selector & 7]
        if selector & 8:
            byte = 0xFF if byte & 0x80 else 0
        result |= byte << 8 * n
    return result


def bfind(bits: int) -> Callable[[int], int]:
    def find(a: int) -> int:
        return (~a if a < 0 else a).bit_length() - 1

    return find


def shift_left(bits: int) -> Callable[[int, int], int]:
    return lambda a, n: a << min(n, bits)


def funnel_left(a: int, b: int, n: int) -> int:
    return ((b << 32 | a) << n) >> 32


BINARY: list[tuple[str, str, str, Callable[..., int]]] = [
    ("add.s32", "i4", "i4", lambda a, b: a + b),
    ("add.u16", "u2", "u2", lambda a, b: a + b),
    ("add.s64", "i8", "i8", lambda a, b: a + b),
    ("add.sat.s32", "i4", "i4", lambda a, b: max(-(2**31), min(2**31 - 1, a + b))),
    ("sub.s32", "i4", "i4", lambda a, b: a - b),
    ("sub.u64", "u8", "u8", lambda a, b: a - b),
    ("sub.sat.s32", "i4", "i4", lambda a, b: max(-(2**31), min(2**31 - 1, a - b))),
    ("mul.lo.s32", "i4", "i4", lambda a, b: a * b),
    ("mul.lo.s64", "i8", "i8", lambda a, b: a * b),
    ("mul.lo.u16", "u2", "u2", lambda a, b: a * b),
    ("mul.hi.s16", "i2", "i2", lambda a, b: a * b >> 16),
    ("mul.hi.u32", "u4", "u4", lambda a, b: a * b >> 32),
    ("mul.hi.s32", "i4", "i4", lambda a, b: a * b >> 32),
    ("mul.hi.u64", "u8", "u8", lambda a, b: a * b >> 64),
    ("mul.hi.s64", "i8", "i8", lambda a, b: a * b >> 64),
    ("mul.wide.s16", "i2", "i4", lambda a, b: a * b),
    ("mul.wide.u16", "u2", "u4", lambda a, b: a * b),
    ("mul.wide.s32", "i4", "i8", lambda a, b: a * b),
    ("mul.wide.u32", "u4", "u8", lambda a, b: a * b),
    ("min.s32", "i4", "i4", min),
    ("min.u64", "u8", "u8", min),
    ("max.s64", "i8", "i8", max),
    ("max.u32", "u4", "u4", max),
    ("and.b32", "u4", "u4", lambda a, b: a & b),
    ("or.b64", "u8", "u8", lambda a, b: a | b),
    ("xor.b16", "u2", "u2", lambda a, b: a ^ b),
]


@pytest.mark.parametrize(("opcode", "kind", "result", "reference"), BINARY)
def test_two_operands(opcode: str, kind: str, result: str, reference: Any) -> None:
    a, b = numbers(kind, COUNT, 1), numbers(kind, COUNT, 2)
    check(f"{opcode} %0, %1, %2;", result, reference, a, b)


MIXED: list[tuple[str, str, tuple[str, ...], Callable[..., int]]] = [
    ("mad.lo.s32 %0, %1, %2, %3", "i4", ("i4", "i4", "i4"), lambda a, b, c: a * b + c),
    ("mad.hi.s32 %0, %1, %2, %3", "i4", ("i4", "i4", "i4"), lambda a, b, c: (a * b >> 32) + c),
    ("mad.wide.u32 %0, %1, %2, %3", "u8", ("u4", "u4", "u8"), lambda a, b, c: a * b + c),
    ("mad.wide.s16 %0, %1, %2, %3", "i4", ("i2", "i2", "i4"), lambda a, b, c: a * b + c),
    ("sad.s32 %0, %1, %2, %3", "u4", ("i4", "i4", "u4"), lambda a, b, c: c + abs(a - b)),
    ("sad.u32 %0, %1, %2, %3", "u4", ("u4", "u4", "u4"), lambda a, b, c: c + abs(a - b)),
    ("abs.s32 %0, %1", "i4", ("i4",), abs),
    ("neg.s64 %0, %1", "i8", ("i8",), lambda a: -a),
    ("not.b32 %0, %1", "u4", ("u4",), lambda a: ~a),
    ("cnot.b32 %0, %1", "u4", ("u4",), lambda a: int(a == 0)),
    ("popc.b64 %0, %1", "u4", ("u8",), lambda a: a.bit_count()),
    ("clz.b32 %0, %1", "u4", ("u4",), lambda a: 32 - a.bit_length()),
    ("clz.b64 %0, %1", "u4", ("u8",), lambda a: 64 - a.bit_length()),
    ("brev.b32 %0, %1", "u4", ("u4",), lambda a: int(f"{a:032b}"[::-1], 2)),
    ("brev.b64 %0, %1", "u8", ("u8",), lambda a: int(f"{a:064b}"[::-1], 2)),
    ("bfind.u32 %0, %1", "u4", ("u4",), bfind(32)),
    ("bfind.s64 %0, %1", "u4", ("i8",), bfind(64)),
    (
        "bfind.shiftamt.u32 %0, %1",
        "u4",
        ("u4",),
        lambda a: 31 - bfind(32)(a) if a else 2**32 - 1,
    ),
    ("shl.b32 %0, %1, %2", "u4", ("u4", "u4"), shift_left(32)),
    ("shl.b64 %0, %1, %2", "u8", ("u8", "u4"), shift_left(64)),
    ("shl.b16 %0, %1, %2", "u2", ("u2", "u4"), shift_left(16)),
    ("shr.u32 %0, %1, %2", "u4", ("u4", "u4"), lambda a, n: a >> min(n, 32)),
    ("shr.s32 %0, %1, %2", "i4", ("i4", "u4"), lambda a, n: a >> min(n, 32)),
    ("shr.s64 %0, %1, %2", "i8", ("i8", "u4"), lambda a, n: a >> min(n, 64)),
    ("shr.s16 %0, %1, %2", "i2", ("i2", "u4"), lambda a, n: a >> min(n, 16)),
    (
        "shf.l.wrap.b32 %0, %1, %2, %3",
        "u4",
        ("u4", "u4", "u4"),
        lambda a, b, n: funnel_left(a, b, n & 31),
    ),
    (
        "shf.l.clamp.b32 %0, %1, %2, %3",
        "u4",
        ("u4", "u4", "u4"),
        lambda a, b, n: funnel_left(a, b, min(n, 32)),
    ),
    (
        "shf.r.wrap.b32 %0, %1, %2, %3",
        "u4",
        ("u4", "u4", "u4"),
        lambda a, b, n: (b << 32 | a) >> (n & 31),
    ),
    (
        "shf.r.clamp.b32 %0, %1, %2, %3",
        "u4",
        ("u4", "u4", "u4"),
        lambda a, b, n: (b << 32 | a) >> min(n, 32),
    ),
    ("prmt.b32 %0, %1, %2, %3", "u4", ("u4", "u4", "u4"), prmt),
    (
        "lop3.b32 %0, %1, %2, %3, 0x6a",
        "u4",
        ("u4", "u4", "u4"),
        lambda a, b, c: (a & b) ^ c,  # 0xF0 & 0xCC ^ 0xAA is 0x6a
    ),
    ("lop3.b32 %0, %1, %2, %3, 0xb2", "u4", ("u4", "u4", "u4"), lambda a, b, c: lut(0xB2, a, b, c)),
    ("bfe.u32 %0, %1, %2, %3", "u4", ("u4", "u4", "u4"), bfe(32, False)),
    ("bfe.s32 %0, %1, %2, %3", "i4", ("i4", "u4", "u4"), bfe(32, True)),
    ("bfe.u64 %0, %1, %2, %3", "u8", ("u8", "u4", "u4"), bfe(64, False)),
    ("bfe.s64 %0, %1, %2, %3", "i8", ("i8", "u4", "u4"), bfe(64, True)),
    ("bfi.b32 %0, %1, %2, %3, %4", "u4", ("u4", "u4", "u4", "u4"), bfi(32)),
    ("bfi.b64 %0, %1, %2, %3, %4", "u8", ("u8", "u8", "u4", "u4"), bfi(64)),
    (
        "mul24.lo.u32 %0, %1, %2",
        "u4",
        ("u4", "u4"),
        lambda a, b: (a & 0xFFFFFF) * (b & 0xFFFFFF),
    ),
]


def lut(table: int, a: int, b: int, c: int) -> int:
    result = 0
    for n in range(32):
        index = (a >> n & 1) << 2 | (b >> n & 1) << 1 | c >> n & 1
        result |= (table >> index & 1) << n
    return result


@pytest.mark.parametrize(
    ("text", "result", "kinds", "reference"), MIXED, ids=[m[0].split()[0] for m in MIXED]
)
def test_other_operands(text: str, result: str, kinds: tuple[str, ...], reference: Any) -> None:
    check(text + ";", result, reference, *(numbers(k, COUNT, n) for n, k in enumerate(kinds)))


def check(text: str, result: str, reference: Callable[..., int], *operands: np.ndarray) -> None:
    found = apply(text, result, *operands)
    bits = 8 * np.dtype(result).itemsize
    rows = zip(*(operand.tolist() for operand in operands), strict=True)
    expected = np.array([reference(*row) % (1 << bits) for row in rows], np.uint64)
    np.testing.assert_array_equal(found.view(f"u{bits // 8}"), expected.astype(f"u{bits // 8}"))


@pytest.mark.parametrize(("kind", "name"), [("i4", "s32"), ("u4", "u32"), ("i8", "s64")])
def test_division_rounds_toward_zero(kind: str, name: str) -> None:
    a, b = numbers(kind, COUNT, 1), numbers(kind, COUNT, 2)
    b = np.where((b == 0) | (b == ~b.dtype.type(0)), 3, b).astype(kind)  # -1 overflows the least
    check(f"div.{name} %0, %1, %2;", kind, truncated, a, b)
    check(f"rem.{name} %0, %1, %2;", kind, lambda x, y: x - truncated(x, y) * y, a, b)


def test_division_by_zero_is_a_fault() -> None:
    with pytest.raises(Fault, match="division by zero") as caught:
        apply(
            "div.s32 %0, %1, %2;", "i4", np.arange(40, dtype="i4"), 10 - np.arange(40, dtype="i4")
        )
    assert caught.value.thread == (10, 0, 0)


def test_carries_make_128_bits() -> None:
    """add.cc, addc, sub.cc, subc, mad.cc and madc in chains, as the manual's examples are."""
    a, b, c, d = (numbers("u8", COUNT, seed) for seed in range(4))
    low, high = apply("add.cc.u64 %0, %2, %4; addc.u64 %1, %3, %5;", ("u8", "u8"), a, b, c, d)
    whole = [(x + (y << 64)) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    other = [(x + (y << 64)) for x, y in zip(c.tolist(), d.tolist(), strict=True)]
    joined = [x + (y << 64) for x, y in zip(low.tolist(), high.tolist(), strict=True)]
    assert joined == [(x + y) % 2**128 for x, y in zip(whole, other, strict=True)]
    low, high = apply("sub.cc.u64 %0, %2, %4; subc.u64 %1, %3, %5;", ("u8", "u8"), a, b, c, d)
    joined = [x + (y << 64) for x, y in zip(low.tolist(), high.tolist(), strict=True)]
    assert joined == [(x - y) % 2**128 for x, y in zip(whole, other, strict=True)]


def test_carries_multiply() -> None:
    """A product of 64 by 32 bits from 32-bit pieces, in registers of its own."""
    a, b, c = (numbers("u4", COUNT, seed) for seed in range(3))
    found = apply(
        "{ .reg .b32 x, y, z; mul.lo.u32 x, %3, %5; mul.hi.u32 y, %3, %5; "
        "mad.lo.cc.u32 y, %4, %5, y; madc.hi.u32 z, %4, %5, 0; "
        "mov.b32 %0, x; mov.b32 %1, y; mov.b32 %2, z; }",
        ("u4", "u4", "u4"),
        a,
        b,
        c,
    )
    rows = zip(*(f.tolist() for f in found), strict=True)
    joined = [x + (y << 32) + (z << 64) for x, y, z in rows]
    rows = zip(a.tolist(), b.tolist(), c.tolist(), strict=True)
    assert joined == [(x + (y << 32)) * z for x, y, z in rows]


def test_bytes_and_halves_are_packed() -> None:
    a = numbers("u8", COUNT, 3)
    low, high = apply("mov.b64 {%0, %1}, %2;", ("u4", "u4"), a)
    np.testing.assert_array_equal(low, (a & 0xFFFFFFFF).astype("u4"))
    np.testing.assert_array_equal(high, (a >> np.uint64(32)).astype("u4"))
    np.testing.assert_array_equal(apply("mov.b64 %0, {%1, %2};", "u8", low, high), a)
    first, second = low.astype("u2"), high.astype("u2")
    np.testing.assert_array_equal(
        apply("mov.b32 %0, {%1,%2};", "u4", first, second),
        first.astype("u4") | second.astype("u4") << 16,
    )


def test_the_operands_of_an_instruction_are_read_before_its_result_is_written() -> None:
    a, b = numbers("u4", 64, 1), numbers("u4", 64, 2)
    swap = "{ .reg .b32 x, y; mov.b32 x, %2; mov.b32 y, x; xor.b32 x, x, %3; mov.b32 %0, x; "
    found = apply(swap + "mov.b32 %1, y; }", ("u4", "u4"), a, b)
    np.testing.assert_array_equal(found[0], a ^ b)
    np.testing.assert_array_equal(found[1], a)
