"""The table of all functions that work entry by entry: their meaning, their CUDA C++, their slopes.

The code is of the arguments x, y and z, in the type `T` in which the first is computed; functions
named `kn_` are those of the .cuh files. A slope is what a gradient g becomes on its way back: of a
function of x its slope may also use the result y, of one of x and y the result r. Each slope is a
function of the table too, with "back" after the name, as Knet has it: `sigmback(g, y)`,
`arctan2back1(g, x, y)`. The conventions at kinks are those of `knetengine.autograd.rules`.

The dtypes of a call are NumPy's: `promotion` asks the universal function for them.
"""

import re
from typing import NamedTuple


class Expression(NamedTuple):
    """A function of the table.

    variables: the names of its arguments in the code.
    meaning: a universal function, such as "np.exp" or "scipy.special.erf", which decides dtypes
        too; or a rule for them, see `promotion`.
    slopes: code, one for each argument, "" for one without; none where there is no derivative, or
        none worth a kernel.
    """

    name: str
    variables: tuple[str, ...]
    meaning: str
    code: str
    slopes: tuple[str, ...] = ()


FLOATING = "floating"
"""All arguments and the result of one floating type; integers become float64."""
SAME = "same"
"""All arguments and the result of one type."""
CHOICE = "choice"
"""The first argument says which of the others, which are of one type, is the result."""

_ROWS: dict[str, Expression] = {}


def _unary(name: str, code: str, slope: str = "", meaning: str = "") -> None:
    slopes = (slope,) if slope else ()
    _ROWS[name] = Expression(name, ("x",), meaning or f"np.{name}", code, slopes)


def _binary(name: str, code: str, *slopes: str, meaning: str = "") -> None:
    _ROWS[name] = Expression(name, ("x", "y"), meaning or f"np.{name}", code, slopes)


def _ternary(name: str, code: str, *slopes: str, meaning: str) -> None:
    _ROWS[name] = Expression(name, ("x", "y", "z"), meaning, code, slopes)


# Signs, powers and roots

_unary("positive", "x", "g")
_unary("negative", "kn_negative(x)", "-g")
_unary("absolute", "kn_absolute(x)", "g * kn_sign(x)")
_unary("fabs", "kn_absolute(x)", "g * kn_sign(x)")
_unary("sign", "kn_sign(x)")
_unary("signbit", "kn_signbit(x)")
_unary("conjugate", "x", "g")
_unary("square", "kn_multiply(x, x)", "g * (x + x)")
_unary("abs2", "kn_multiply(x, x)", "g * (x + x)", SAME)
_unary("reciprocal", "kn_reciprocal(x)", "-g * y * y")
_unary("invx", "T(1) / x", "-g * y * y", FLOATING)
_unary("sqrt", "kn_sqrt(x)", "g / (y + y)")
_unary("cbrt", "kn_cbrt(x)", "g / (T(3) * y * y)")

# Whole numbers

_unary("floor", "kn_floor(x)")
_unary("ceil", "kn_ceil(x)")
_unary("trunc", "kn_trunc(x)")
_unary("rint", "kn_rint(x)")
_unary("invert", "kn_invert(x)")
_unary("bitwise_count", "kn_bit_count(x)")

# Questions

_unary("isnan", "kn_isnan(x)")
_unary("isinf", "kn_isinf(x)")
_unary("isfinite", "kn_isfinite(x)")
_unary("logical_not", "x == T(0)")

# Exponentials and logarithms

_LN2, _LN10 = "T(0.693147180559945309417)", "T(2.30258509299404568402)"

_unary("exp", "kn_exp(x)", "g * y")
_unary("exp2", "kn_exp2(x)", f"g * ({_LN2} * y)")
_unary("exp10", "kn_exp10(x)", f"g * ({_LN10} * y)", FLOATING)
_unary("expm1", "kn_expm1(x)", "g * (y + T(1))")
_unary("log", "kn_log(x)", "g / x")
_unary("log2", "kn_log2(x)", f"g / ({_LN2} * x)")
_unary("log10", "kn_log10(x)", f"g / ({_LN10} * x)")
_unary("log1p", "kn_log1p(x)", "g / (T(1) + x)")

# Angles, trigonometry

_PI, _RADIAN = "T(3.14159265358979323846)", "T(0.0174532925199432957692)"
_DEGREE = "T(57.2957795130823208768)"

for _name in ("deg2rad", "radians"):
    _unary(_name, f"x * {_RADIAN}", f"g * {_RADIAN}")
for _name in ("rad2deg", "degrees"):
    _unary(_name, f"x * {_DEGREE}", f"g * {_DEGREE}")
