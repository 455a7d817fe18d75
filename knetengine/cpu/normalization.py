"""Batch and layer normalization, forward and backward.

Names: N instances, C channels, S places; R rows of D entries. Means and variances are taken in two
passes, for the difference of two large sums would lose the digits of the variance.
"""

from typing import Any

import numpy as np
from numba import prange

from knetengine.cpu.arrays import contiguous, empty, parts_for
from knetengine.cpu.compilation import inline, kernel

# Batch normalization: each thread owns some channels. With one place the entries of a channel lie
# C apart, and a row of channels is taken at a time.


@inline
def _add_up(x: Any, low: int, high: int, mean: Any, squares: bool, out: Any) -> None:
    """Set out[c] to the sum of x - mean[c], or of its square, over instances and places."""
    N, _, S = x.shape
    for c in range(low, high):
        out[c] = 0
    for n in range(N):
        if S == 1:
            for c in range(low, high):
                d = x[n, c, 0] - mean[c]
                out[c] += d * d if squares else d
            continue
        for c in range(low, high):
            row, m = x[n, c], mean[c]
            s = x.dtype.type(0)
            for i in range(S):
                d = row[i] - m
                s += d * d if squares else d
            out[c] += s


@inline
def _scale(x: Any, low: int, high: int, factor: Any, middle: Any, shift: Any, y: Any) -> None:
    """(x - middle) * factor + shift, of each channel."""
    N, _, S = x.shape
    for n in range(N):
        if S == 1:
            for c in range(low, high):
                y[n, c, 0] = (x[n, c, 0] - middle[c]) * factor[c] + shift[c]
            continue
        for c in range(low, high):
            row, out, f, m, b = x[n, c], y[n, c], factor[c], middle[c], shift[c]
            for i in range(S):
                out[i] = (row[i] - m) * f + b


@kernel
def _batch_forward(
    x: Any,  # (N, C, S)
    params: Any,  # (2C,), gains and then biases
    batch: bool,  # whether mean and var are to be those of the batch
    eps: float,
    parts: int,
    mean: Any,  # (C,), in or out
    var: Any,  # (C,), in or out
    inverse: Any,  # (C,), out: 1 / sqrt(var + eps)
    y: Any,  # (N, C, S), out
) -> None:
    N, C, S = x.shape
    factor, sums = np.empty(C, x.dtype), np.empty(C)
    shift = params[C:]
    for part in prange(parts):
        low, high = part * C // parts, (part + 1) * C // parts
        if batch:
            for c in range(low, high):
                mean[c] = x[0, c, 0]  # a first guess: the sum of what is left is small
            _add_up(x, low, high, mean, False, sums)
            for c in range(low, high):
                mean[c] += sums[c] / (N * S)
            _add_up(x, low, high, mean, True, sums)
            for c in range(low, high):
                var[c] = sums[c] / (N * S)
        for c in range(low, high):
            inverse[c] = 1.0 / np.sqrt(var[c] + eps)
            factor[c] = inverse[c] * params[c]
        _scale(x, low, high, factor, mean, shift, y)


@inline
def _batch_sums(
    g: Any, x: Any, low: int, high: int, mean: Any, inverse: Any, gains: Any, biases: Any
) -> None:
    """The gradients of gains and biases."""
    N, _, S = x.shape
    for c in range(low, high):
        gains[c] = 0
        biases[c] = 0
    for n in range(N):
        if S == 1:
            for c in range(low, high):
                biases[c] += g[n, c, 0]
                gains[c] += g[n, c, 0] * ((x[n, c, 0] - mean[c]) * inverse[c])
            continue
        for c in range(low, high):
            row, slope, m = x[n, c], g[n, c], mean[c]
            s, t = x.dtype.type(0), x.dtype.type(0)
            for i in range(S):
                s += slope[i]
                t += slope[i] * (row[i] - m)
            biases[c] += s
            gains[c] += t * inverse[c]


