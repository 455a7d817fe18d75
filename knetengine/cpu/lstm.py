"""A long short-term memory over a whole sequence, forward and backward.

Each thread owns some sequences of the batch, and takes them through all steps: no thread waits for
another, and what a step made is in the cache of the core that needs it next. The recurrent product
is a call of BLAS in that thread; call these kernels with one BLAS thread.

Names: T steps, B sequences, H hidden units, R rows of the projected input. Gates are in the order
forget, input, output, change, as in the slides' `lstm`.
"""

from typing import Any

import numpy as np
from numba import prange

from knetengine.cpu.compilation import inline, kernel
from knetengine.cpu.squashing import logistic, tanh


@inline
def _step_forward(X: Any, R: Any, c: Any, G: Any, C: Any, h: Any, H: int) -> None:
    """One step of one sequence: projected input, recurrent part, cell before; gates, cell, h."""
    for j in range(3 * H):
        G[j] = logistic(X[j] + R[j])
    for j in range(3 * H, 4 * H):
        G[j] = tanh(X[j] + R[j])
    for j in range(H):
        C[j] = c[j] * G[j] + G[H + j] * G[3 * H + j]
    for j in range(H):
        h[j] = G[2 * H + j] * tanh(C[j])


@inline
def _sequences(
    low: int,
    high: int,
    projected: Any,
    rows: Any,
    wh: Any,
    h0: Any,
    c0: Any,
    lengths: Any,
    reverse: Any,
    y: Any,
    gates: Any,
    cells: Any,
    h: Any,
    c: Any,
) -> None:
    """All steps of the sequences from `low` to `high`; arguments as of `forward`."""
    T, _, H = y.shape
    state = h0[low:high].copy()  # (b, H)
    recurrent = np.empty((high - low, 4 * H), wh.dtype)  # (b, 4H)
    h[low:high] = h0[low:high]
    c[low:high] = c0[low:high]
    for s in range(T):
        t = T - 1 - s if reverse else s
        np.dot(state, wh, recurrent)
        for n in range(low, high):
            if t >= lengths[n]:
                y[t, n] = 0
                continue
            _step_forward(
                projected[rows[t, n]],
                recurrent[n - low],
                c[n],
                gates[t, n],
                cells[t, n],
                y[t, n],
                H,
            )
            c[n] = cells[t, n]
            state[n - low] = y[t, n]
    h[low:high] = state


@kernel
def forward(
    projected: Any,  # (R, 4H)
    rows: Any,  # (T, B), which row of `projected` is the input
    wh: Any,  # (H, 4H)
    h0: Any,  # (B, H)
    c0: Any,  # (B, H)
    lengths: Any,  # (B,)
    reverse: bool,
    parts: int,
    y: Any,  # (T, B, H), out; zero beyond the length
    gates: Any,  # (T, B, 4H), out
    cells: Any,  # (T, B, H), out
    h: Any,  # (B, H), out: after the last step
    c: Any,  # (B, H), out
) -> None:
    """All steps of one layer in one direction; each sequence stands still beyond its length."""
    B = len(h0)
    if parts == 1:  # without waking the threads, which a single sequence has nothing for
        _sequences(0, B, projected, rows, wh, h0, c0, lengths, reverse, y, gates, cells, h, c)
        return
    for part in prange(parts):
        low, high = part * B // parts, (part + 1) * B // parts
        _sequences(low, high, projected, rows, wh, h0, c0, lengths, reverse, y, gates, cells, h, c)


@kernel
def backward(
    gates: Any,  # (T, B, 4H)
    cells: Any,  # (T, B, H)
    c0: Any,  # (B, H)
    whT: Any,  # (4H, H)
    lengths: Any,  # (B,)
    reverse: bool,
    parts: int,
    gy: Any,  # (T, B, H), the gradient of y
    dh: Any,  # (B, H), in: the gradient of h; out: that of h0
    dc: Any,  # (B, H), in: the gradient of c; out: that of c0
    dgates: Any,  # (T, B, 4H), out: the gradients of what the gates squash
) -> None:
    """The way back through all steps."""
    T, B, H = gy.shape
    one = whT.dtype.type(1)  # with an integer Numba would compute in float64
    for part in prange(parts):
        low, high = part * B // parts, (part + 1) * B // parts
        earlier = np.empty((high - low, H), whT.dtype)  # (b, H)
        for s in range(T):
            t = s if reverse else T - 1 - s
            for n in range(low, high):
                D = dgates[t, n]
                if t >= lengths[n]:
                    D[:] = 0
                    continue
                G, C, g, e, u = gates[t, n], cells[t, n], gy[t, n], dh[n], dc[n]
                if (t == lengths[n] - 1) if reverse else (t == 0):
                    before = c0[n]
                else:
                    before = cells[t + 1, n] if reverse else cells[t - 1, n]
                for j in range(H):
                    f, i, o, m = G[j], G[H + j], G[2 * H + j], G[3 * H + j]
                    q = tanh(C[j])
                    d = g[j] + e[j]
                    r = u[j] + d * o * (one - q * q)
                    D[j] = r * before[j] * f * (one - f)
                    D[H + j] = r * m * i * (one - i)
                    D[2 * H + j] = d * q * o * (one - o)
                    D[3 * H + j] = r * i * (one - m * m)
                    u[j] = r * f
            np.dot(dgates[t, low:high], whT, earlier)
            for n in range(low, high):
                if t < lengths[n]:
                    dh[n] = earlier[n - low]
