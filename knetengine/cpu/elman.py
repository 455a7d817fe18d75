"""A simple recurrent layer (Elman) over a whole sequence; see `lstm` for the design."""

from typing import Any

import numpy as np
from numba import prange

from knetengine.cpu.compilation import inline, kernel
from knetengine.cpu.squashing import tanh


@inline
def _sequences(
    low: int,
    high: int,
    projected: Any,
    rows: Any,
    wh: Any,
    h0: Any,
    lengths: Any,
    reverse: Any,
    rectified: Any,
    y: Any,
    h: Any,
) -> None:
    """All steps of the sequences from `low` to `high`; arguments as of `forward`."""
    T, _, H = y.shape
    zero = wh.dtype.type(0)
    state = h0[low:high].copy()  # (b, H)
    recurrent = np.empty((high - low, H), wh.dtype)  # (b, H)
    for s in range(T):
        t = T - 1 - s if reverse else s
        np.dot(state, wh, recurrent)
        for n in range(low, high):
            if t >= lengths[n]:
                y[t, n] = 0
                continue
            X, R, Y = projected[rows[t, n]], recurrent[n - low], y[t, n]
            if rectified:
                for j in range(H):
                    u = X[j] + R[j]
                    Y[j] = zero if u <= 0 else u  # a NaN stays
            else:
                for j in range(H):
                    Y[j] = tanh(X[j] + R[j])
            state[n - low] = Y
    h[low:high] = state


@kernel
def forward(
    projected: Any,  # (R, H)
    rows: Any,  # (T, B), which row of `projected` is the input
    wh: Any,  # (H, H)
    h0: Any,  # (B, H)
    lengths: Any,  # (B,)
    reverse: bool,
    rectified: bool,
    parts: int,
    y: Any,  # (T, B, H), out; zero beyond the length
    h: Any,  # (B, H), out: after the last step
) -> None:
    """All steps; `rectified` is max(0, x) instead of tanh(x)."""
    B = len(h0)
    if parts == 1:  # without waking the threads, which a single sequence has nothing for
        _sequences(0, B, projected, rows, wh, h0, lengths, reverse, rectified, y, h)
        return
    for part in prange(parts):
        low, high = part * B // parts, (part + 1) * B // parts
        _sequences(low, high, projected, rows, wh, h0, lengths, reverse, rectified, y, h)


@kernel
def backward(
    y: Any,  # (T, B, H)
    whT: Any,  # (H, H)
    lengths: Any,  # (B,)
    reverse: bool,
    rectified: bool,
    parts: int,
    gy: Any,  # (T, B, H), the gradient of y
    dh: Any,  # (B, H), in: the gradient of h; out: that of h0
    drecurrent: Any,  # (T, B, H), out: the gradient of what is squashed
) -> None:
    """The way back through all steps."""
    T, B, H = gy.shape
    zero, one = whT.dtype.type(0), whT.dtype.type(1)
    for part in prange(parts):
        low, high = part * B // parts, (part + 1) * B // parts
        earlier = np.empty((high - low, H), whT.dtype)  # (b, H)
        for s in range(T):
            t = s if reverse else T - 1 - s
            for n in range(low, high):
                D = drecurrent[t, n]
                if t >= lengths[n]:
                    D[:] = 0
                    continue
                Y, g, e = y[t, n], gy[t, n], dh[n]
                for j in range(H):
                    d = g[j] + e[j]
                    D[j] = (zero if Y[j] == 0 else d) if rectified else d * (one - Y[j] * Y[j])
            np.dot(drecurrent[t, low:high], whT, earlier)
            for n in range(low, high):
                if t < lengths[n]:
                    dh[n] = earlier[n - low]
