"""Rows of a table by ids that the host has looked at: it need not wait for the device."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from knetengine.gpu.device.layers.table import define
from knetengine.gpu.device.stored import Stored, view
from knetengine.gpu.kernels import indexing

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend


def rows_at(backend: "DeviceBackend", table: Stored, ids: Any) -> Stored:
    """Rows of a table (V, E) by ids that are in range: (*ids.shape, E)."""
    places = backend.in_c_order(backend.as_stored(ids, np.int64))
    rows = backend.empty((*places.shape, table.shape[1]), table.dtype)
    indexing.gather(backend.driver, table.operand, [places.operand], rows.operand)
    return rows


def sums_at(backend: "DeviceBackend", values: Stored, ids: Stored, count: int) -> Stored:
    """The sums of rows of (M, E) that have the same id, in their order: (count, E).

    ids: M numbers in C order, of any shape, from 0 to ``count - 1``.
    """
    sums = backend.filled((count, values.shape[1]), 0, values.dtype)
    places = backend.flat(ids)
    indexing.scatter_add(
        backend.driver, sums.operand, [places.operand], values.operand, scratch=backend.scratch
    )
    return sums


@define("embed")
def _embed(
    backend: "DeviceBackend", wanted: bool, table: Stored, ids: np.ndarray
) -> tuple[Stored, Stored]:
    places = backend.as_stored(ids, np.int64)
    return rows_at(backend, table, places), places


@define("embed_backward")
def _embed_backward(
    backend: "DeviceBackend",
    wanted: Sequence[bool],
    g: Stored,
    y: Stored,
    places: Stored,
    table: Stored,
    ids: np.ndarray,
) -> list[Any]:
    values = view(backend.in_c_order(g), np.reshape, (places.size, table.shape[1]), copy=False)
    return [sums_at(backend, values, places, table.shape[0]), None]
