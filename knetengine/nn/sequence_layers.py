"""One recurrent layer in one direction, over a whole sequence: plain twins, and fused primitives.

All take x (T, B, X), or ids (T, B) with a table (V, X) of embeddings; weights wx (X, G*H), wh
(H, G*H) and b, where G is the number of gates; the state before, h0 and, for the LSTM, c0 (B, H);
lengths (B,), beyond which a sequence stands still and its outputs are zero; and whether to run from
the end. All return y (T, B, H) and the state after the last step.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import knetengine.numpy as kn
from knetengine.cpu import compilation
from knetengine.cpu.arrays import contiguous, empty
from knetengine.nn.activations import relu, sigm
from knetengine.nn.fused import Saved, fused

# Plain twins


def _projected(x: Any, table: Any, wx: Any, b: Any) -> Any:
    """The input's part of the gates, for all steps at once."""
    inputs = x if table is None else kn.take(table, x, 0)  # (T, B, X)
    return inputs @ wx + b  # (T, B, G*H)


def _steps(count: int, reverse: bool) -> Iterator[int]:
    return iter(range(count - 1, -1, -1) if reverse else range(count))


def _scan(
    step: Callable[..., tuple[Any, ...]],
    projected: Any,
    state: tuple[Any, ...],
    lengths: np.ndarray,
    reverse: bool,
) -> tuple[Any, ...]:
    """Run ``step(inputs, *state)`` over the sequence, its first result being the output."""
    count = projected.shape[0]
    outputs: list[Any] = [None] * count
    for t in _steps(count, reverse):
        after = step(projected[t], *state)
        active = (t < lengths)[:, None]  # (B, 1)
        if active.all():
            outputs[t], state = after[0], after
        else:
            outputs[t] = kn.where(active, after[0], 0)
            state = tuple(kn.where(active, a, b) for a, b in zip(after, state, strict=True))
    return kn.stack(outputs), *state


def plain_lstm(
    x: Any, table: Any, wx: Any, wh: Any, b: Any, h0: Any, c0: Any, lengths: Any, reverse: bool
) -> tuple[Any, Any, Any]:
    """Long short-term memory (Hochreiter and Schmidhuber 1997), gates as in the slides' `lstm`."""
    size = wh.shape[0]

    def step(inputs: Any, h: Any, c: Any) -> tuple[Any, Any]:
        gates = inputs + h @ wh  # (B, 4H)
        forget, enter, leave = (sigm(gates[:, k * size : (k + 1) * size]) for k in range(3))
        change = kn.tanh(gates[:, 3 * size :])
        c = c * forget + enter * change  # (B, H)
        return leave * kn.tanh(c), c

    return _scan(step, _projected(x, table, wx, b), (h0, c0), lengths, reverse)  # pyright: ignore[reportReturnType]


def plain_gru(
    x: Any, table: Any, wx: Any, wh: Any, b: Any, h0: Any, lengths: Any, reverse: bool
) -> tuple[Any, Any]:
    """Gated recurrent unit, with the reset gate after the product (Cho et al. 2014, v3; cuDNN).

    b has 4H entries: those of the reset, update and new gate, and that of the recurrent product of
    the new gate, which the reset gate multiplies.
    """
    size = wh.shape[0]

    def step(inputs: Any, h: Any) -> tuple[Any]:
        recurrent = h @ wh  # (B, 3H)
        both = sigm(inputs[:, : 2 * size] + recurrent[:, : 2 * size])  # (B, 2H)
        reset, update = both[:, :size], both[:, size:]
        new = kn.tanh(
            inputs[:, 2 * size :] + reset * (recurrent[:, 2 * size :] + b[3 * size :])
        )  # (B, H)
        return (new + update * (h - new),)

    projected = _projected(x, table, wx, b[: 3 * size])
    return _scan(step, projected, (h0,), lengths, reverse)  # pyright: ignore[reportReturnType]


def _plain_elman(squash: Callable[[Any], Any]) -> Callable[..., Any]:
    def plain_elman(
        x: Any, table: Any, wx: Any, wh: Any, b: Any, h0: Any, lengths: Any, reverse: bool
    ) -> tuple[Any, Any]:
        """A simple recurrent layer (Elman 1990)."""

        def step(inputs: Any, h: Any) -> tuple[Any]:
            return (squash(inputs + h @ wh),)

        projected = _projected(x, table, wx, b)
        return _scan(step, projected, (h0,), lengths, reverse)  # pyright: ignore[reportReturnType]

    return plain_elman


plain_tanh, plain_relu = _plain_elman(kn.tanh), _plain_elman(relu)

# What the fused layers share


def _folds(x: np.ndarray, table: Any) -> bool:
    """Whether to project the table instead of the inputs: ``take(E, x) @ W == take(E @ W, x)``."""
    return table is not None and table.shape[0] < x.size


