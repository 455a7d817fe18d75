"""Every function of the table of expressions, its slope, shapes, strides and casts."""

from collections.abc import Callable
from typing import Any

import numpy as np

from knetengine.gpu.kernels import elementwise
from knetengine.gpu.kernels.expressions import EXPRESSIONS, FUNCTIONS, SLOPES, Expression
from knetengine.gpu.kernels.promotion import computing, loop
from knetengine.selftest.checks import Place, check, floats
from knetengine.selftest.comparing import Comparison, on_device
from knetengine.selftest.meanings import RANGES, ULPS, arguments, meaning
from knetengine.selftest.numbers import LETTERS, samples

FAMILY = "elementwise"

# Beyond what the CPU's mathematical functions need: CUDA's are up to 4 units off where those are
# nearly right (CUDA C++ Programming Guide, "Mathematical Functions").
_MORE_UNITS = 4.0

_BESSEL = {"e": 2e-3, "f": 2.2e-6, "d": 2.5e-12}
"""Bounds, absolute, of Bessel functions of an order: the same table, for order 128."""


def _letters(row: Expression) -> list[str]:
    """The dtypes that a function is for."""
    return [a for a in LETTERS if elementwise.variants(row.name, [a] * len(row.variables))]


def _expected(row: Expression, values: list[np.ndarray]) -> np.ndarray:
    dtypes = loop(row, tuple(v.dtype for v in values))
    wide = [computing(d) if row.meaning in ("same", "floating") else d for d in dtypes]
    with np.errstate(all="ignore"):
        found = meaning(row.name)(*(v.astype(d) for v, d in zip(values, wide, strict=False)))
        return np.asarray(found).astype(dtypes[-1])


def _found(place: Place, row: Expression, values: list[np.ndarray], dtype: Any) -> np.ndarray:
    """By the array's own way for NumPy's functions, else by the kernel."""
    if row.meaning == f"np.{row.name}":
        with np.errstate(all="ignore"):
            result = getattr(np, row.name)(*map(place.put, values))
        on_device(f"np.{row.name}", result, place.name)
        return np.asarray(result)

    def kernel(driver: Any, *operands: Any) -> None:
        elementwise.apply(driver, row.name, operands[:-1], operands[-1])

    return place.computed(kernel, values, values[0].shape, dtype)


def _check_function(row: Expression) -> Callable[[Place, Comparison], None]:
    def run(place: Place, comparison: Comparison) -> None:
        for letter in _letters(row):
            values = arguments(row.name, letter)
            expected = _expected(row, values)
            found = _found(place, row, values, expected.dtype)
            what = f"{row.name} of {values[0].dtype}"
            if row.name in ("jn", "yn"):
                bound = _BESSEL[expected.dtype.char]
                comparison.near(what, found, expected, bound * (10 if row.name == "yn" else 1), 1.0)
                continue
            units = ULPS.get(row.name, 0.0)
            units += _MORE_UNITS if units else row.name == "multiply_add"
            comparison.within(what, found, expected, units)

    return run


def _check_compiled(letter: str) -> Callable[[Place, Comparison], None]:
    def run(place: Place, comparison: Comparison) -> None:
        rows = EXPRESSIONS.items()
        every = [
            v
            for name, row in rows
            for v in elementwise.variants(name, [letter] * len(row.variables))
        ]
        elementwise.prepare(place.driver, every)

    return run


for _letter in LETTERS:
    check(FAMILY, f"kernels for {np.dtype(_letter)} compile")(_check_compiled(_letter))
for _row in FUNCTIONS.values():
    check(FAMILY, _row.name)(_check_function(_row))


@check(FAMILY, "slopes")
def _slopes(place: Place, comparison: Comparison) -> None:
    """Of each function, in float64, against small differences of what it means."""
    step = 1e-6
    for name, row in FUNCTIONS.items():
        for number, code in enumerate(row.slopes):
            if not code or name in ("ldexp", "conjugate", "clip"):
                continue
            draw = np.random.default_rng(11)
            low, high = RANGES.get(name, (1.1, 4.0) if name == "arccosh" else (0.1, 0.9))
            values = [draw.uniform(low, high, 40) for _ in row.variables]
            if name in ("jn", "yn"):
                values[0] = np.resize(np.arange(0.0, 4.0), 40)
            above, below = list(values), list(values)
            above[number], below[number] = values[number] + step, values[number] - step
            g, r = draw.standard_normal(40), np.asarray(meaning(name)(*values))
            numeric = g * (meaning(name)(*above) - meaning(name)(*below)) / (2 * step)
            given = {**dict(zip("xy", values, strict=False)), "g": g, "r": r}
            if len(values) == 1:
                given["y"] = r
            slope = SLOPES[f"{name}back{number + 1 if len(values) > 1 else ''}"]

            def kernel(driver: Any, *operands: Any, name: str = slope.name) -> None:
                elementwise.apply(driver, name, operands[:-1], operands[-1])

            arrays = [np.asarray(given[v]) for v in slope.variables]
            found = place.computed(kernel, arrays, (40,), np.float64)
            floor = 0.05 * max(1.0, float(np.abs(r).max()))
            comparison.near(slope.name, found, np.asarray(numeric, np.float64), 2e-6, floor)


@check(FAMILY, "shapes that broadcast")
def _broadcasting(place: Place, comparison: Comparison) -> None:
    shapes = [
        ((), ()), ((0,), (1,)), ((5,), ()), ((4, 5), (5,)), ((4, 1), (1, 5)),
        ((3, 0, 2), (1, 1, 2)), ((2, 3, 4, 5), (3, 1, 5)),
        ((2, 1, 3, 1, 2, 1, 2, 2), (1, 2, 1, 2, 2, 3, 1, 1)),
        ((301, 700), (301, 1)),
    ]  # fmt: skip
    for first, second in shapes:
        x, y = floats(*first), floats(*second, seed=1)
        found = place.put(x) - place.put(y)
        comparison.near(f"a difference of {first} and {second}", found, np.asarray(x - y))


@check(FAMILY, "strides of all kinds")
def _strides(place: Place, comparison: Comparison) -> None:
    base = floats(60, 90)
    for index in (np.s_[::2], np.s_[:, ::-1], np.s_[::-1, ::-3], np.s_[1:, 2:], np.s_[:, 4]):
        x = base[index]
        comparison.near(f"the negative of [{index}]", -place.put(base)[index], -x)
        comparison.near(f"the same, transposed, of [{index}]", -place.put(base)[index].T, -x.T)


@check(FAMILY, "casts")
def _casts(place: Place, comparison: Comparison) -> None:
    for source in LETTERS:
        for target in LETTERS:
            x = samples(source, 2, 120)
            if source in "efd" and target in "ilB":  # what an integer cannot hold is undefined
                limit = 200 if target == "B" else 3e4
                x = np.where(np.abs(x) < limit, np.abs(x), 0).astype(source)
            with np.errstate(all="ignore"):
                expected = x.astype(target)
            what = f"{x.dtype} to {expected.dtype}"
            comparison.within(what, place.put(x).astype(target), expected, 0)


@check(FAMILY, "numbers adapt to arrays")
def _numbers(place: Place, comparison: Comparison) -> None:
    for letter in "efdil":
        x = np.arange(9).astype(letter)
        for number in (3, True, 2.5):
            comparison.near(f"{x.dtype} times {number}", place.put(x) * number, x * number)


@check(FAMILY, "a million entries")
def _long(place: Place, comparison: Comparison) -> None:
    x, y = floats(1 << 20), floats(1 << 20, seed=1)
    comparison.near("a sum of two", place.put(x) + place.put(y), x + y)
