"""Sums, products, extremes and their places, means and deviations, running sums."""

from collections.abc import Callable
from typing import Any

import numpy as np

from knetengine.selftest.checks import Place, check, floats
from knetengine.selftest.comparing import Comparison

FAMILY = "reductions"

CASES: list[tuple[tuple[int, ...], Any]] = [
    ((7,), None), ((700, 65), 0), ((700, 65), 1), ((5, 1000), None), ((6, 5, 4), (0, 2)),
    ((6, 5, 4), 1), ((100_003,), None), ((3, 1, 4), 1),
]  # fmt: skip
"""Shapes, and the axes that are reduced."""

_TOLERANCES = {"e": 2e-3, "f": 1e-5, "d": 1e-13}
_OF_PRODUCTS = {"f": 1e-4, "d": 1e-12}
_OF_SUMS = {"e": 2e-3, "f": 1e-6, "d": 1e-14}
"""Of the sum of the sizes of all terms: an error goes with them, not with what is left of them."""


def _numbers(name: str, shape: tuple[int, ...], letter: str) -> np.ndarray:
    if letter in "ilB":
        high = 2 if name in ("prod", "cumprod") else 50
        return np.random.default_rng(1).integers(0, high, shape).astype(letter)
    if letter == "?":
        return floats(*shape) > 0
    if "prod" in name:
        return (1 + floats(*shape) * np.float32(0.001)).astype(letter)
    if letter == "e":  # whose sums overflow
        return (floats(*shape) * np.float32(0.01)).astype(letter)
    return floats(*shape).astype(letter)


def _check(name: str, letters: str) -> Callable[[Place, Comparison], None]:
    def run(place: Place, comparison: Comparison) -> None:
        function = getattr(np, name)
        for letter in letters:
            for shape, axis in CASES:
                x = _numbers(name, shape, letter)
                if name.startswith("cum"):
                    axis = axis if isinstance(axis, int) else -1
                elif name.startswith("arg") and isinstance(axis, tuple):
                    continue
                expected = np.asarray(_expected(function, x, axis))
                what = f"np.{name} of {x.dtype} {shape} along {axis}"
                tolerances, floor = _TOLERANCES, float(np.mean(np.abs(x)))
                if "prod" in name:  # of 100,003 factors, each rounded
                    tolerances = _OF_PRODUCTS
                elif name in ("sum", "cumsum"):
                    terms = np.sum(np.abs(x.astype(float)), axis=axis)
                    tolerances, floor = _OF_SUMS, float(terms.max())
                found = function(place.put(x), axis=axis)
                tolerance = tolerances.get(expected.dtype.char, 0.0)
                comparison.near(what, found, expected, tolerance, floor)

    return run


def _expected(function: Any, x: np.ndarray, axis: Any) -> Any:
    """NumPy's result; of half and single precision in double, rounded once."""
    result = function(x, axis=axis)
    if x.dtype.kind != "f" or result.dtype.kind != "f":
        return result
    return function(x.astype(float), axis=axis).astype(result.dtype)


for _name, _letters in {
    "sum": "efdil?", "prod": "fdil", "max": "efdilB", "min": "efdilB", "any": "f?i", "all": "f?i",
    "argmax": "efdil", "argmin": "efdil", "mean": "efd", "var": "fd", "std": "fd", "ptp": "fd",
    "count_nonzero": "f?i", "cumsum": "fdi", "cumprod": "fd",
}.items():  # fmt: skip
    check(FAMILY, _name)(_check(_name, _letters))


@check(FAMILY, "extremes of NaN and infinities")
def _special(place: Place, comparison: Comparison) -> None:
    x = floats(20, 30)
    x[3, 4], x[5, 6], x[7, 8] = np.nan, np.inf, -np.inf
    for name in ("max", "min", "argmax", "argmin", "sum"):
        function = getattr(np, name)
        with np.errstate(invalid="ignore"):
            expected = np.asarray(function(x, axis=1))
        comparison.near(f"np.{name}", function(place.put(x), axis=1), expected, 1e-5, 1.0)


@check(FAMILY, "of nothing")
def _empty(place: Place, comparison: Comparison) -> None:
    x = np.zeros((0, 3), np.float32)
    comparison.near("np.sum", np.sum(place.put(x), axis=0), np.sum(x, axis=0))
    comparison.near("np.prod", np.prod(place.put(x), axis=0), np.prod(x, axis=0))


@check(FAMILY, "the norm")
def _norm(place: Place, comparison: Comparison) -> None:
    x = floats(300, 7)
    found = np.linalg.norm(place.put(x))
    comparison.near("np.linalg.norm", found, np.asarray(np.linalg.norm(x)), 1e-5)
