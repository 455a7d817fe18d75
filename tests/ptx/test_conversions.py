"""``cvt``, ``setp``, ``set``, ``selp`` and ``slct`` against the manual's tables."""

import math
import operator
from typing import Any

import numpy as np
import pytest

from tests.ptx.snippets import NEEDS_NVRTC, apply, numbers

pytestmark = NEEDS_NVRTC
COUNT = 600
NAMES = {"i2": "s16", "u2": "u16", "i4": "s32", "u4": "u32", "i8": "s64", "u8": "u64"}
NAMES |= {"f4": "f32", "f8": "f64"}
ROUNDING = {"rni": round, "rzi": math.trunc, "rmi": math.floor, "rpi": math.ceil}


@pytest.mark.parametrize("mode", ROUNDING)
@pytest.mark.parametrize("target", ["i2", "u2", "i4", "u4", "i8", "u8"])
@pytest.mark.parametrize("source", ["f4", "f8"])
def test_floats_to_integers_are_clamped(source: str, target: str, mode: str) -> None:
    """NaN is 0, or, where one of the two has 64 bits, the highest bit alone."""
    x = numbers(source, COUNT, 1)
    x[:8] = np.array([2**31, -(2**31) - 1, 2**63, 2**64, 0.49999997, -0.5, 3.5, 1e10], source)
    found = apply(f"cvt.{mode}.{NAMES[target]}.{NAMES[source]} %0, %1;", target, x)
    limits, bits = np.iinfo(target), 8 * np.dtype(target).itemsize
    wide = source == "f8" or bits == 64
    for value, result in zip(x.tolist(), found.tolist(), strict=True):
        if math.isnan(value):
            expected = (1 << bits - 1 if limits.min == 0 else limits.min) if wide else 0
        elif math.isinf(value):
            expected = limits.max if value > 0 else limits.min
        else:
            expected = min(max(ROUNDING[mode](value), limits.min), limits.max)
        assert result == expected, value


@pytest.mark.parametrize("source", ["i2", "u2", "i4", "u4", "i8", "u8"])
@pytest.mark.parametrize("target", ["f4", "f8"])
def test_integers_to_floats_are_rounded_once(source: str, target: str) -> None:
    x = numbers(source, COUNT, 1)
    if source in ("i8", "u8"):  # a little more than half way between two float32
        x[:2] = np.array([(1 << 53) + (1 << 29) + 1, (1 << 62) + (1 << 38) + 1], source)
    found = apply(f"cvt.rn.{NAMES[target]}.{NAMES[source]} %0, %1;", target, x)
    for value, result in zip(x.tolist(), found, strict=True):
        low = abs(int(result) - value)
        for side in (-np.inf, np.inf):
            other = np.nextafter(result, np.dtype(target).type(side))
            assert not np.isfinite(other) or low <= abs(int(other) - value), value
    if source == "i8" and target == "f4":
        assert int(found[0]) == (1 << 53) + (1 << 30)


@pytest.mark.parametrize("mode", ["rz", "rm", "rp"])
def test_integers_to_float32_in_a_direction(mode: str) -> None:
    x = numbers("i4", COUNT, 1)
    found = apply(f"cvt.{mode}.f32.s32 %0, %1;", "f4", x)
    for value, result in zip(x.tolist(), found, strict=True):
        after = float(np.nextafter(result, np.float32(np.inf)))
        before = float(np.nextafter(result, np.float32(-np.inf)))
        if mode == "rm" or (mode == "rz" and value >= 0):
            assert result <= value < after
        else:
            assert before < value <= result


@pytest.mark.parametrize(
    ("text", "source", "target", "reference"),
    [
        ("cvt.s64.s32 %0, %1;", "i4", "i8", lambda v: v),
        ("cvt.u64.u32 %0, %1;", "u4", "u8", lambda v: v),
        ("cvt.u32.u64 %0, %1;", "u8", "u4", lambda v: v % 2**32),
        ("cvt.s32.s16 %0, %1;", "i2", "i4", lambda v: v),
        ("cvt.u16.u32 %0, %1;", "u4", "u2", lambda v: v % 2**16),
        ("cvt.s32.s8 %0, %1;", "i4", "i4", lambda v: (v + 128) % 256 - 128),
        ("cvt.u32.u8 %0, %1;", "u4", "u4", lambda v: v % 256),
        ("cvt.sat.s16.s32 %0, %1;", "i4", "i2", lambda v: min(max(v, -32768), 32767)),
        ("cvt.sat.u16.s32 %0, %1;", "i4", "u2", lambda v: min(max(v, 0), 65535)),
        ("cvt.sat.s32.u32 %0, %1;", "u4", "i4", lambda v: min(v, 2**31 - 1)),
        ("cvt.sat.u32.s64 %0, %1;", "i8", "u4", lambda v: min(max(v, 0), 2**32 - 1)),
    ],
)
def test_integers_to_integers(text: str, source: str, target: str, reference: Any) -> None:
    x = numbers(source, COUNT, 1)
    assert apply(text, target, x).tolist() == [reference(value) for value in x.tolist()]


