"""NumPy's functions as a namespace that knows recorded values: the fast path.

    import knetengine.numpy as np

Functions with a derivative rule are called directly, without the detour through NumPy's
protocols (about 0.4 us a call); everything else is NumPy's own. Plain arrays pass through.
"""

from typing import Any

import numpy as np

from knetengine.autograd import Recorded
from knetengine.autograd.recorded import twin_of


def array(object: Any, dtype: Any = None) -> Any:
    """`np.array`, also of nested lists of recorded values."""
    if isinstance(object, Recorded):
        return object if dtype is None else object.astype(dtype)
    if _holds_recorded(object):
        rows = np.stack([array(row) for row in object])
        return rows if dtype is None else rows.astype(dtype)
    return np.array(object, dtype)


def asarray(a: Any, dtype: Any = None) -> Any:
    """`np.asarray`; a recorded value stays itself."""
    if isinstance(a, Recorded) or _holds_recorded(a):
        return array(a, dtype)
    return np.asarray(a, dtype)


def _holds_recorded(object: Any) -> bool:
    if isinstance(object, list | tuple):
        return any(_holds_recorded(item) for item in object)
    return isinstance(object, Recorded)


def __getattr__(name: str) -> Any:
    value = getattr(np, name)
    if callable(value):
        value = twin_of(value) or value
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*dir(np), *globals()})
