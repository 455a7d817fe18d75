"""Products of matrices on the kernels' own threads.

Between kernels NumPy's products would be as fast by themselves, but the threads of its BLAS spin
for 26 ms after each, on the cores that the next kernel needs: an LSTM's step took 30 ms more.
"""

from typing import Any

import numpy as np
from numba import prange

from knetengine.cpu.arrays import contiguous
from knetengine.cpu.compilation import kernel, one_blas_thread, threads

ROWS = 256
"""The fewest rows that are worth a thread."""


@kernel
def _partial_sums(a: Any, b: Any, parts: int, sums: Any) -> None:
    """a (M, K), b (M, N), sums (parts, K, N), out."""
    M = len(a)
    for part in prange(parts):
        low, high = part * M // parts, (part + 1) * M // parts
        np.dot(a[low:high].T, b[low:high], sums[part])


def stacked_product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``a.T @ b`` of two tall matrices (M, K) and (M, N), float32 or float64.

    Each thread takes some of the rows, and the sums of the threads are added in order.
    """
    parts = max(1, min(threads(), len(a) // ROWS))
    sums = np.empty((parts, a.shape[1], b.shape[1]), a.dtype)
    with one_blas_thread():
        _partial_sums(contiguous(a), contiguous(b), parts, sums)
    return sums[0] if parts == 1 else sums.sum(0)