def test_floats_to_floats() -> None:
    wide, narrow = numbers("f8", COUNT, 1), numbers("f4", COUNT, 2)
    equal = np.testing.assert_array_equal
    with np.errstate(all="ignore"):
        equal(apply("cvt.rn.f32.f64 %0, %1;", "f4", wide), wide.astype("f4"))
        equal(apply("cvt.f64.f32 %0, %1;", "f8", narrow), narrow.astype("f8"))
        equal(apply("cvt.rni.f32.f32 %0, %1;", "f4", narrow), np.rint(narrow))
        equal(apply("cvt.rpi.f64.f64 %0, %1;", "f8", wide), np.ceil(wide))
        expected = np.where(narrow > 0, np.minimum(narrow, np.float32(1)), np.float32(0))
        equal(apply("cvt.sat.f32.f32 %0, %1;", "f4", narrow), expected)
        below = apply("cvt.rm.f32.f64 %0, %1;", "f4", wide).astype("f8")
        above = apply("cvt.rp.f32.f64 %0, %1;", "f4", wide).astype("f8")
        known = ~np.isnan(wide)
        assert (below <= wide)[known].all()
        assert (above >= wide)[known].all()
        next_up = np.nextafter(below.astype("f4"), np.float32(np.inf)).astype("f8")
        inexact = known & (below != wide)
        equal(above[inexact], next_up[inexact])


def test_half_precision() -> None:
    x = numbers("f4", COUNT, 1)
    x[:6] = [65504, 65519, 65520, 6e-8, 2.9e-8, 1.0009765625 + 1e-4]
    text = "{ .reg .b16 h; cvt.rn.f16.f32 h, %1; mov.b16 %0, h; }"
    with np.errstate(over="ignore"):
        expected = x.astype("f2")
    found = apply(text, "u2", x)
    np.testing.assert_array_equal(found.view("f2"), expected)
    every = np.arange(65536, dtype="u2")
    back = apply("{ .reg .b16 h; mov.b16 h, %1; cvt.f32.f16 %0, h; }", "f4", every)
    np.testing.assert_array_equal(back, every.view("f2").astype("f4"))
    pairs = apply("cvt.rn.f16x2.f32 %0, %1, %2;", "u4", x, x[::-1].copy(), architecture=80)
    np.testing.assert_array_equal((pairs >> 16).astype("u2").view("f2"), expected)
    np.testing.assert_array_equal(pairs.astype("u2").view("f2"), expected[::-1])


ORDERED = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


@pytest.mark.parametrize("name", [*ORDERED, *(f"{n}u" for n in ORDERED), "num", "nan"])
def test_comparisons_of_floats(name: str) -> None:
    """Ordered ones are false where one is NaN, those that end in u are true."""
    a, b = numbers("f4", COUNT, 1), numbers("f4", COUNT, 2)
    b[::3] = a[::3]
    text = f"{{ .reg .pred p; setp.{name}.f32 p, %1, %2; selp.u32 %0, 1, 0, p; }}"
    unordered = np.isnan(a) | np.isnan(b)
    assert unordered.any()
    if name in ("num", "nan"):
        expected = unordered if name == "nan" else ~unordered
    elif name in ORDERED:
        expected = ORDERED[name](a, b) & ~unordered
    else:
        expected = ORDERED[name[:-1]](a, b) | unordered
    np.testing.assert_array_equal(apply(text, "u4", a, b), expected)


@pytest.mark.parametrize(
    ("name", "kind", "reference"),
    [
        ("lt.s32", "i4", operator.lt),
        ("lt.u32", "u4", operator.lt),
        ("lo.u64", "u8", operator.lt),
        ("ls.u32", "u4", operator.le),
        ("hi.u32", "u4", operator.gt),
        ("hs.u32", "u4", operator.ge),
        ("ge.s64", "i8", operator.ge),
        ("eq.b32", "u4", operator.eq),
        ("ne.s16", "i2", operator.ne),
    ],
)
def test_comparisons_of_integers(name: str, kind: str, reference: Any) -> None:
    a, b = numbers(kind, COUNT, 1), numbers(kind, COUNT, 2)
    b[::3] = a[::3]
    text = f"{{ .reg .pred p; setp.{name} p, %1, %2; selp.u32 %0, 1, 0, p; }}"
    np.testing.assert_array_equal(apply(text, "u4", a, b), reference(a, b))


def test_a_comparison_has_an_opposite_and_is_combined() -> None:
    a, b, c = (numbers("i4", COUNT, seed) for seed in range(3))
    text = (
        "{ .reg .pred p, q, r, s; setp.lt.s32 r, %4, 0; setp.gt.and.s32 p|q, %2, %3, !r; "
        "xor.pred s, p, q; selp.b32 %0, 1, 0, p; selp.b32 %1, 1, 0, q; @s add.u32 %0, %0, 2; }"
    )
    first, second = apply(text, ("u4", "u4"), a, b, c)
    p, q = (a > b) & (c >= 0), ~(a > b) & (c >= 0)
    np.testing.assert_array_equal(first, p + 2 * (p ^ q))
    np.testing.assert_array_equal(second, q)


def test_set_gives_all_ones_or_one() -> None:
    a, b = numbers("f4", COUNT, 1), numbers("f4", COUNT, 2)
    np.testing.assert_array_equal(
        apply("set.lt.u32.f32 %0, %1, %2;", "u4", a, b), np.where(a < b, 2**32 - 1, 0)
    )
    np.testing.assert_array_equal(apply("set.lt.f32.f32 %0, %1, %2;", "f4", a, b), a < b)


def test_selections() -> None:
    a, b, c = (numbers("f4", COUNT, seed) for seed in range(3))
    with np.errstate(invalid="ignore"):
        expected = np.where(c >= 0, a, b)
    np.testing.assert_array_equal(apply("slct.f32.f32 %0, %1, %2, %3;", "f4", a, b, c), expected)
