"""What the functions of the table mean, in NumPy and SciPy; and where they are tried."""

from fractions import Fraction
from typing import Any

import numpy as np
import scipy.special

from knetengine.gpu.kernels.expressions import FUNCTIONS
from knetengine.gpu.kernels.promotion import universal
from knetengine.nn import activations
from knetengine.selftest.numbers import samples

# Functions that are not universal functions of NumPy or SciPy


def _halves(x: Any) -> Any:
    """x less the nearest even number, exactly."""
    return x - 2 * np.rint(x * 0.5)


_PI = np.longdouble("3.14159265358979323846264338327950288")


def _sinpi(x: Any) -> Any:
    return np.where(np.rint(x) == x, 0, np.sin(_PI * _halves(x)))


def _cospi(x: Any) -> Any:
    return np.where(np.rint(x + 0.5) == x + 0.5, 0, np.cos(_PI * _halves(x)))


def _logistic(x: Any) -> Any:
    return scipy.special.expit(x)


def _multiply_add(x: Any, y: Any, z: Any) -> Any:
    """x * y + z, of floats rounded once."""
    plain = x * y + z
    if plain.dtype.kind != "f":
        return plain
    finite = np.isfinite(x) & np.isfinite(y) & np.isfinite(z)
    for k in np.flatnonzero(finite):
        exact = Fraction(float(x[k])) * Fraction(float(y[k])) + Fraction(float(z[k]))
        plain[k] = _rounded(exact, plain.dtype) if exact else plain[k]
    return plain


def _rounded(exact: Fraction, dtype: Any) -> Any:
    """The nearest number of a dtype."""
    try:
        near = dtype.type(float(exact))  # through float64: a unit off at most, next to a tie
    except OverflowError:
        return dtype.type(np.inf if exact > 0 else -np.inf)
    around = [near, *(np.nextafter(near, dtype.type(side)) for side in (-np.inf, np.inf))]
    finite = [each for each in around if np.isfinite(each)]
    if np.isinf(near) or not finite:
        return near
    return min(finite, key=lambda each: abs(Fraction(float(each)) - exact))


OWN: dict[str, Any] = {
    "abs2": lambda x: x * x if x.dtype != bool else x,
    "invx": activations.invx,
    "exp10": lambda x: np.power(x.dtype.type(10), x),
    "sinpi": _sinpi,
    "cospi": _cospi,
    "relu": lambda x: np.maximum(x, x.dtype.type(0)),
    "sigm": activations.sigm,
    "elu": activations.elu,
    "selu": activations.selu,
    "gelu": activations.gelu,
    "gelu_tanh": lambda x: activations.gelu(x, "tanh"),
    "swish": lambda x: x * _logistic(x),
    "hardsigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "hardswish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "trigamma": lambda x: scipy.special.polygamma(1, x),
    "jn": lambda x, y: scipy.special.jv(x, y),
    "yn": lambda x, y: scipy.special.yv(x, y),
    "one": np.ones_like,
    "zero": np.zeros_like,
    "rpow": lambda x, y: np.power(y, x),
    "where": np.where,
    "multiply_add": _multiply_add,
}


def meaning(name: str) -> Any:
    """The oracle of a function of the table."""
    return OWN[name] if name in OWN else universal(FUNCTIONS[name].meaning)


# Where functions are tried, other than everywhere: near poles and far out their condition is bad,
# and a difference of many units in the last place says nothing.

RANGES: dict[str, tuple[float, float]] = {
    "gamma": (0.1, 12.0),
    "gammaln": (2.5, 90.0),
    "digamma": (1.8, 60.0),
    "trigamma": (0.2, 60.0),
    "j0": (0.0, 2.0),
    "j1": (0.1, 3.0),
    "y0": (1.2, 3.0),
    "y1": (0.2, 1.8),
    "jn": (0.5, 2.0),
    "yn": (2.4, 3.1),
    "sinpi": (-3.4, 3.4),
    "cospi": (-3.4, 3.4),
    "erfc": (-5.0, 3.0),
    "erfcx": (-4.0, 60.0),
    "erfinv": (-0.999, 0.999),
    "erfcinv": (0.001, 1.999),
    "gelu": (-1.5, 8.0),
    "gelu_tanh": (-1.5, 8.0),
    "logaddexp": (-1.0, 30.0),
    "logaddexp2": (-1.0, 30.0),
}


def arguments(name: str, letter: str, count: int = 257) -> list[np.ndarray]:
    """Numbers for a function: of all kinds, or of its range."""
    values = [samples(letter, 7 * k + 1, count) for k in range(len(FUNCTIONS[name].variables))]
    if name in RANGES:
        rng = np.random.default_rng(3)
        low, high = RANGES[name] if letter in "efd" else np.clip(RANGES[name], 1, 9)
        values = [rng.uniform(low, high, count).astype(letter) for _ in values]
    if name in ("power", "float_power", "rpow"):
        exponent = 0 if name == "rpow" else 1
        if letter in "il":  # NumPy refuses negative exponents
            values[exponent] = np.abs(values[exponent]) % 70
        else:
            values[exponent] = np.clip(values[exponent], 0 if letter == "B" else -30, 30)
    if name in ("jn", "yn"):
        values[0] = np.resize(np.array([0, 1, 2, 3, 5]), count).astype(letter)
    if name in ("left_shift", "right_shift") and letter in "il":
        values[1] %= 80
    if name == "reciprocal" and letter in "ilB":
        values[0][values[0] == 0] = 3  # undefined
    return values


# Units in the last place that results may differ by on the CPU, float32 and float64. Where nothing
# is said, 0: the operations are exact or rounded once. CUDA's own bounds are in the CUDA C++
# Programming Guide, appendix "Mathematical Functions"; none is above 4 but that of the gamma
# functions.

_FOUR = (
    "cbrt", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan",
    "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh",
    "power", "float_power", "rpow", "arctan2", "hypot", "erf",
)  # fmt: skip

ULPS: dict[str, float] = dict.fromkeys(_FOUR, 4.0) | {
    "sigm": 3,
    "elu": 4,
    "selu": 4,
    "swish": 4,
    "hardsigmoid": 1,
    "hardswish": 1,
    "exp10": 8,
    "logaddexp": 4,
    "logaddexp2": 4,
    "sinpi": 3,
    "cospi": 3,
    "gelu": 64,
    "gelu_tanh": 64,
    "erfc": 32,
    "erfcx": 16,
    "erfinv": 64,
    "erfcinv": 64,
    "gamma": 16,
    "gammaln": 16,
    "digamma": 16,
    "trigamma": 8,
    "j0": 64,
    "j1": 16,
    "y0": 64,
    "y1": 16,
    "jn": 64,
    "yn": 64,
    "radians": 1,
    "deg2rad": 1,
    "degrees": 2,
    "rad2deg": 2,
}