@kernel
def _batch_backward(
    g: Any,  # (N, C, S)
    x: Any,  # (N, C, S)
    params: Any,  # (2C,)
    mean: Any,  # (C,)
    inverse: Any,  # (C,)
    batch: bool,
    parts: int,
    dx: Any,  # (N, C, S), out
    dparams: Any,  # (2C,), out
) -> None:
    """dx is the gain over the deviation, times g less its part along 1 and along x."""
    N, C, S = x.shape
    sums = np.empty(2 * C)
    gains, biases = sums[:C], sums[C:]
    factor, along, constant = np.empty(C, x.dtype), np.empty(C, x.dtype), np.empty(C, x.dtype)
    for part in prange(parts):
        low, high = part * C // parts, (part + 1) * C // parts
        _batch_sums(g, x, low, high, mean, inverse, gains, biases)
        for c in range(low, high):
            dparams[c] = gains[c]
            dparams[C + c] = biases[c]
            factor[c] = params[c] * inverse[c]
            along[c] = factor[c] * inverse[c] * gains[c] / (N * S) if batch else 0.0
            constant[c] = factor[c] * biases[c] / (N * S) if batch else 0.0
        for n in range(N):
            if S == 1:
                for c in range(low, high):
                    d = x[n, c, 0] - mean[c]
                    dx[n, c, 0] = factor[c] * g[n, c, 0] - along[c] * d - constant[c]
                continue
            for c in range(low, high):
                slope, row, out = g[n, c], x[n, c], dx[n, c]
                f, a, b, m = factor[c], along[c], constant[c], mean[c]
                for i in range(S):
                    out[i] = f * slope[i] - a * (row[i] - m) - b


