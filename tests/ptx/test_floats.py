"""Floating-point instructions, to the last bit: against rational numbers, and against NumPy."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from tests.ptx.rounding import fma32, fma64, nearest
from tests.ptx.snippets import NEEDS_NVRTC, apply, numbers

pytestmark = NEEDS_NVRTC
COUNT = 600


def same(found: np.ndarray, expected: np.ndarray) -> None:
    """Equal bits, signs of zeros included; any NaN is as good as another."""
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)
    signs = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found)[signs], np.signbit(expected)[signs])


def as_float32(exact: Fraction, mode: str) -> float:
    """A rational number as float32: a whole number of units in its last place."""
    size = abs(exact)
    exponent = -126
    while size >= Fraction(2) ** (exponent + 1):
        exponent += 1
    unit = Fraction(2) ** (exponent - 23)
    below, rest = divmod(exact, unit)
    up = {
        "rn": rest * 2 > unit or (rest * 2 == unit and below % 2 == 1),
        "rm": False,
        "rp": rest > 0,
        "rz": rest > 0 and exact < 0,
    }[mode]
    value, most = (below + up) * unit, Fraction(2) ** 128 - Fraction(2) ** 104
    if abs(value) > most:
        toward_zero = mode == "rz" or (mode == "rm" and value > 0) or (mode == "rp" and value < 0)
        return math.copysign(float(most) if toward_zero else math.inf, value)
    return float(value)


def operands(dtype: str, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three arrays; in half of the rows a * b and c nearly cancel, or c is a tie's breadth."""
    a, b, c = (numbers(dtype, count, seed) for seed in range(3))
    with np.errstate(all="ignore"):
        eps = np.finfo(dtype).eps
        off = 1 + np.arange(count).astype(dtype) % 7 * eps - 3 * eps
        c[::4] = (-(a * b) * off.astype(dtype))[::4]
        c[1::4] = ((a * b) * np.dtype(dtype).type(eps / 2))[1::4]
    return a, b, c


@pytest.mark.parametrize("mode", ["rn", "rz", "rm", "rp"])
def test_fma_of_float32_is_rounded_once(mode: str) -> None:
    a, b, c = operands("f4", COUNT)
    found = apply(f"fma.{mode}.f32 %0, %1, %2, %3;", "f4", a, b, c)
    for x, y, z, result in zip(a, b, c, found, strict=True):
        if not np.isfinite([x, y, z]).all():
            with np.errstate(all="ignore"):
                plain = float(x) * float(y) + float(z)
            assert result == np.float32(plain) or (np.isnan(result) and np.isnan(plain))
            continue
        exact = Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z))
        assert float(result) == as_float32(exact, mode), (x, y, z)


@pytest.mark.parametrize("mode", ["rn", "rz", "rm", "rp"])
def test_fma_of_float64_is_rounded_once(mode: str) -> None:
    a, b, c = operands("f8", COUNT)
    found = apply(f"fma.{mode}.f64 %0, %1, %2, %3;", "f8", a, b, c)
    for x, y, z, result in zip(a.tolist(), b.tolist(), c.tolist(), found.tolist(), strict=True):
        if not np.isfinite([x, y, z]).all():
            expected = z if math.isinf(z) and math.isfinite(x) and math.isfinite(y) else x * y + z
            assert result == expected or (math.isnan(result) and math.isnan(expected))
            continue
        exact = Fraction(x) * Fraction(y) + Fraction(z)
        assert result == nearest(exact, mode), (x, y, z)


def test_the_sign_of_a_zero_that_fma_makes() -> None:
    one, zero = np.float32(1), np.float32(0)
    assert not np.signbit(fma32(one, one, -one))
    assert np.signbit(fma32(one, one, -one, "rm"))
    assert np.signbit(fma32(-zero, one, -zero))
    assert not np.signbit(fma64(np.float64(-0.0), np.float64(1), np.float64(0)))


@pytest.mark.parametrize("mode", ["rz", "rm", "rp"])
@pytest.mark.parametrize(("kind", "name"), [("f4", "f32"), ("f8", "f64")])
def test_sums_and_products_in_a_direction(kind: str, name: str, mode: str) -> None:
    a, b, _ = operands(kind, 300)
    for opcode in ("add", "sub", "mul"):
        found = apply(f"{opcode}.{mode}.{name} %0, %1, %2;", kind, a, b)
        for x, y, result in zip(a.tolist(), b.tolist(), found, strict=True):
            if not np.isfinite([x, y]).all():
                continue
            p, q = Fraction(x), Fraction(y)
            exact = {"add": p + q, "sub": p - q, "mul": p * q}[opcode]
            expected = as_float32(exact, mode) if kind == "f4" else nearest(exact, mode)
            assert float(result) == expected, (x, y)


@pytest.mark.parametrize(("kind", "name"), [("f4", "f32"), ("f8", "f64")])
def test_what_ieee_754_defines_is_numpys(kind: str, name: str) -> None:
    a, b = numbers(kind, COUNT, 1), numbers(kind, COUNT, 2)
    one = np.dtype(kind).type(1)
    with np.errstate(all="ignore"):
        for opcode, expected in (
            ("add.rn", a + b),
            ("sub", a - b),
            ("mul.rn", a * b),
            ("div.rn", a / b),
            ("copysign", np.copysign(b, a)),
        ):
            same(apply(f"{opcode}.{name} %0, %1, %2;", kind, a, b), expected)
        for opcode, expected in (
            ("sqrt.rn", np.sqrt(a)),
            ("rcp.rn", one / a),
            ("neg", -a),
            ("abs", np.abs(a)),
        ):
            same(apply(f"{opcode}.{name} %0, %1;", kind, a), expected)


