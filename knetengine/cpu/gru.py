"""A gated recurrent unit over a whole sequence, forward and backward; see `lstm` for the design.

Gates are in the order reset, update, new; what is kept has a fourth part, the recurrent product of
the new gate before the reset gate multiplies it.
"""

from typing import Any

import numpy as np
from numba import prange

from knetengine.cpu.compilation import inline, kernel
from knetengine.cpu.squashing import logistic, tanh


@inline
def _step_forward(X: Any, R: Any, bias: Any, h: Any, G: Any, y: Any, H: int) -> None:
    """One sequence, one step: projected input (3H,), recurrent part, bias of the new gate."""
    for j in range(2 * H):
        G[j] = logistic(X[j] + R[j])
    for j in range(H):
        G[3 * H + j] = R[2 * H + j] + bias[j]
    for j in range(H):
        G[2 * H + j] = tanh(X[2 * H + j] + G[j] * G[3 * H + j])
    for j in range(H):
        y[j] = G[2 * H + j] + G[H + j] * (h[j] - G[2 * H + j])


@inline
def _sequences(
    low: int,
    high: int,
    projected: Any,
    rows: Any,
    wh: Any,
    bias: Any,
    h0: Any,
    lengths: Any,
    reverse: Any,
    y: Any,
    gates: Any,
    h: Any,
) -> None:
    """All steps of the sequences from `low` to `high`; arguments as of `forward`."""
    T, _, H = y.shape
    state = h0[low:high].copy()  # (b, H)
    recurrent = np.empty((high - low, 3 * H), wh.dtype)  # (b, 3H)
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
                bias,
                state[n - low],
                gates[t, n],
                y[t, n],
                H,
            )
            state[n - low] = y[t, n]
    h[low:high] = state


@kernel
def forward(
    projected: Any,  # (R, 3H)
    rows: Any,  # (T, B), which row of `projected` is the input
    wh: Any,  # (H, 3H)
    bias: Any,  # (H,)
    h0: Any,  # (B, H)
    lengths: Any,  # (B,)
    reverse: bool,
    parts: int,
    y: Any,  # (T, B, H), out; zero beyond the length
    gates: Any,  # (T, B, 4H), out
    h: Any,  # (B, H), out: after the last step
) -> None:
    """All steps of one layer in one direction; each sequence stands still beyond its length."""
    B = len(h0)
    if parts == 1:  # without waking the threads, which a single sequence has nothing for
        _sequences(0, B, projected, rows, wh, bias, h0, lengths, reverse, y, gates, h)
        return
    for part in prange(parts):
        low, high = part * B // parts, (part + 1) * B // parts
        _sequences(low, high, projected, rows, wh, bias, h0, lengths, reverse, y, gates, h)


@kernel
def backward(
    gates: Any,  # (T, B, 4H)
    y: Any,  # (T, B, H)
    h0: Any,  # (B, H)
    whT: Any,  # (3H, H)
    lengths: Any,  # (B,)
    reverse: bool,
    parts: int,
    gy: Any,  # (T, B, H), the gradient of y
    dh: Any,  # (B, H), in: the gradient of h; out: that of h0
    drecurrent: Any,  # (T, B, 3H), out: the gradients of the recurrent product
    dnew: Any,  # (T, B, H), out: the gradient of the projected input's third part
) -> None:
    """The way back; `drecurrent` holds the gradients of the input's first two parts as well."""
    T, B, H = gy.shape
    one = whT.dtype.type(1)  # with an integer Numba would compute in float64
    for part in prange(parts):
        low, high = part * B // parts, (part + 1) * B // parts
        earlier = np.empty((high - low, H), whT.dtype)  # (b, H)
        for s in range(T):
            t = s if reverse else T - 1 - s
            for n in range(low, high):
                D, N = drecurrent[t, n], dnew[t, n]
                if t >= lengths[n]:
                    D[:] = 0
                    N[:] = 0
                    continue
                G, g, e = gates[t, n], gy[t, n], dh[n]
                if (t == lengths[n] - 1) if reverse else (t == 0):
                    before = h0[n]
                else:
                    before = y[t + 1, n] if reverse else y[t - 1, n]
                for j in range(H):
                    r, z, m, q = G[j], G[H + j], G[2 * H + j], G[3 * H + j]
                    d = g[j] + e[j]
                    u = d * (one - z) * (one - m * m)
                    N[j] = u
                    D[j] = u * q * r * (one - r)
                    D[H + j] = d * (before[j] - m) * z * (one - z)
                    D[2 * H + j] = u * r
                    e[j] = d * z
            np.dot(drecurrent[t, low:high], whT, earlier)
            for n in range(low, high):
                if t < lengths[n]:
                    for j in range(H):
                        dh[n, j] += earlier[n - low, j]
