"""Cases for elementwise functions."""

from typing import Any

import numpy as np

from tests.knetengine.autograd.rules.case import Case

# Each for 0-d, vectors, matrices and no entries: the interval of its arguments, and whether it is
# defined for complex ones.
UNARY = {
    "negative": (-2, 2, True),
    "positive": (-2, 2, True),
    "square": (-2, 2, True),
    "sqrt": (0.3, 3, True),
    "cbrt": (0.3, 3, False),
    "reciprocal": (0.4, 3, True),
    "conjugate": (-2, 2, True),
    "absolute": (0.2, 3, True),
    "fabs": (0.2, 3, False),
    "exp": (-2, 2, True),
    "exp2": (-2, 2, True),
    "expm1": (-2, 2, True),
    "log": (0.3, 3, True),
    "log2": (0.3, 3, True),
    "log10": (0.3, 3, True),
    "log1p": (-0.6, 3, True),
    "deg2rad": (-90, 90, False),
    "radians": (-90, 90, False),
    "rad2deg": (-2, 2, False),
    "degrees": (-2, 2, False),
    "sin": (-3, 3, True),
    "cos": (-3, 3, True),
    "tan": (-1, 1, True),
    "arcsin": (-0.8, 0.8, True),
    "arccos": (-0.8, 0.8, True),
    "arctan": (-0.7, 0.7, True),
    "sinh": (-2, 2, True),
    "cosh": (-2, 2, True),
    "tanh": (-1.2, 1.2, True),
    "arcsinh": (-0.8, 0.8, True),
    "arccosh": (1.3, 3, True),
    "arctanh": (-0.7, 0.7, True),
    "sinc": (-2, 2, False),
    "i0": (-3, 3, False),
    "nan_to_num": (-2, 2, True),
}
BINARY = {
    "add": (-2, 2, True),
    "subtract": (-2, 2, True),
    "multiply": (-2, 2, True),
    "divide": (0.4, 3, True),
    "power": (0.4, 2, True),
    "float_power": (0.4, 2, True),
    "maximum": (-2, 2, False),
    "minimum": (-2, 2, False),
    "fmax": (-2, 2, False),
    "fmin": (-2, 2, False),
    "copysign": (0.3, 2, False),
    "logaddexp": (-2, 2, False),
    "logaddexp2": (-2, 2, False),
    "hypot": (0.3, 2, False),
    "arctan2": (0.3, 2, False),
}
SHAPES = [(), (3,), (2, 3), (0, 2)]
BROADCASTS = [
    ((), ()),
    ((3,), ()),
    ((2, 3), (3,)),
    ((2, 1), (1, 3)),
    ((2, 3), (2, 3)),
    ((0, 3), (3,)),
]
NAN, INF = float("nan"), float("inf")


def parts(*arrays: Any) -> Any:
    """The results of a function that returns several, in one that depends on each its own way."""
    return sum(array * (i + 1.0) for i, array in enumerate(arrays))