def _project(x: Any, table: Any, wx: Any, b: Any) -> tuple[Any, Any]:
    """The projected input as rows (R, G*H), and which of them is the input of each step (T, B)."""
    if _folds(x, table):
        with compilation.one_blas_thread():  # or a second thread would spin into the kernel
            rows = table @ wx  # (V, G*H)
        rows += b
        return rows, next(_for_kernels(x))
    inputs = x if table is None else table[x]  # (T, B, X)
    steps, batch, features = inputs.shape
    rows = inputs.reshape(steps * batch, features) @ wx  # (T*B, G*H)
    rows += b
    return rows, np.arange(steps * batch).reshape(steps, batch)


def _pull_projection(
    wanted: Sequence[bool], x: Any, table: Any, wx: Any, drows: Any
) -> tuple[Any, Any, Any, Any]:
    """The gradients of x, table, wx and b, for that of the projected input (T*B, G*H)."""
    from knetengine.cpu.products import stacked_product
    from knetengine.cpu.segments import segment_sums

    if _folds(x, table):
        sums = empty((table.shape[0], drows.shape[1]), drows.dtype)  # (V, G*H)
        segment_sums(drows, x.reshape(-1), sums)
        return None, sums @ wx.T if wanted[1] else None, table.T @ sums, sums.sum(0)
    inputs = (x if table is None else table[x]).reshape(drows.shape[0], wx.shape[0])  # (T*B, X)
    dinputs: Any = drows @ wx.T if wanted[0] or wanted[1] else None  # (T*B, X)
    dtable = None
    if table is not None and wanted[1]:
        dtable = empty(table.shape, table.dtype)
        segment_sums(dinputs, x.reshape(-1), dtable)
    dx = dinputs.reshape(x.shape) if wanted[0] else None
    return dx, dtable, stacked_product(inputs, drows), drows.sum(0)


def _pull_recurrent(y: Any, h0: Any, lengths: Any, reverse: bool, drecurrent: Any) -> Any:
    """The gradient of wh: the states before each step, times the gradients of their products."""
    from knetengine.cpu.products import stacked_product

    batch, size = h0.shape
    gates = drecurrent.shape[2]
    before, after = (y[1:], drecurrent[:-1]) if reverse else (y[:-1], drecurrent[1:])
    product = stacked_product(before.reshape(-1, size), after.reshape(-1, gates))  # (H, G*H)
    if h0.any():
        first = np.maximum(lengths - 1, 0) if reverse else np.zeros(batch, np.int64)
        product += h0.T @ drecurrent[first, np.arange(batch)]
    return product


