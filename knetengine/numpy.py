"""NumPy's functions as a namespace that knows recorded values: the fast path.

    import knetengine.numpy as np

Functions with a derivative rule are called directly, without the detour through NumPy's
protocols (about 0.4 us a call); everything else is NumPy's own. Plain arrays pass through.
"""

from typing import Any

import numpy as np

from knetengine.autograd import Recorded
from knetengine.autograd.calls import twin_of, writable_constant


def zeros(shape: Any, dtype: Any = float, order: Any = "C") -> Any:
    """`np.zeros`; inside a gradient, an array that may be filled by ``a[i] = x``."""
    return writable_constant(np.zeros(shape, dtype, order))


def ones(shape: Any, dtype: Any = None, order: Any = "C") -> Any:
    """`np.ones`; inside a gradient, an array that may be filled by ``a[i] = x``."""
    return writable_constant(np.ones(shape, dtype, order))


def empty(shape: Any, dtype: Any = float, order: Any = "C") -> Any:
    """`np.empty`; inside a gradient, an array that may be filled by ``a[i] = x``."""
    return writable_constant(np.empty(shape, dtype, order))


def full(shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C") -> Any:
    """`np.full`; inside a gradient, an array that may be filled by ``a[i] = x``."""
    if isinstance(fill_value, Recorded):
        return fill_value.apply(np.full, (shape, fill_value, dtype), {})
    return writable_constant(np.full(shape, fill_value, dtype, order))


def __getattr__(name: str) -> Any:
    value = getattr(np, name)
    if callable(value):
        value = twin_of(value) or value
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*dir(np), *globals()})
