"""Copies, casts, and what makes an array of something: a recorded value stays one.

NumPy sends `np.array` and its kin here if they are called with ``like=x`` or by the names of
`knetengine.numpy`. Layout in memory (order, requirements) means nothing to a recorded value.
"""

from typing import Any

import numpy as np

from knetengine.autograd.calls import cast, python_number, writable_constant
from knetengine.autograd.primitives import Function, composed, defvjp
from knetengine.autograd.recorded import Recorded, holds_recorded, plain
from knetengine.autograd.rules.shapes import ndim_of, shape_of

# The mechanism brings a gradient to the dtype of its argument

defvjp(cast, lambda g, y, x, dtype: g)
defvjp(python_number, lambda g, y, value: g)
defvjp(np.copy, lambda g, y, a, order="K", subok=False: g)


@composed(np.astype)
def _astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """To another floating or complex dtype; to integers or bools it is a constant."""
    dtype = np.dtype(dtype)
    return cast(x, dtype) if dtype.kind in "fc" else np.astype(plain(x), dtype, copy=copy)


def _conversion(function: Function, least: int = 0) -> Function:
    """What stands for one of NumPy's conversions; its options speak of memory, but for the dtype.

    least: the number of axes that the result has at least.
    """

    def convert(a: Any, dtype: Any = None, *args: Any, ndmin: int = least, **options: Any) -> Any:
        if not holds_recorded(a):
            if ndmin > least:
                options["ndmin"] = ndmin
            return function(a, dtype, *args, **options)
        whole = as_array(a)
        if dtype is not None and np.dtype(dtype) != whole.dtype:
            whole = np.astype(whole, dtype)
        if whole is a and function is np.array and options.get("copy", True):
            whole = np.copy(whole)
        missing = ndmin - ndim_of(whole)
        return np.reshape(whole, (1,) * missing + shape_of(whole)) if missing > 0 else whole

    return convert


def as_array(nest: Any) -> Any:
    """One array of nested lists, recorded if one of its entries is; anything else as it is."""
    if not isinstance(nest, list | tuple):
        return nest
    return np.stack([as_array(row) for row in nest]) if holds_recorded(nest) else np.asarray(nest)


for function in (np.array, np.asarray, np.asanyarray, np.require):
    composed(function)(_conversion(function))
for function in (np.ascontiguousarray, np.asfortranarray):
    composed(function)(_conversion(function, least=1))


@composed(np.full_like)
def _full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    shape = shape_of(a) if shape is None else shape
    return np.full(shape, fill_value, a.dtype if dtype is None else dtype, like=a)


@composed(np.full)
def _full(
    shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C", *, device: Any = None
) -> Any:
    if not isinstance(fill_value, Recorded):
        return writable_constant(np.full(shape, fill_value, dtype, order))
    whole = np.broadcast_to(fill_value, shape)
    return whole if dtype is None else np.astype(whole, dtype)
