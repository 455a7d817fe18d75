"""Rows of a table, by their numbers."""

from typing import Any

import numpy as np

from knetengine.autograd.scatter import Scatter
from knetengine.cpu.arrays import empty
from knetengine.nn import checks
from knetengine.nn.fused import Saved, fused
from knetengine.nn.reference import device_takes, kernels_take, plain_value

# With so many times as many rows in the table as were asked for, the gradient stays sparse: a
# sequence that is looked up step by step would otherwise fill a table of zeros at each step.
_SPARSE = 2


def _is_dense(table: Any, ids: np.ndarray) -> bool:
    return ids.size * _SPARSE >= table.shape[0]


def _embed_twin(table: Any, ids: np.ndarray) -> Any:
    return table[ids]


def _embed(saved: Saved, table: Any, ids: np.ndarray) -> Any:
    return table.take(ids, 0)


def _embed_back(wanted: Any, g: Any, y: Any, items: Any, table: Any, ids: np.ndarray) -> Any:
    from knetengine.cpu.segments import segment_sums

    rows, width = table.shape
    values, places = g.reshape(ids.size, width), ids.reshape(-1)  # (M, E), (M,)
    if _is_dense(table, ids):
        total = empty(table.shape, table.dtype)
        segment_sums(values, places, total)
        return total, None
    used = np.zeros(rows, bool)
    used[places] = True
    numbers = np.cumsum(used)  # of the used rows, from 1
    total = empty((int(numbers[-1]), width), table.dtype)
    segment_sums(values, numbers[places] - 1, total)
    return Scatter(total, used), None


_embed_fused = fused(_embed_twin, _embed, _embed_back, layer="embed")


def embed(table: Any, ids: Any) -> Any:
    """Rows of a table.

    table: (V, E), float32 or float64.
    ids: any shape, integers from 0 to V - 1.

    Returns (*ids.shape, E). The gradient of the table adds up where an id repeats, in the same
    order on every run.

    Raises TypeError for other dtypes, ValueError for a table of another rank and an id out of
    range. Source: Knet's Embed layer.
    """
    checks.floats("embed", table=table)
    if table.ndim != 2:
        checks.fail("embed", "table", table, "shape (V, E)")
    shape = np.shape(plain_value(ids))
    ids = checks.integers("embed", "ids", ids, table.shape[0]).reshape(shape)
    # of few rows of many a device has the twin's gradient, which is sparse
    kernels = kernels_take(table) or (_is_dense(table, ids) and device_takes("embed", table))
    return (_embed_fused if kernels else _embed_twin)(table, ids)
