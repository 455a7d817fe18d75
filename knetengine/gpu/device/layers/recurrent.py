"""Recurrent layers over whole sequences: a step is a product and a launch, either way.

Arguments are those of `knetengine.nn.sequence_layers`: x (T, B, X), or ids (T, B) with a table
(V, X); wx (X, G*H), wh (H, G*H), b; the states before (B, H); lengths (B,), of the host; reverse.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from knetengine.gpu.device.layers.sequences import (
    Recurrence,
    at,
    project,
    project_back,
    recurrent_weights_back,
)
from knetengine.gpu.device.layers.table import define
from knetengine.gpu.device.stored import Stored, view
from knetengine.gpu.device.ufuncs import reduced
from knetengine.gpu.kernels.layers import recurrent as kernels

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend


@define("lstm")
def _lstm(
    backend: "DeviceBackend",
    wanted: bool,
    x: Any,
    table: Stored | None,
    wx: Stored,
    wh: Stored,
    b: Stored,
    h0: Stored,
    c0: Stored,
    lengths: np.ndarray,
    reverse: bool,
) -> tuple[Any, Any]:
    projected = project(backend, x, table, wx, b)
    run = Recurrence(backend, x.shape[0], wh, lengths, reverse)
    (T, B), H, dtype = x.shape[:2], wh.shape[0], wh.dtype
    kept = T if wanted else 1  # without a gradient each step writes where the one before did
    y = backend.empty((T, B, H), dtype)
    gates, cells = backend.empty((kept, B, 4 * H), dtype), backend.empty((kept, B, H), dtype)
    h, c = backend.copied(h0), backend.copied(c0)
    for t in run.steps:
        kernels.lstm_step(
            backend.driver,
            t,
            *projected.step(t),
            run.product(h),
            run.lengths,
            h.operand,
            c.operand,
            at(y, t),
            at(gates, t % kept),
            at(cells, t % kept),
        )
    return (y, h, c), (gates, cells, projected.places)


@define("lstm_backward")
def _lstm_backward(
    backend: "DeviceBackend",
    wanted: Sequence[bool],
    g: tuple[Stored, Stored, Stored],
    outputs: tuple[Stored, ...],
    items: tuple[Any, ...],
    x: Any,
    table: Stored | None,
    wx: Stored,
    wh: Stored,
    b: Stored,
    h0: Stored,
    c0: Stored,
    lengths: np.ndarray,
    reverse: bool,
) -> list[Any]:
    gates, cells, places = items
    gy, dh, dc = backend.in_c_order(g[0]), backend.copied(g[1]), backend.copied(g[2])
    c0 = backend.in_c_order(c0)
    run = Recurrence(backend, x.shape[0], wh, lengths, reverse)
    dgates = backend.empty(gates.shape, gates.dtype)  # (T, B, 4H)
    for t in reversed(run.steps):
        kernels.lstm_step_backward(
            backend.driver,
            t,
            len(run.steps),
            reverse,
            at(gates, t),
            at(cells, t),
            at(cells, run.before(t)),
            c0.operand,
            run.lengths,
            at(gy, t),
            dh.operand,
            dc.operand,
            at(dgates, t),
        )
        run.add_product_back(at(dgates, t), dh)
    dwh = None
    if wanted[3]:
        dwh = recurrent_weights_back(backend, outputs[0], h0, lengths, reverse, dgates)
    parts = project_back(backend, wanted, x, table, wx, dgates, places)
    return [*parts[:3], dwh, parts[3], dh, dc, None, None]


@define("gru")
def _gru(
    backend: "DeviceBackend",
    wanted: bool,
    x: Any,
    table: Stored | None,
    wx: Stored,
    wh: Stored,
    b: Stored,
    h0: Stored,
    lengths: np.ndarray,
    reverse: bool,
) -> tuple[Any, Any]:
    (T, B), H, dtype = x.shape[:2], wh.shape[0], wh.dtype
    b = backend.in_c_order(b)
    inputs, inner = (view(b, lambda x, part=part: x[part]) for part in _thirds(H))
    projected = project(backend, x, table, wx, inputs)
    run = Recurrence(backend, T, wh, lengths, reverse)
    kept = T if wanted else 1
    y = backend.empty((T, B, H), dtype)
    gates = backend.empty((kept, B, 4 * H), dtype)
    h = backend.copied(h0)
    for t in run.steps:
        kernels.gru_step(
            backend.driver,
            t,
            *projected.step(t),
            run.product(h),
            inner.operand,
            run.lengths,
            h.operand,
            at(y, t),
            at(gates, t % kept),
        )
    return (y, h), (gates, projected.places)


@define("gru_backward")
def _gru_backward(
    backend: "DeviceBackend",
    wanted: Sequence[bool],
    g: tuple[Stored, Stored],
    outputs: tuple[Stored, ...],
    items: tuple[Any, ...],
    x: Any,
    table: Stored | None,
    wx: Stored,
    wh: Stored,
    b: Stored,
    h0: Stored,
    lengths: np.ndarray,
    reverse: bool,
) -> list[Any]:
    (gates, places), y, H = items, outputs[0], wh.shape[0]
    gy, dh, h0 = backend.in_c_order(g[0]), backend.copied(g[1]), backend.in_c_order(h0)
    run = Recurrence(backend, x.shape[0], wh, lengths, reverse)
    drecurrent = backend.empty((*y.shape[:2], 3 * H), y.dtype)  # (T, B, 3H)
    dnew = backend.empty(y.shape, y.dtype)  # (T, B, H)
    for t in reversed(run.steps):
        kernels.gru_step_backward(
            backend.driver,
            t,
            len(run.steps),
            reverse,
            at(gates, t),
            at(y, run.before(t)),
            h0.operand,
            run.lengths,
            at(gy, t),
            dh.operand,
            at(drecurrent, t),
            at(dnew, t),
        )
        run.add_product_back(at(drecurrent, t), dh)
    dwh = recurrent_weights_back(backend, y, h0, lengths, reverse, drecurrent)
    inputs, inner = _thirds(H)
    dgates = backend.copied(drecurrent)  # the input's third part has no reset gate before it
    backend.write(dgates, (..., slice(2 * H, None)), dnew)
    parts = project_back(backend, wanted, x, table, wx, dgates, places)
    db = backend.empty((4 * H,), y.dtype)
    backend.write(db, (inputs,), parts[3])
    third = view(drecurrent, lambda x: x[..., 2 * H :])
    reduced(backend, "sum", third, (0, 1), out=view(db, lambda x: x[inner]))
    return [*parts[:3], dwh, db, dh, None, None]


def _thirds(size: int) -> tuple[slice, slice]:
    """Of the bias of a gated recurrent unit: the gates' parts, and that of the inner product."""
    return slice(0, 3 * size), slice(3 * size, None)