def _in_channels(x: np.ndarray) -> np.ndarray:
    """(N, C, ...) as (N, C, S)."""
    N, C = x.shape[:2]
    return contiguous(x).reshape(N, C, x.size // (N * C))


def batch_forward(
    x: np.ndarray,
    params: np.ndarray | None,
    moments: tuple[np.ndarray, np.ndarray] | None,
    eps: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Normalize each channel, by the batch's mean and variance or by given ones.

    x: (N, C, ...), not empty.
    params: (2C,), gains and then biases, or None for ones and zeros.
    moments: mean and variance (C,) of the dtype of x, or None for those of the batch.

    Returns the result, mean, variance, and 1 / sqrt(variance + eps).
    """
    C = x.shape[1]
    y = empty(x.shape, x.dtype)
    inverse = np.empty(C, x.dtype)
    batch = moments is None
    mean, var = (np.empty(C, x.dtype) for _ in range(2)) if moments is None else moments
    mean, var = (mean, var) if batch else (mean.copy(), var.copy())
    gains = _params(params, x)
    parts = parts_for(x.size, C)
    _batch_forward(_in_channels(x), gains, batch, eps, parts, mean, var, inverse, _in_channels(y))
    return y, mean, var, inverse


def batch_backward(
    g: np.ndarray,
    x: np.ndarray,
    params: np.ndarray | None,
    mean: np.ndarray,
    inverse: np.ndarray,
    batch: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """The gradients of x and params.

    batch: whether the mean and the deviation are those of the batch, and depend on x.
    """
    dx, dparams = empty(x.shape, x.dtype), empty(2 * x.shape[1], x.dtype)
    parts = parts_for(x.size, x.shape[1])
    _batch_backward(
        _in_channels(g), _in_channels(x), _params(params, x), mean, inverse, batch, parts,
        _in_channels(dx), dparams,
    )  # fmt: skip
    return dx, dparams


def _params(params: np.ndarray | None, x: np.ndarray) -> np.ndarray:
    C = x.shape[1]
    return np.repeat(np.array([1, 0], x.dtype), C) if params is None else params.copy()


# Layer normalization: each thread owns some rows.


@kernel
def _layer_forward(
    x: Any,  # (R, D)
    gain: Any,  # (D,)
    bias: Any,  # (D,)
    eps: float,
    parts: int,
    mean: Any,  # (R,), out
    inverse: Any,  # (R,), out: 1 / sqrt(variance + eps)
    y: Any,  # (R, D), out
) -> None:
    R, D = x.shape
    zero = x.dtype.type(0)
    for part in prange(parts):
        for r in range(part * R // parts, (part + 1) * R // parts):
            row, out = x[r], y[r]
            first = row[0]  # a first guess: the sum of what is left is small
            s = zero
            for i in range(D):
                s += row[i] - first
            mean[r] = first + s / D
            m = mean[r]
            s = zero
            for i in range(D):
                s += (row[i] - m) * (row[i] - m)
            inverse[r] = 1.0 / np.sqrt(s / D + eps)
            q = inverse[r]
            for i in range(D):
                out[i] = (row[i] - m) * q * gain[i] + bias[i]


@kernel
def _layer_backward(
    g: Any,  # (R, D)
    x: Any,  # (R, D)
    gain: Any,  # (D,)
    mean: Any,  # (R,)
    inverse: Any,  # (R,)
    parts: int,
    dx: Any,  # (R, D), out
    sums: Any,  # (parts, 2, D), out: the first are the gradients of gain and bias
) -> None:
    R, D = x.shape
    for part in prange(parts):
        gains, biases = sums[part, 0], sums[part, 1]
        for i in range(D):
            gains[i] = 0
            biases[i] = 0
        for r in range(part * R // parts, (part + 1) * R // parts):
            slope, row, out, m, q = g[r], x[r], dx[r], mean[r], inverse[r]
            s, t = x.dtype.type(0), x.dtype.type(0)
            for i in range(D):
                z = (row[i] - m) * q
                u = slope[i] * gain[i]
                gains[i] += slope[i] * z
                biases[i] += slope[i]
                s += u
                t += u * z
            s = x.dtype.type(s / D)
            t = x.dtype.type(t / D)
            for i in range(D):
                out[i] = (slope[i] * gain[i] - s - (row[i] - m) * q * t) * q
    for part in range(1, parts):
        for k in range(2):
            for i in range(D):
                sums[0, k, i] += sums[part, k, i]


def layer_forward(
    x: np.ndarray, gain: np.ndarray | None, bias: np.ndarray | None, eps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Normalize along the last axis, which is not empty.

    gain, bias: of the length of that axis, or None for ones and zeros.

    Returns the result, the mean of each row, and 1 / sqrt(variance + eps).
    """
    D = x.shape[-1]
    rows = contiguous(x).reshape(-1, D)  # (R, D)
    R = len(rows)
    y = empty(x.shape, x.dtype)
    mean, inverse = np.empty(R, x.dtype), np.empty(R, x.dtype)
    gain = np.ones(D, x.dtype) if gain is None else gain.copy()
    bias = np.zeros(D, x.dtype) if bias is None else bias.copy()
    _layer_forward(rows, gain, bias, eps, parts_for(x.size, R), mean, inverse, y.reshape(R, D))
    return y, mean, inverse


def layer_backward(
    g: np.ndarray, x: np.ndarray, gain: np.ndarray | None, mean: np.ndarray, inverse: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients of x, gain and bias."""
    D, R = x.shape[-1], len(mean)
    dx = empty(x.shape, x.dtype)
    parts = parts_for(x.size, R)
    sums = np.empty((parts, 2, D), x.dtype)
    gain = np.ones(D, x.dtype) if gain is None else gain.copy()
    rows, slopes = contiguous(x).reshape(R, D), contiguous(g).reshape(R, D)
    _layer_backward(slopes, rows, gain, mean, inverse, parts, dx.reshape(R, D), sums)
    return dx, sums[0, 0], sums[0, 1]
