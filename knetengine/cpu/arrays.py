"""Arrays as the kernels want them."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import numpy as np

from knetengine.cpu import compilation

# Below this many entries for each thread, starting the threads (1.5 us) costs more than it saves.
ENTRIES_PER_THREAD = 16384


class _Making(threading.local):
    """What makes new arrays, in each thread."""

    empty: Any = staticmethod(np.empty)


_making = _Making()


def empty(shape: Any, dtype: Any) -> np.ndarray:
    """A new array for the result of a kernel, with anything in it."""
    return _making.empty(shape, dtype)


@contextmanager
def allocating(make: Any) -> Generator[None]:
    """Let ``make(shape, dtype)`` give the arrays for results, in this thread, meanwhile."""
    before, _making.empty = _making.empty, make
    try:
        yield
    finally:
        _making.empty = before


def contiguous(x: np.ndarray) -> np.ndarray:
    """The array, or a copy, in C order and writable.

    For a read-only array, which the arrays of an open tape often are, Numba compiles a kernel
    anew, for a second or more; a copy of a megabyte takes 0.1 ms.
    """
    flags = x.flags
    return x if flags.c_contiguous and flags.writeable else x.copy()


def flat(x: np.ndarray) -> np.ndarray:
    """All entries of an array, or of a copy, as `contiguous` has them."""
    return contiguous(x).reshape(-1)


def parts_for(entries: int, at_most: int) -> int:
    """Into how many parts a kernel should divide its work, one for each thread.

    entries: how many it reads.
    at_most: how many rows, columns or the like there are to divide.
    """
    if entries < 2 * ENTRIES_PER_THREAD:
        return 1
    return max(1, min(compilation.threads(), at_most, entries // ENTRIES_PER_THREAD))
