"""Sums of rows by segment: the gradient of a look-up in a table."""

from typing import Any

import numpy as np
from numba import prange

from knetengine.cpu.arrays import contiguous, parts_for
from knetengine.cpu.compilation import inline, kernel


@inline
def _add_rows(values: Any, order: Any, low: int, high: int, total: Any) -> None:
    """Set `total` to the sum of some rows; four at a time, to read and write it less often."""
    for j in range(total.size):
        total[j] = 0
    i = low
    while i + 4 <= high:
        a, b = values[order[i]], values[order[i + 1]]
        c, d = values[order[i + 2]], values[order[i + 3]]
        for j in range(total.size):
            total[j] += (a[j] + b[j]) + (c[j] + d[j])
        i += 4
    while i < high:
        a = values[order[i]]
        for j in range(total.size):
            total[j] += a[j]
        i += 1


@kernel
def _sum_segments(values: Any, ids: Any, out: Any, parts: int) -> None:
    """Rows in the order of their ids, divided evenly among the threads.

    A segment that goes over the edge of a part is begun in `out` and continued in `rest`.
    """
    V, K = out.shape
    M = ids.size
    starts = np.zeros(V + 1, np.int64)
    for m in range(M):
        starts[ids[m] + 1] += 1
    for v in range(V):
        starts[v + 1] += starts[v]
    places = starts.copy()
    order = np.empty(M, np.int64)
    for m in range(M):
        order[places[ids[m]]] = m
        places[ids[m]] += 1
    rest = np.zeros((parts, K), out.dtype)
    for part in prange(parts):
        low, high = part * M // parts, (part + 1) * M // parts
        for v in range(part * V // parts, (part + 1) * V // parts):
            if starts[v] == starts[v + 1]:
                for j in range(K):
                    out[v, j] = 0
        v = np.searchsorted(starts, low, side="right") - 1
        while v < V and starts[v] < high:
            begin, end = max(starts[v], low), min(starts[v + 1], high)
            if begin < end:
                _add_rows(values, order, begin, end, out[v] if starts[v] >= low else rest[part])
            v += 1
    for part in range(1, parts):
        low = part * M // parts
        v = ids[order[low]]
        if starts[v] < low:
            for j in range(K):
                out[v, j] += rest[part, j]


def segment_sums(values: np.ndarray, ids: np.ndarray, out: np.ndarray) -> None:
    """Set ``out[v]`` to the sum of ``values[m]`` over all m with ``ids[m] == v``, in order of m.

    values: (M, K), float32 or float64.
    ids: (M,), integers from 0 to V - 1; they are not checked.
    out: (V, K), of the dtype of `values`, contiguous.

    12,800 rows of 1,024 float32 into 84 take 1.5 ms on two threads, where reading them takes
    0.9; a table for each thread takes as long, and grows with V.
    """
    if ids.size == 0:
        out[...] = 0
        return
    ids = ids.astype(np.int64)
    _sum_segments(contiguous(values), ids, out, parts_for(values.size, ids.size))
