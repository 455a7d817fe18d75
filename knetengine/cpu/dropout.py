"""Dropout of a flat array, with a mask that is computed from a key and never kept."""

from typing import Any

import numpy as np
from numba import prange

from knetengine.cpu.arrays import empty, flat, parts_for
from knetengine.cpu.compilation import inline, kernel

# SplitMix64 (Steele, Lea, Flood 2014): the numbers of this generator are those of a counter, mixed,
# so that any of them can be computed by itself.
_STEP, _MIX1, _MIX2 = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xBF58476D1CE4E5B9),
    np.uint64(0x94D049BB133111EB),
)
_30, _27, _31, _ONE = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(1)


@inline
def _drop(x: Any, key: Any, threshold: Any, scale: Any, low: int, high: int, y: Any) -> None:
    zero = x.dtype.type(0)
    for i in range(low, high):
        z = key + (np.uint64(i) + _ONE) * _STEP
        z = (z ^ (z >> _30)) * _MIX1
        z = (z ^ (z >> _27)) * _MIX2
        z = z ^ (z >> _31)
        y[i] = x[i] * (scale if z >= threshold else zero)


@kernel
def _dropout(x: Any, key: Any, threshold: Any, scale: Any, parts: int, y: Any) -> None:
    if parts == 1:  # without starting the threads, which takes 1.5 us
        _drop(x, key, threshold, scale, 0, x.size, y)
        return
    for part in prange(parts):
        low, high = part * x.size // parts, (part + 1) * x.size // parts
        _drop(x, key, threshold, scale, low, high, y)


def dropout(x: np.ndarray, key: int, threshold: int, scale: float) -> np.ndarray:
    """Entry i times `scale` where number i of the generator is at least `threshold`, else times 0.

    key, threshold: less than 2**64.
    """
    y = empty(x.shape, x.dtype)
    _dropout(
        flat(x),
        np.uint64(key),
        np.uint64(threshold),
        x.dtype.type(scale),
        parts_for(x.size, x.size),
        y.reshape(-1),
    )
    return y