_unary("sin", "kn_sin(x)", "g * kn_cos(x)")
_unary("cos", "kn_cos(x)", "-g * kn_sin(x)")
_unary("tan", "kn_tan(x)", "g * (T(1) + y * y)")
_unary("sinpi", "kn_sinpi(x)", f"g * ({_PI} * kn_cospi(x))", FLOATING)
_unary("cospi", "kn_cospi(x)", f"g * (-{_PI} * kn_sinpi(x))", FLOATING)
_unary("arcsin", "kn_arcsin(x)", "g / kn_sqrt(T(1) - x * x)")
_unary("arccos", "kn_arccos(x)", "-g / kn_sqrt(T(1) - x * x)")
_unary("arctan", "kn_arctan(x)", "g / (T(1) + x * x)")
_unary("sinh", "kn_sinh(x)", "g * kn_cosh(x)")
_unary("cosh", "kn_cosh(x)", "g * kn_sinh(x)")
_unary("tanh", "kn_tanh(x)", "g * (T(1) - y * y)")
_unary("arcsinh", "kn_arcsinh(x)", "g / kn_sqrt(x * x + T(1))")
_unary("arccosh", "kn_arccosh(x)", "g / (kn_sqrt(x - T(1)) * kn_sqrt(x + T(1)))")
_unary("arctanh", "kn_arctanh(x)", "g / (T(1) - x * x)")

# What squashes the units of a layer

_unary("relu", "kn_relu(x)", "y <= T(0) ? T(0) : g", SAME)
_unary("sigm", "kn_sigm(x)", "g * y * (T(1) - y)", FLOATING)
_unary("elu", "kn_elu(x)", "g * kn_elu_slope(y)", FLOATING)
_unary("selu", "kn_selu(x)", "g * kn_selu_slope(y)", FLOATING)
_unary("gelu", "kn_gelu(x)", "g * kn_gelu_slope(x)", FLOATING)
_unary("gelu_tanh", "kn_gelu_tanh(x)", "g * kn_gelu_tanh_slope(x)", FLOATING)
_unary("swish", "kn_swish(x)", "g * kn_swish_slope(x)", FLOATING)
_unary("hardsigmoid", "kn_hardsigmoid(x)", "g * kn_hardsigmoid_slope(x)", FLOATING)
_unary("hardswish", "kn_hardswish(x)", "g * kn_hardswish_slope(x)", FLOATING)

# Special functions

_TWO_OVER_ROOT_PI, _HALF_ROOT_PI = "T(1.12837916709551257390)", "T(0.88622692545275801365)"


def _special(name: str, slope: str = "") -> None:
    _unary(name, f"kn_{name}(x)", slope, f"scipy.special.{name}")


_special("erf", f"g * ({_TWO_OVER_ROOT_PI} * kn_exp(-x * x))")
_special("erfc", f"g * (-{_TWO_OVER_ROOT_PI} * kn_exp(-x * x))")
_special("erfcx", f"g * (T(2) * x * y - {_TWO_OVER_ROOT_PI})")
_special("erfinv", f"g * ({_HALF_ROOT_PI} * kn_exp(y * y))")
_special("erfcinv", f"g * (-{_HALF_ROOT_PI} * kn_exp(y * y))")
_special("gamma", "g * (y * kn_digamma(x))")
_special("gammaln", "g * kn_digamma(x)")
_unary("digamma", "kn_digamma(x)", "g * kn_trigamma(x)", "scipy.special.psi")
_unary("trigamma", "kn_trigamma(x)", meaning=FLOATING)
_special("j0", "g * -kn_j1(x)")
_special("j1", "g * (x == T(0) ? T(0.5) : kn_j0(x) - y / x)")
_special("y0", "g * -kn_y1(x)")
_special("y1", "g * (kn_y0(x) - y / x)")
for _name in ("jn", "yn"):  # Knet's: the order comes first, and is whole
    _binary(
        _name,
        f"kn_{_name}(x, y)",
        "",
        f"g * (T(0.5) * (kn_{_name}(x - T(1), y) - kn_{_name}(x + T(1), y)))",
        meaning=FLOATING,
    )

# The same for all numbers

_unary("one", "T(1)", meaning=SAME)
_unary("zero", "T(0)", meaning=SAME)

# Arithmetic of two

_binary("add", "kn_add(x, y)", "g", "g")
_binary("subtract", "kn_subtract(x, y)", "g", "-g")
_binary("multiply", "kn_multiply(x, y)", "g * y", "g * x")
_binary("divide", "x / y", "g / y", "-g * r / y")
_binary("floor_divide", "kn_floor_divide(x, y)")
_binary("remainder", "kn_remainder(x, y)", "g", "-g * kn_floor_divide(x, y)")
_binary("fmod", "kn_fmod(x, y)", "g", "-g * kn_rint((x - r) / y)")
_binary("gcd", "kn_gcd(x, y)")
_binary("lcm", "kn_lcm(x, y)")

_BY_BASE = "y == T(0) ? T(0) : g * (y * kn_power(x, y - T(1)))"
_BY_EXPONENT = "g * (r * (x == T(0) ? T(0) : kn_log(x)))"

