"""Large arrays that are used again: fresh ones cost the time in which the system clears them.

The gates of an LSTM over 100 steps are 52 MB, and so are their gradients; clearing their pages took
10 of the 160 ms of the step.
"""

from collections import deque
from typing import Any

import numpy as np

LEAST = 1 << 20
"""The fewest bytes of an array that is kept: smaller ones the C library keeps by itself."""

KEPT = 4
"""So many arrays are kept at most, the latest; a model uses two or three sizes in turn."""

_free: deque[np.ndarray] = deque(maxlen=KEPT)


def borrow(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """An array of any content; give it back when nobody looks at it any more, or drop it."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    for _ in range(len(_free)):
        try:
            buffer = _free.pop()
        except IndexError:  # another thread took it
            break
        if buffer.nbytes == size:
            return buffer.view(dtype).reshape(shape)
        _free.appendleft(buffer)
    return np.empty(shape, dtype)


def give_back(array: np.ndarray) -> None:
    """Let the array be used again. Nobody may look at it, or at a view of it, from here on."""
    if array.nbytes >= LEAST and array.flags.c_contiguous:
        _free.append(array.reshape(-1).view(np.uint8))


class Borrowed:
    """Arrays that are given back when this object goes."""

    __slots__ = ("arrays",)

    def __init__(self, *arrays: np.ndarray) -> None:
        self.arrays = arrays

    def __del__(self) -> None:
        for array in self.arrays:
            give_back(array)


def forget() -> None:
    """Free what is kept."""
    _free.clear()