def _parts(batch: int) -> int:
    """How many parts to cut the batch into; a product of fewer than 8 rows is slow for its size."""
    return max(1, min(compilation.threads(), batch // 8))


def _for_kernels(*arrays: Any) -> Iterator[Any]:

    return map(contiguous, arrays)


# Fused layers


def _lstm(
    saved: Saved,
    x: Any,
    table: Any,
    wx: Any,
    wh: Any,
    b: Any,
    h0: Any,
    c0: Any,
    lengths: Any,
    reverse: bool,
) -> tuple[Any, Any, Any]:
    from knetengine.cpu import lstm as kernels
    from knetengine.cpu.workspace import Borrowed, borrow

    wh, h0, c0, lengths = _for_kernels(wh, h0, c0, lengths)
    projected, rows = _project(x, table, wx, b)
    steps, batch, size = *rows.shape, wh.shape[0]
    y = empty((steps, batch, size), wh.dtype)
    gates = borrow((steps, batch, 4 * size), wh.dtype)
    cells = borrow(y.shape, wh.dtype)
    h, c = empty(h0.shape, h0.dtype), empty(c0.shape, c0.dtype)
    with compilation.one_blas_thread():
        kernels.forward(
            projected, rows, wh, h0, c0, lengths, reverse, _parts(batch), y, gates, cells, h, c
        )
    saved.items = Borrowed(gates, cells)
    return y, h, c


def _pull_lstm(
    wanted: Sequence[bool],
    g: Any,
    outputs: Any,
    items: Any,
    x: Any,
    table: Any,
    wx: Any,
    wh: Any,
    b: Any,
    h0: Any,
    c0: Any,
    lengths: Any,
    reverse: bool,
) -> list[Any]:
    from knetengine.cpu import lstm as kernels
    from knetengine.cpu.workspace import borrow, give_back

    gates, cells = items.arrays
    dgates = borrow(gates.shape, gates.dtype)  # (T, B, 4H)
    dh, dc = g[1].copy(), g[2].copy()
    gy, wh_transposed, c0, lengths = _for_kernels(g[0], wh.T, c0, lengths)
    with compilation.one_blas_thread():
        kernels.backward(
            gates, cells, c0, wh_transposed, lengths, reverse, _parts(len(h0)), gy, dh, dc, dgates
        )
    dwh = _pull_recurrent(outputs[0], h0, lengths, reverse, dgates)
    drows = dgates.reshape(-1, dgates.shape[2])  # (T*B, 4H)
    dx, dtable, dwx, db = _pull_projection(wanted, x, table, wx, drows)
    give_back(dgates)
    return [dx, dtable, dwx, dwh, db, dh, dc, None, None]


def _gru(
    saved: Saved,
    x: Any,
    table: Any,
    wx: Any,
    wh: Any,
    b: Any,
    h0: Any,
    lengths: Any,
    reverse: bool,
) -> tuple[Any, Any]:
    from knetengine.cpu import gru as kernels
    from knetengine.cpu.workspace import Borrowed, borrow

    wh, h0, b, lengths = _for_kernels(wh, h0, b, lengths)
    size = wh.shape[0]
    projected, rows = _project(x, table, wx, b[: 3 * size])
    steps, batch = rows.shape
    y = empty((steps, batch, size), wh.dtype)
    gates = borrow((steps, batch, 4 * size), wh.dtype)
    h = empty(h0.shape, h0.dtype)
    with compilation.one_blas_thread():
        kernels.forward(
            projected, rows, wh, b[3 * size :], h0, lengths, reverse, _parts(batch), y, gates, h
        )
    saved.items = Borrowed(gates)
    return y, h


def _pull_gru(
    wanted: Sequence[bool],
    g: Any,
    outputs: Any,
    items: Any,
    x: Any,
    table: Any,
    wx: Any,
    wh: Any,
    b: Any,
    h0: Any,
    lengths: Any,
    reverse: bool,
) -> list[Any]:
    from knetengine.cpu import gru as kernels

    (y,) = _for_kernels(outputs[0])
    steps, batch, size = y.shape
    drecurrent = empty((steps, batch, 3 * size), y.dtype)
    dnew = empty(y.shape, y.dtype)
    dh = g[1].copy()
    gy, wh_transposed, start, lengths = _for_kernels(g[0], wh.T, h0, lengths)
    with compilation.one_blas_thread():
        kernels.backward(
            *items.arrays,
            y,
            start,
            wh_transposed,
            lengths,
            reverse,
            _parts(batch),
            gy,
            dh,
            drecurrent,
            dnew,
        )
    dwh = _pull_recurrent(y, h0, lengths, reverse, drecurrent)
    drows = np.concatenate([drecurrent[:, :, : 2 * size], dnew], 2).reshape(-1, 3 * size)
    dx, dtable, dwx, db = _pull_projection(wanted, x, table, wx, drows)
    dbias = np.concatenate([db, drecurrent[:, :, 2 * size :].sum((0, 1))])  # (4H,)
    return [dx, dtable, dwx, dwh, dbias, dh, None, None]


def _fused_elman(twin: Callable[..., Any], rectified: bool) -> Callable[..., Any]:
    def compute(
        saved: Saved,
        x: Any,
        table: Any,
        wx: Any,
        wh: Any,
        b: Any,
        h0: Any,
        lengths: Any,
        reverse: bool,
    ) -> tuple[Any, Any]:
        from knetengine.cpu import elman as kernels

        wh, h0, lengths = _for_kernels(wh, h0, lengths)
        projected, rows = _project(x, table, wx, b)
        steps, batch = rows.shape
        y = empty((steps, batch, wh.shape[0]), wh.dtype)
        h = empty(h0.shape, h0.dtype)
        with compilation.one_blas_thread():
            kernels.forward(
                projected, rows, wh, h0, lengths, reverse, rectified, _parts(batch), y, h
            )
        return y, h

    def pull_back(
        wanted: Sequence[bool],
        g: Any,
        outputs: Any,
        items: Any,
        x: Any,
        table: Any,
        wx: Any,
        wh: Any,
        b: Any,
        h0: Any,
        lengths: Any,
        reverse: bool,
    ) -> list[Any]:
        from knetengine.cpu import elman as kernels

        (y,) = _for_kernels(outputs[0])
        drecurrent = empty(y.shape, y.dtype)
        dh = g[1].copy()
        gy, wh_transposed, lengths = _for_kernels(g[0], wh.T, lengths)
        with compilation.one_blas_thread():
            kernels.backward(
                y, wh_transposed, lengths, reverse, rectified, _parts(len(h0)), gy, dh, drecurrent
            )
        dwh = _pull_recurrent(y, h0, lengths, reverse, drecurrent)
        drows = drecurrent.reshape(-1, y.shape[2])
        dx, dtable, dwx, db = _pull_projection(wanted, x, table, wx, drows)
        return [dx, dtable, dwx, dwh, db, dh, None, None]

    return fused(twin, compute, pull_back, layer="rnn_relu" if rectified else "rnn_tanh")


fused_lstm = fused(plain_lstm, _lstm, _pull_lstm, layer="lstm")
fused_gru = fused(plain_gru, _gru, _pull_gru, layer="gru")
fused_tanh = _fused_elman(plain_tanh, rectified=False)
fused_relu = _fused_elman(plain_relu, rectified=True)
