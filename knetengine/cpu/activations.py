"""Rectifier and logistic function of flat arrays, forward and backward.

For (128, 1024) float32 on two threads the rectifier takes 10 us, where NumPy takes 50, the
logistic function 60 instead of 100, and the derivatives 10 instead of 40; for (100, 64) they take 2
instead of 3, 7 and 7, 2.4 instead of 3.6.
"""

from typing import Any

import numpy as np
from numba import prange

from knetengine.cpu.arrays import empty, flat, parts_for
from knetengine.cpu.compilation import Function, inline, kernel
from knetengine.cpu.exponential import exp


@inline
def _relu(x: Any, y: Any) -> None:
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = zero if x[i] <= zero else x[i]  # a NaN is not


@kernel
def relu(x: Any, y: Any, parts: int) -> None:
    """The larger of x and 0."""
    if parts == 1:  # without starting the threads, which takes 1.5 us
        _relu(x, y)
        return
    for part in prange(parts):
        low, high = part * x.size // parts, (part + 1) * x.size // parts
        _relu(x[low:high], y[low:high])


@inline
def _relu_backward(g: Any, y: Any, out: Any) -> None:
    zero = g.dtype.type(0)
    for i in range(g.size):
        out[i] = zero if y[i] <= zero else g[i]


@kernel
def relu_backward(g: Any, y: Any, out: Any, parts: int) -> None:
    """The gradient of the rectifier's argument, from its result y."""
    if parts == 1:
        _relu_backward(g, y, out)
        return
    for part in prange(parts):
        low, high = part * g.size // parts, (part + 1) * g.size // parts
        _relu_backward(g[low:high], y[low:high], out[low:high])


@inline
def _sigm(x: Any, y: Any) -> None:
    zero, one = x.dtype.type(0), x.dtype.type(1)
    for i in range(x.size):
        e = exp(-abs(x[i]))
        y[i] = (e if x[i] < zero else one) / (one + e)


@kernel
def sigm(x: Any, y: Any, parts: int) -> None:
    """1 / (1 + exp(-x)), with small results to full relative precision."""
    if parts == 1:
        _sigm(x, y)
        return
    for part in prange(parts):
        low, high = part * x.size // parts, (part + 1) * x.size // parts
        _sigm(x[low:high], y[low:high])


@inline
def _sigm_backward(g: Any, y: Any, out: Any) -> None:
    one = g.dtype.type(1)
    for i in range(g.size):
        out[i] = g[i] * y[i] * (one - y[i])


@kernel
def sigm_backward(g: Any, y: Any, out: Any, parts: int) -> None:
    """The gradient of the logistic function's argument, from its result y."""
    if parts == 1:
        _sigm_backward(g, y, out)
        return
    for part in prange(parts):
        low, high = part * g.size // parts, (part + 1) * g.size // parts
        _sigm_backward(g[low:high], y[low:high], out[low:high])


def apply(function: Function, *arrays: np.ndarray) -> np.ndarray:
    """One of the functions above, of arrays of one shape."""
    first = arrays[0]
    out = empty(first.shape, first.dtype)
    function(*map(flat, arrays), out.reshape(-1), parts_for(first.size, first.size))
    return out