def test_min_and_max_prefer_numbers_and_order_zeros() -> None:
    a = np.array([0.0, -0.0, np.nan, 1, np.nan, -np.inf, 2], "f4")
    b = np.array([-0.0, 0.0, 1, np.nan, np.nan, 3, 2], "f4")
    same(
        apply("min.f32 %0, %1, %2;", "f4", a, b),
        np.array([-0.0, -0.0, 1, 1, np.nan, -np.inf, 2], "f4"),
    )
    same(apply("max.f32 %0, %1, %2;", "f4", a, b), np.array([0.0, 0.0, 1, 1, np.nan, 3, 2], "f4"))
    same(
        apply("max.NaN.f32 %0, %1, %2;", "f4", a, b, architecture=80),
        np.array([0.0, 0.0, np.nan, np.nan, np.nan, 3, 2], "f4"),
    )
    same(
        apply("min.f64 %0, %1, %2;", "f8", a.astype("f8"), b.astype("f8")),
        np.array([-0.0, -0.0, 1, 1, np.nan, -np.inf, 2], "f8"),
    )


def test_subnormal_numbers_are_flushed_where_it_is_asked_for() -> None:
    a = np.array([1e-40, -1e-40, 1e-38, 2e-38, 1.0], "f4")
    half = np.array([1, 1, 0.5, 0.5, 1], "f4")
    same(apply("mul.ftz.f32 %0, %1, %2;", "f4", a, half), np.array([0, -0.0, 0, 0, 1], "f4"))
    same(apply("mul.f32 %0, %1, %2;", "f4", a, half), a * half)


def test_saturation() -> None:
    a = np.array([-1, 0.25, 3, np.nan, np.inf, -0.0], "f4")
    found = apply("add.sat.f32 %0, %1, %2;", "f4", a, np.zeros(6, "f4"))
    same(found, np.array([0, 0.25, 1, 0, 1, 0], "f4"))


@pytest.mark.parametrize(
    ("opcode", "reference", "low", "high"),
    [
        ("ex2.approx.ftz.f32", np.exp2, -100, 100),
        ("lg2.approx.f32", np.log2, 1e-30, 1e30),
        ("sin.approx.f32", np.sin, -3, 3),
        ("cos.approx.f32", np.cos, -3, 3),
        ("rsqrt.approx.f32", lambda x: 1 / np.sqrt(x), 1e-30, 1e30),
        ("rcp.approx.ftz.f32", lambda x: 1 / x, -1e30, 1e30),
        ("sqrt.approx.f32", np.sqrt, 0, 1e30),
        ("tanh.approx.f32", np.tanh, -5, 5),
    ],
)
def test_approximations_are_close(opcode: str, reference: Any, low: float, high: float) -> None:
    """To half a unit in the last place: the emulator is nearer than any hardware has to be."""
    x = np.random.default_rng(0).uniform(low, high, COUNT).astype("f4")
    found = apply(f"{opcode} %0, %1;", "f4", x)
    np.testing.assert_array_equal(found, reference(x.astype("f8")).astype("f4"))


def test_approximations_at_the_ends() -> None:
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, -1.0], "f4")
    nan, inf = np.nan, np.inf
    for opcode, expected in (
        ("rcp.approx.ftz.f32", [inf, -inf, 0, -0.0, nan, -1]),
        ("rsqrt.approx.f32", [inf, -inf, 0, nan, nan, nan]),
        ("sqrt.approx.f32", [0, -0.0, inf, nan, nan, nan]),
        ("lg2.approx.f32", [-inf, -inf, inf, nan, nan, nan]),
        ("ex2.approx.f32", [1, 1, inf, 0, nan, 0.5]),
        ("cos.approx.f32", [1, 1, nan, nan, nan, np.cos(1)]),
    ):
        same(apply(f"{opcode} %0, %1;", "f4", x), np.array(expected, "f4"))


def test_the_gross_reciprocal_of_a_double_has_twenty_bits() -> None:
    x = np.random.default_rng(0).uniform(-1e5, 1e5, COUNT)
    found = apply("rcp.approx.ftz.f64 %0, %1;", "f8", x)
    np.testing.assert_allclose(found, 1 / x, rtol=2.0**-19)
    assert not (found.view("u8") & 0xFFFFFFFF).any()


def test_classes_of_numbers() -> None:
    x = np.array([0.0, 1.0, 1e-40, np.inf, np.nan], "f4")
    expected = {
        "finite": [1, 1, 1, 0, 0],
        "infinite": [0, 0, 0, 1, 0],
        "number": [1, 1, 1, 1, 0],
        "notanumber": [0, 0, 0, 0, 1],
        "normal": [0, 1, 0, 0, 0],
        "subnormal": [0, 0, 1, 0, 0],
    }
    for name, answer in expected.items():
        text = f"{{ .reg .pred p; testp.{name}.f32 p, %1; selp.u32 %0, 1, 0, p; }}"
        np.testing.assert_array_equal(apply(text, "u4", x), answer)