def _elman(rectified: bool) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """A simple recurrent layer, and its way back."""

    def forward(
        backend: "DeviceBackend",
        wanted: bool,
        x: Any,
        table: Stored | None,
        wx: Stored,
        wh: Stored,
        b: Stored,
        h0: Stored,
        lengths: np.ndarray,
        reverse: bool,
    ) -> tuple[Any, Any]:
        projected = project(backend, x, table, wx, b)
        run = Recurrence(backend, x.shape[0], wh, lengths, reverse)
        y = backend.empty((*x.shape[:2], wh.shape[0]), wh.dtype)
        h = backend.copied(h0)
        for t in run.steps:
            kernels.elman_step(
                backend.driver,
                t,
                rectified,
                *projected.step(t),
                run.product(h),
                run.lengths,
                h.operand,
                at(y, t),
            )
        return (y, h), projected.places

    def backward(
        backend: "DeviceBackend",
        wanted: Sequence[bool],
        g: tuple[Stored, Stored],
        outputs: tuple[Stored, ...],
        places: Any,
        x: Any,
        table: Stored | None,
        wx: Stored,
        wh: Stored,
        b: Stored,
        h0: Stored,
        lengths: np.ndarray,
        reverse: bool,
    ) -> list[Any]:
        y = outputs[0]
        gy, dh = backend.in_c_order(g[0]), backend.copied(g[1])
        run = Recurrence(backend, x.shape[0], wh, lengths, reverse)
        drecurrent = backend.empty(y.shape, y.dtype)  # (T, B, H)
        for t in reversed(run.steps):
            kernels.elman_step_backward(
                backend.driver,
                t,
                rectified,
                at(y, t),
                run.lengths,
                at(gy, t),
                dh.operand,
                at(drecurrent, t),
            )
            run.add_product_back(at(drecurrent, t), dh)
        dwh = recurrent_weights_back(backend, y, h0, lengths, reverse, drecurrent)
        parts = project_back(backend, wanted, x, table, wx, drecurrent, places)
        return [*parts[:3], dwh, parts[3], dh, None, None]

    return forward, backward


for _name, _rectified in (("rnn_tanh", False), ("rnn_relu", True)):
    _forward, _backward = _elman(_rectified)
    define(_name)(_forward)
    define(f"{_name}_backward")(_backward)
