"""Elementwise functions.

At a kink: `absolute` has slope 0 at 0; `maximum`, `minimum` and `clip` share the gradient equally
between arguments that tie; `hypot` has slope 0 at the origin; a power's derivative by its exponent
is 0 where the base is 0. `sqrt` and `log` have infinite slope at 0, as calculus says.
"""

from typing import Any

import numpy as np

from knetengine.autograd.primitives import composed, defvjp

# Arithmetic

defvjp(np.add, lambda g, y, a, b: g, lambda g, y, a, b: g)
defvjp(np.subtract, lambda g, y, a, b: g, lambda g, y, a, b: -g)
defvjp(np.multiply, lambda g, y, a, b: g * b, lambda g, y, a, b: g * a)
defvjp(np.divide, lambda g, y, a, b: g / b, lambda g, y, a, b: -g * y / b)
defvjp(np.negative, lambda g, y, x: -g)
defvjp(np.positive, lambda g, y, x: g)
defvjp(np.remainder, lambda g, y, a, b: g, lambda g, y, a, b: -g * np.floor(a / b))
defvjp(np.fmod, lambda g, y, a, b: g, lambda g, y, a, b: -g * np.trunc(a / b))


def _power_by_base(g: Any, y: Any, a: Any, b: Any) -> Any:
    if type(b) is int or type(b) is float:
        return g * (2.0 * a) if b == 2 else g * (b * a ** (b - 1)) if b != 0 else 0.0 * g
    return g * b * a ** np.where(b == 0, 1, b - 1)


defvjp(
    np.power,
    _power_by_base,
    lambda g, y, a, b: g * y * np.log(np.where(a == 0, 1, a)),
)
defvjp(np.square, lambda g, y, x: g * (2.0 * x))
defvjp(np.sqrt, lambda g, y, x: g * (0.5 / y))
defvjp(np.cbrt, lambda g, y, x: g / (3.0 * y * y))
defvjp(np.reciprocal, lambda g, y, x: -g * y * y)
defvjp(np.absolute, lambda g, y, x: g * np.sign(x))
defvjp(np.fabs, lambda g, y, x: g * np.sign(x))

# Exponentials and logarithms

_LN2, _LN10 = float(np.log(2.0)), float(np.log(10.0))

defvjp(np.exp, lambda g, y, x: g * y)
defvjp(np.exp2, lambda g, y, x: g * (_LN2 * y))
defvjp(np.expm1, lambda g, y, x: g * (y + 1.0))
defvjp(np.log, lambda g, y, x: g / x)
defvjp(np.log2, lambda g, y, x: g / (_LN2 * x))
defvjp(np.log10, lambda g, y, x: g / (_LN10 * x))
defvjp(np.log1p, lambda g, y, x: g / (1.0 + x))
defvjp(
    np.logaddexp,
    lambda g, y, a, b: g * np.exp(a - y),
    lambda g, y, a, b: g * np.exp(b - y),
)

# Trigonometry

defvjp(np.sin, lambda g, y, x: g * np.cos(x))
defvjp(np.cos, lambda g, y, x: -g * np.sin(x))
defvjp(np.tan, lambda g, y, x: g * (1.0 + y * y))
defvjp(np.arcsin, lambda g, y, x: g / np.sqrt(1.0 - x * x))
defvjp(np.arccos, lambda g, y, x: -g / np.sqrt(1.0 - x * x))
defvjp(np.arctan, lambda g, y, x: g / (1.0 + x * x))
defvjp(
    np.arctan2,
    lambda g, y, a, b: g * b / (a * a + b * b),
    lambda g, y, a, b: -g * a / (a * a + b * b),
)
defvjp(np.sinh, lambda g, y, x: g * np.cosh(x))
defvjp(np.cosh, lambda g, y, x: g * np.sinh(x))
defvjp(np.tanh, lambda g, y, x: g * (1.0 - y * y))
defvjp(np.arcsinh, lambda g, y, x: g / np.sqrt(x * x + 1.0))
defvjp(np.arccosh, lambda g, y, x: g / np.sqrt(x * x - 1.0))
defvjp(np.arctanh, lambda g, y, x: g / (1.0 - x * x))
defvjp(
    np.hypot,
    lambda g, y, a, b: g * (a / np.where(y == 0, 1, y)),
    lambda g, y, a, b: g * (b / np.where(y == 0, 1, y)),
)

# Choices


def share(larger: Any, smaller: Any) -> Any:
    """1 where `larger` is larger, 1/2 where both are equal, else 0; float32, exact."""
    return np.add(larger > smaller, larger >= smaller, dtype=np.float32) * 0.5


defvjp(np.maximum, lambda g, y, a, b: g * share(a, b), lambda g, y, a, b: g * share(b, a))
defvjp(np.minimum, lambda g, y, a, b: g * share(b, a), lambda g, y, a, b: g * share(a, b))


@composed(np.clip)
def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    lowest = min if a_min is None else a_min
    highest = max if a_max is None else a_max
    if lowest is not None:
        a = np.maximum(a, lowest)
    return a if highest is None else np.minimum(a, highest)
