"""Functions that move entries and leave their values alone: axes and shapes."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from knetengine.autograd.calls import unpack
from knetengine.autograd.primitives import Function, composed, defvjp
from knetengine.autograd.recorded import plain
from knetengine.autograd.rules.shapes import inverse, shape_of
from knetengine.device_arrays import DeviceArray

# Axes in another order

defvjp(
    np.transpose,
    lambda g, y, a, axes=None: g.T if axes is None else g.transpose(inverse(axes)),
)
defvjp(np.matrix_transpose, lambda g, y, x: g.swapaxes(-1, -2))
defvjp(np.swapaxes, lambda g, y, a, axis1, axis2: g.swapaxes(axis1, axis2))
defvjp(np.moveaxis, lambda g, y, a, source, destination: np.moveaxis(g, destination, source))


@composed(np.rollaxis)
def _rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """The axis comes to stand before the axis `start`."""
    n = a.ndim
    if not (-n <= axis < n and -n <= start <= n):
        raise np.exceptions.AxisError(f"np.rollaxis: {axis=} or {start=} for {n} axes")
    axis, start = axis % n, start + n if start < 0 else start
    order = [i for i in range(n) if i != axis]
    order.insert(start - 1 if axis < start else start, axis)
    return np.transpose(a, order)


# Entries in another order

defvjp(np.flip, lambda g, y, m, axis=None: np.flip(g, axis))
defvjp(np.fliplr, lambda g, y, m: np.fliplr(g))
defvjp(np.flipud, lambda g, y, m: np.flipud(g))
defvjp(np.rot90, lambda g, y, m, k=1, axes=(0, 1): np.rot90(g, -k, axes))
defvjp(np.roll, lambda g, y, a, shift, axis=None: np.roll(g, np.negative(shift), axis))

# Another shape


def _reshape(g: Any, y: Any, a: Any, shape: Any, order: str = "C", copy: Any = None) -> Any:
    shape = shape_of(a)
    return g.reshape(shape) if order == "C" else g.reshape(shape, order=_read_order(a, order))


def _ravel(g: Any, y: Any, a: Any, order: str = "C") -> Any:
    shape = shape_of(a)
    if order == "C" or len(shape) < 2:
        return g.reshape(shape)
    if order != "K":
        return g.reshape(shape, order=_read_order(a, order))
    strides = plain(a).strides
    axes = sorted(range(len(shape)), key=lambda i: -abs(strides[i]))  # as they lie in memory
    return g.reshape([shape[i] for i in axes]).transpose(inverse(axes))


def _read_order(a: Any, order: str) -> str:
    """The order that "A" stands for: as an array lies in memory."""
    if order != "A":
        return order
    value = plain(a)
    if isinstance(value, DeviceArray):  # which has no flags, but is laid out as such an array is
        value = as_strided(np.empty(1, value.dtype), value.shape, value.strides)
    return "F" if value.flags.fnc else "C"


defvjp(np.reshape, _reshape)
defvjp(np.ravel, _ravel)
defvjp(np.expand_dims, lambda g, y, a, axis: g.reshape(shape_of(a)))
defvjp(np.squeeze, lambda g, y, a, axis=None: g.reshape(shape_of(a)))


def _each(reshaped: Function) -> Function:
    """A function of several arrays that gives each a new shape: one array alone, else a tuple."""

    def function(*arrays: Any) -> Any:
        parts = tuple(np.reshape(x, reshaped(*shape_of(x))) for x in arrays)
        return parts[0] if len(parts) == 1 else parts

    return function


composed(np.atleast_1d)(_each(lambda *shape: shape or (1,)))
composed(np.atleast_2d)(_each(lambda *shape: (1,) * (2 - len(shape)) + shape))
composed(np.atleast_3d)(
    _each(lambda m=1, n=None, *rest: (1, m, 1) if n is None else (m, n, *(rest or (1,))))
)

# One of several results: the mechanism puts the parts of the gradient together

defvjp(
    unpack,
    lambda g, y, outputs, item: (*(None,) * item, g, *(None,) * (len(outputs) - item - 1)),
)
