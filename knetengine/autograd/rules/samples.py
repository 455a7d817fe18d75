"""Samples between two ends: `linspace`, `logspace`, `geomspace`, with derivatives by the ends."""

import operator
from typing import Any

import numpy as np

from knetengine.autograd.calls import primitive
from knetengine.autograd.primitives import composed, defvjp
from knetengine.autograd.recorded import plain
from knetengine.autograd.rules.conversion import as_array
from knetengine.autograd.rules.shapes import ndim_of, shape_of
from knetengine.device_arrays import beside


def _weights(num: int, endpoint: bool, like: Any) -> Any:
    """How far each sample is on its way to `stop`, in the precision of the samples."""
    parts = np.linspace(0.0, 1.0, num, endpoint, dtype=plain(like).real.dtype)  # (num,)
    return beside(plain(like), parts)


@primitive
def linspace(start: Any, stop: Any, num: int, endpoint: bool, dtype: Any, axis: int) -> Any:
    """`np.linspace` in floating numbers."""
    return np.linspace(start, stop, num, endpoint, dtype=dtype, axis=axis)


defvjp(
    linspace,
    lambda g, y, start, stop, num, endpoint, dtype, axis: np.tensordot(
        1.0 - _weights(num, endpoint, y), np.moveaxis(g, axis, 0), 1
    ),
    lambda g, y, start, stop, num, endpoint, dtype, axis: np.tensordot(
        _weights(num, endpoint, y), np.moveaxis(g, axis, 0), 1
    ),
)


@composed(np.linspace)
def _linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """Of an integer dtype it is a constant."""
    num = operator.index(num)
    start, stop = as_array(start), as_array(stop)
    if dtype is not None and np.dtype(dtype).kind not in "fc":
        samples = np.linspace(plain(start), plain(stop), num, endpoint, dtype=dtype, axis=axis)
    else:
        samples = linspace(start, stop, num, endpoint, dtype, axis)
    if not retstep:
        return samples
    steps = num - 1 if endpoint else num
    return samples, (stop - start) / steps if steps > 0 else np.nan


@composed(np.logspace)
def _logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    if ndim_of(base):
        rank = max(ndim_of(start), ndim_of(stop), ndim_of(base))
        start, stop, base = (
            np.reshape(x, (1,) * (rank - ndim_of(x)) + shape_of(x)) for x in (start, stop, base)
        )
        base = np.expand_dims(base, axis)
    samples = np.power(base, np.linspace(start, stop, num, endpoint, axis=axis))
    return samples if dtype is None else np.astype(samples, dtype)


@primitive
def geomspace(start: Any, stop: Any, num: int, endpoint: bool, dtype: Any, axis: int) -> Any:
    """`np.geomspace` in floating numbers."""
    return np.geomspace(start, stop, num, endpoint, dtype, axis)


# A sample is start**(1 - t) * stop**t
defvjp(
    geomspace,
    lambda g, y, start, stop, num, endpoint, dtype, axis: (
        np.tensordot(1.0 - _weights(num, endpoint, y), np.moveaxis(g * y, axis, 0), 1) / start
    ),
    lambda g, y, start, stop, num, endpoint, dtype, axis: (
        np.tensordot(_weights(num, endpoint, y), np.moveaxis(g * y, axis, 0), 1) / stop
    ),
)


@composed(np.geomspace)
def _geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    """Of an integer dtype it is a constant."""
    num = operator.index(num)
    if dtype is not None and np.dtype(dtype).kind not in "fc":
        return np.geomspace(plain(start), plain(stop), num, endpoint, dtype, axis)
    return geomspace(start, stop, num, endpoint, dtype, axis)