_binary("power", "kn_power(x, y)", _BY_BASE, _BY_EXPONENT)
_binary("float_power", "kn_power(x, y)", _BY_BASE, _BY_EXPONENT)
_binary("rpow", "kn_power(y, x)", meaning=SAME)  # Knet's: the exponent comes first

_binary("arctan2", "kn_arctan2(x, y)", *(
    f"g * ({side} / kn_nonzero(kn_hypot(x, y)) / kn_nonzero(kn_hypot(x, y)))"
    for side in ("y", "-x")
))  # fmt: skip
_binary("hypot", "kn_hypot(x, y)", "g * (x / kn_nonzero(r))", "g * (y / kn_nonzero(r))")
_binary("copysign", "kn_copysign(x, y)", "g * (kn_sign(x) * kn_sign(r))")
_binary("ldexp", "kn_ldexp(x, y)")
_binary("heaviside", "kn_heaviside(x, y)")
for _name, _exp, _half in (
    ("logaddexp", "kn_exp", f"-{_LN2}"),
    ("logaddexp2", "kn_exp2", "T(-1)"),
):
    _binary(
        _name,
        f"kn_{_name}(x, y)",
        f"g * {_exp}(kn_log_share(r, x, y, {_half}))",
        f"g * {_exp}(kn_log_share(r, y, x, {_half}))",
    )

# Choices of two: arguments that tie share the gradient

_FIRST = "r == x ? (x == y ? g * T(0.5) : g) : T(0)"
_SECOND = "r == y ? (x == y ? g * T(0.5) : g) : T(0)"

_binary("maximum", "kn_max(x, y)", _FIRST, _SECOND)
_binary("minimum", "kn_min(x, y)", _FIRST, _SECOND)
_binary("fmax", "kn_fmax(x, y)", _FIRST, _SECOND)
_binary("fmin", "kn_fmin(x, y)", _FIRST, _SECOND)

# Comparisons, logic, bits

for _name, _sign in (
    ("equal", "=="),
    ("not_equal", "!="),
    ("less", "<"),
    ("less_equal", "<="),
    ("greater", ">"),
    ("greater_equal", ">="),
):
    _binary(_name, f"x {_sign} y")
_binary("logical_and", "x != T(0) && y != T(0)")
_binary("logical_or", "x != T(0) || y != T(0)")
_binary("logical_xor", "(x != T(0)) != (y != T(0))")
_binary("bitwise_and", "(T)(x & y)")
_binary("bitwise_or", "(T)(x | y)")
_binary("bitwise_xor", "(T)(x ^ y)")
_binary("left_shift", "kn_left_shift(x, y)")
_binary("right_shift", "kn_right_shift(x, y)")

# Three

_ternary("where", "x ? y : z", meaning=CHOICE)
_ternary("clip", "kn_clip(x, y, z)", meaning="np._core.umath.clip")
_ternary("multiply_add", "kn_multiply_add(x, y, z)", meaning=SAME)  # of floats rounded once


def _back(expression: Expression, number: int, code: str) -> Expression:
    """The slope of an expression as an expression: of those variables that it uses, in order."""
    result = "y" if expression.variables == ("x",) else "r"
    every = ("g", *expression.variables, result)
    used = tuple(v for v in every if re.search(rf"\b{v}\b", code))
    suffix = str(number + 1) if len(expression.variables) > 1 else ""
    return Expression(f"{expression.name}back{suffix}", used, FLOATING, code)


FUNCTIONS: dict[str, Expression] = dict(_ROWS)
"""All functions by name, without the slopes."""

SLOPES: dict[str, Expression] = {
    slope.name: slope
    for row in _ROWS.values()
    for number, code in enumerate(row.slopes)
    if code
    for slope in (_back(row, number, code),)
}
"""All slopes by name, as `sigmback`."""

EXPRESSIONS: dict[str, Expression] = FUNCTIONS | SLOPES

ALIASES = {
    "abs": "absolute", "acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh",
    "atan": "arctan", "atan2": "arctan2", "atanh": "arctanh", "neg": "negative", "round": "rint",
    "lgamma": "gammaln", "psi": "digamma", "max": "maximum", "min": "minimum", "mod": "remainder",
    "pow": "power", "true_divide": "divide", "fma": "multiply_add", "conj": "conjugate",
    "bitwise_invert": "invert", "bitwise_left_shift": "left_shift",
    "bitwise_right_shift": "right_shift",
}  # fmt: skip
"""Knet's and C's names of functions that go by NumPy's here."""


def expression(name: str) -> Expression:
    """A function by its name, or by an alias.

    Raises KeyError, saying what was asked for.
    """
    found = EXPRESSIONS.get(ALIASES.get(name, name))
    if found is None:
        raise KeyError(f"{name!r} is not in the table of elementwise functions")
    return found
