"""Floating-point sums, products and fused multiply-adds, exact to the last bit in any rounding.

A sum or product of float32 is computed in float64 and, where that is not exact, rounded to odd:
rounding once more to float32 then gives what a single rounding would (Boldo & Melquiond 2008,
"Emulation of FMA and correctly rounded sums"). The fused multiply-add of float64 is theirs too.
"""

from fractions import Fraction
from typing import Any

import numpy as np

SPLITTER = 134217729.0  # 2^27 + 1, Veltkamp's
DIRECTIONS = {"rm": -np.inf, "rp": np.inf, "rz": 0.0}


def two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    """The rounded sum, and what rounding took off; exact (Knuth)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def two_product(a: Any, b: Any) -> tuple[Any, Any]:
    """The rounded product, and what rounding took off; exact if nothing overflows (Dekker)."""
    product = a * b
    c, d = SPLITTER * a, SPLITTER * b
    a_high, b_high = c - (c - a), d - (d - b)
    a_low, b_low = a - a_high, b - b_high
    low = a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)
    return product, low


def to_odd(total: Any, rest: Any) -> Any:
    """A float64 sum and its rest, rounded to odd: the last bit says that it is not exact."""
    bits = total.view(np.int64)
    away = (rest > 0) == (total > 0)
    moved = (bits + np.where(away, 1, -1)).view(np.float64)
    return np.where((rest != 0) & (bits & 1 == 0) & np.isfinite(total), moved, total)


def narrow(value: Any, mode: str) -> Any:
    """A float64 that is exact, or rounded to odd, as float32 in a direction."""
    rounded = np.asarray(value).astype(np.float32)
    if mode == "rn":
        return rounded
    back = rounded.astype(np.float64)
    goal = np.float32(DIRECTIONS[mode])
    wrong = {
        "rm": back > value,
        "rp": back < value,
        "rz": np.abs(back) > np.abs(value),
    }[mode]
    return np.where(wrong, np.nextafter(rounded, goal), rounded)


def fma32(a: Any, b: Any, c: Any, mode: str = "rn") -> Any:
    """a * b + c of float32, rounded once."""
    product = a.astype(np.float64) * b  # 48 bits: exact
    wide_c = c.astype(np.float64)
    total = product + wide_c
    if mode == "rn":
        # only at a tie between two float32, or below their normal range, does rounding twice
        # differ from rounding once
        tie = (total.view(np.uint64) & np.uint64(0x1FFFFFFF)) == np.uint64(0x10000000)
        if not np.any(tie | (np.abs(total) < 1.2e-38)):
            return np.asarray(total).astype(np.float32)[()]
    rest = two_sum(product, wide_c)[1]
    result = narrow(to_odd(total, np.where(np.isfinite(total), rest, 0)), mode)
    if mode == "rm":
        result = np.where((total == 0) & ((product != 0) | (wide_c != 0)), np.float32(-0.0), result)
    return result[()]


def fma64(a: Any, b: Any, c: Any) -> Any:
    """a * b + c of float64, rounded once to nearest."""
    a, b, c = np.broadcast_arrays(a, b, c)
    high, low = two_product(a, b)
    t_high, t_low = two_sum(c, low)
    v_high, v_low = two_sum(high, t_high)
    exact = v_high + to_odd(*two_sum(t_low, v_low))
    plain = a * b + c
    size_a, size_b, size = np.abs(a), np.abs(b), np.abs(high)
    safe = (size_a < 1e280) & (size_b < 1e280) & (size < 1e290) & (size > 1e-280)
    safe &= (size_a > 1e-280) & (size_b > 1e-280) & (np.abs(c) < 1e290)
    result = np.where(safe, exact, plain)
    if not safe.all():
        finite = np.isfinite(a) & np.isfinite(b)
        result = np.where(finite & np.isinf(c), c, result)  # whatever a * b is
        rare = ~safe & finite & np.isfinite(c) & (a != 0) & (b != 0)
        result = np.where(rare, _slowly("fma", "rn", result, rare, a, b, c), result)
    return result[()]


def directed64(operation: str, mode: str, plain: Any, *values: Any) -> Any:
    """A float64 operation, ``add``, ``mul`` or ``fma``, in a direction; slow, and seldom asked for.

    plain: its result in round to nearest, kept where it is not finite, or the operands are not.
    """
    values = np.broadcast_arrays(*values)
    finite = np.logical_and.reduce([np.isfinite(v) for v in values])
    return _slowly(operation, mode, plain, finite, *values)[()]


def _slowly(operation: str, mode: str, plain: Any, chosen: Any, *values: Any) -> Any:
    """The chosen entries by rational numbers, the others as they are."""
    result = np.array(np.broadcast_to(plain, np.shape(chosen)))
    for at in np.argwhere(chosen):
        place = tuple(at)
        numbers = [Fraction(float(v[place])) for v in values]
        exact = numbers[0] + numbers[1] if operation == "add" else numbers[0] * numbers[1]
        if operation == "fma":
            exact += numbers[2]
        if exact:  # a zero has its sign from the plain operation
            result[place] = nearest(exact, mode)
    return result


def nearest(exact: Fraction, mode: str = "rn") -> float:
    """A rational number as float64."""
    try:
        value = float(exact)
    except OverflowError:
        value = np.inf if exact > 0 else -np.inf
    if mode == "rn":
        return value
    too_high = value == np.inf or (np.isfinite(value) and Fraction(value) > exact)
    too_low = value == -np.inf or (np.isfinite(value) and Fraction(value) < exact)
    if too_high and (mode == "rm" or (mode == "rz" and exact > 0)):
        return float(np.nextafter(value, -np.inf))
    if too_low and (mode == "rp" or (mode == "rz" and exact < 0)):
        return float(np.nextafter(value, np.inf))
    return value
