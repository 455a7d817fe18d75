"""Parts of complex numbers, and functions that turn complex where their argument requires it.

The gradient of a real loss L by ``z = x + i y`` is ``dL/dx - i dL/dy``. The angle has slope 0 at
the origin.
"""

from typing import Any

import numpy as np

from knetengine.autograd.primitives import composed, defvjp
from knetengine.autograd.recorded import plain
from knetengine.autograd.rules.elementwise import is_complex, nonzero
from knetengine.autograd.rules.reductions import as_array

defvjp(np.real, lambda g, y, val: g)
defvjp(np.imag, lambda g, y, val: -1j * g if is_complex(val) else 0.0 * g)


@composed(np.angle)
def _angle(z: Any, deg: bool = False) -> Any:
    radians = np.arctan2(np.imag(z), np.real(z))
    return np.rad2deg(radians) if deg else radians


@composed(np.sign)
def _sign(x: Any) -> Any:
    """A step for real numbers; for complex ones the number on the unit circle, or 0."""
    return x / nonzero(np.absolute(x)) if is_complex(x) else np.sign(plain(x))


@composed(np.real_if_close)
def _real_if_close(a: Any, tol: float = 100) -> Any:
    return np.real(a) if np.isrealobj(np.real_if_close(plain(a), tol)) else a


# `np.emath`: complex if an entry requires it


def _widened(x: Any, outside: Any) -> Any:
    """Complex if a real argument is outside the real domain somewhere."""
    return x + 0j if not is_complex(x) and np.any(outside) else x


@composed(np.emath.sqrt)
def _sqrt(x: Any) -> Any:
    return np.sqrt(_widened(x, x < 0))


@composed(np.emath.log)
def _log(x: Any) -> Any:
    return np.log(_widened(x, x < 0))


@composed(np.emath.log2)
def _log2(x: Any) -> Any:
    return np.log2(_widened(x, x < 0))


@composed(np.emath.log10)
def _log10(x: Any) -> Any:
    return np.log10(_widened(x, x < 0))


@composed(np.emath.logn)
def _logn(n: Any, x: Any) -> Any:
    return _log(x) / _log(n)


@composed(np.emath.power)
def _power(x: Any, p: Any) -> Any:
    x = as_array(x)
    return np.power(_widened(x, x < 0), as_array(p))


@composed(np.emath.arccos)
def _arccos(x: Any) -> Any:
    return np.arccos(_widened(x, np.abs(x) > 1))


@composed(np.emath.arcsin)
def _arcsin(x: Any) -> Any:
    return np.arcsin(_widened(x, np.abs(x) > 1))


@composed(np.emath.arctanh)
def _arctanh(x: Any) -> Any:
    return np.arctanh(_widened(x, np.abs(x) > 1))