CASES = {
    "remainder": Case(lambda m, x: m.remainder(x, 10.0) + x % 10.0, domain=(1, 9)),
    "remainder divisor": Case(lambda m, x: m.remainder(7.3, x) + 7.3 % x, domain=(2.6, 3.5)),
    "remainder negative": Case(lambda m, x: m.remainder(-7.3, x), domain=(2.6, 3.5)),
    "fmod": Case(lambda m, a, b: m.fmod(7 * a, b), ((2, 3), (3,)), (2.9, 3.1), distinct=True),
    "fmod negative": Case(lambda m, x: m.fmod(-7.3, x), domain=(2.6, 3.5)),
    "divmod": Case(
        lambda m, a, b: parts(*m.divmod(5.3 * a, b)), ((2, 3), (3,)), (2.9, 3.1), distinct=True
    ),
    "modf": Case(lambda m, x: parts(*m.modf(x)), domain=(1.1, 1.9)),
    "modf negative": Case(lambda m, x: m.modf(x)[0], domain=(-2.9, -2.1)),
    "frexp": Case(lambda m, x: parts(*m.frexp(x)), domain=(4.1, 7.9)),
    "ldexp": Case(lambda m, x: m.ldexp(x, np.array([1, -2, 0]))),
    "ldexp scalar": Case(lambda m, x: m.ldexp(x, 3), ((),)),
    "copysign signs": Case(lambda m, x: m.copysign(x, [1.0, -1.0, -2.0]), domain=(-2, -0.2)),
    "absolute negative": Case(lambda m, x: m.absolute(x) * abs(x), domain=(-3, -0.2), complex=True),
    "cbrt negative": Case(lambda m, x: m.cbrt(x), domain=(-3, -0.3)),
    "reciprocal negative": Case(lambda m, x: m.reciprocal(x), domain=(-3, -0.4)),
    "arctan2 quadrants": Case(
        lambda m, a, b: m.arctan2(a, [[1.0], [-1.0]] * b) + m.arctan2(-a, b),
        ((2, 3), (3,)),
        (0.4, 2),
    ),
    "hypot negative": Case(lambda m, a, b: m.hypot(-a, b), ((3,), (2, 1)), (0.3, 2)),
    "logaddexp far": Case(lambda m, a, b: m.logaddexp(90.0 + a, b), ((3,), (3,))),
    "logaddexp logaddexp2 minus infinity": Case(
        lambda m, x: m.logaddexp(x, [-INF, 0.0, -INF]) * m.logaddexp2([-INF, -INF, 0.0], x)
    ),
    # Powers: weak exponents have ways of their own, zero bases and negative ones too
    "power weak": Case(
        lambda m, x: x**2 + m.power(x, 3) - x**4 + x**1 + x**0 + m.power(x, -1), domain=(0.4, 2)
    ),
    "power fraction": Case(lambda m, x: x**0.5 + x**2.5 - x**-0.7, domain=(0.4, 2)),
    "power negative base": Case(lambda m, x: x**2 + x**3 + x**-3 + x**4, domain=(-2, -0.4)),
    "power exponents": Case(
        lambda m, x: m.power(x, np.array([2, 1, 0])) + x ** np.array([3.0, 0.0, 4.0]),
        domain=(-2, 2),
    ),
    "power zero base": Case(lambda m, x: (x * [1, 0, 1]) ** 4 + (x * [0, 1, 0]) ** 1),
    "power weak base": Case(lambda m, x: 2**x + m.power(1.5, x) - m.power(0, 2 + x * x)),
    "power complex base": Case(lambda m, x: (4j + x) ** -1.5 + (x - 2j) ** 2, complex=True),
    "power complex exponent": Case(
        lambda m, x: m.power(x, 1.5 - 0.5j) + m.power(-2.0, 1j * x), domain=(0.4, 2), complex=True
    ),
    "float_power weak": Case(lambda m, x: m.float_power(x, 3) * m.float_power(2, x)),
    # NaN, and values that are replaced
    "fmax nan": Case(lambda m, x: m.fmax(x, [NAN, 0.011, NAN]), distinct=True),
    "fmin nan": Case(lambda m, x: m.fmin([NAN, 0.011, NAN], x), distinct=True),
    "nan_to_num replaced": Case(
        lambda m, x: m.nan_to_num(x + np.array([NAN, INF, 0.0]), nan=2.0, posinf=3.0, neginf=-1.0)
    ),
    # Bounds
    "clip": Case(lambda m, x: m.clip(x, -1.01, 0.99) * x.clip(-0.7, 1.3), distinct=True),
    "clip one bound": Case(
        lambda m, x: m.clip(x, None, 0.51) + m.clip(x, min=0.02) * m.clip(x, max=0.3),
        distinct=True,
    ),
    "clip array": Case(
        lambda m, x, low, high: m.clip(x, 0.5 * low - 1.2, high),
        ((2, 3), (3,), (2, 1)),
        distinct=True,
    ),
    "clip crossed": Case(lambda m, x, b: m.clip(x, 3.0 + b, b), ((2, 3), (3,)), distinct=True),
    "sinc near zero": Case(lambda m, x: m.sinc(x), domain=(-0.03, 0.03), complex=True),
    "sinc far": Case(lambda m, x: m.sinc(x), domain=(3, 9)),
    "sinc complex": Case(lambda m, x: m.sinc(x), domain=(-0.6, 0.6), complex=True),
    "i0 large": Case(lambda m, x: 0.001 * m.i0(x), domain=(9, 11)),
    "operators": Case(
        lambda m, a, b: (1 - a) / (2 / b + b**3) - (+b) ** a * 2**b + abs(-a) @ b.T,
        ((2, 2), (2, 2)),
        (0.5, 2),
    ),
}


def one_of(
    name: str, shapes: tuple[tuple[int, ...], ...], limits: tuple[float, float, bool]
) -> Case:
    low, high, complex_ = limits
    return Case(
        lambda m, *arrays: getattr(m, name)(*arrays), shapes, (low, high), True, complex=complex_
    )


for name, limits in UNARY.items():
    CASES |= {f"{name} {shape}": one_of(name, (shape,), limits) for shape in SHAPES}
for name, limits in BINARY.items():
    CASES |= {f"{name} {shapes}": one_of(name, shapes, limits) for shapes in BROADCASTS}
