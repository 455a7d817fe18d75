"""Optimiser updates of all parameters in one call, each array read and written once.

A call takes the addresses of the arrays: a function of N arrays would be compiled anew for every
N. Each thread takes its share of every array.

The rules have the same arguments: parameters w, gradients g, state u and v, and constants p of the
same dtype: p[0] is the learning rate, p[1] the weight decay, the others are the rule's.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import carray, prange, types  # pyright: ignore[reportPrivateImportUsage]
from numba.extending import intrinsic

from knetengine.cpu.arrays import parts_for
from knetengine.cpu.compilation import inline, kernel

CONSTANTS = 8
"""The length of p."""

RULES = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam")


@intrinsic  # pyright: ignore
def _pointer(typing_context, address, like):  # pyright: ignore
    """A pointer to numbers of the type of `like`."""
    pointer = types.CPointer(like)

    def generate(context, builder, signature, arguments):  # pyright: ignore
        return builder.inttoptr(arguments[0], context.get_value_type(pointer))

    return pointer(types.int64, like), generate


@inline
def _numbers(address: int, like: Any, size: int) -> Any:
    """The array at an address, of numbers of the type of `like`."""
    return carray(_pointer(address, like), size)  # pyright: ignore[reportCallIssue]


@inline
def _sgd(w: Any, g: Any, p: Any) -> None:
    rate, decay = p[0], p[1]
    for i in range(len(w)):
        w[i] -= rate * (g[i] + decay * w[i])


@inline
def _momentum(w: Any, g: Any, u: Any, p: Any) -> None:
    rate, decay, gamma = p[0], p[1], p[2]
    for i in range(len(w)):
        u[i] = gamma * u[i] + rate * (g[i] + decay * w[i])
        w[i] -= u[i]


@inline
def _nesterov(w: Any, g: Any, u: Any, p: Any) -> None:
    rate, decay, gamma, one = p[0], p[1], p[2], p.dtype.type(1)
    for i in range(len(w)):
        before = u[i]
        u[i] = gamma * before - rate * (g[i] + decay * w[i])
        w[i] += (one + gamma) * u[i] - gamma * before


@inline
def _adagrad(w: Any, g: Any, u: Any, p: Any) -> None:
    rate, decay, eps = p[0], p[1], p[2]
    for i in range(len(w)):
        d = g[i] + decay * w[i]
        u[i] += d * d
        w[i] -= rate * d / np.sqrt(u[i] + eps)


@inline
def _rmsprop(w: Any, g: Any, u: Any, p: Any) -> None:
    rate, decay, rho, eps, one = p[0], p[1], p[2], p[3], p.dtype.type(1)
    for i in range(len(w)):
        d = g[i] + decay * w[i]
        u[i] = rho * u[i] + (one - rho) * d * d
        w[i] -= rate * d / np.sqrt(u[i] + eps)


@inline
def _adadelta(w: Any, g: Any, u: Any, v: Any, p: Any) -> None:
    rate, decay, rho, eps, one = p[0], p[1], p[2], p[3], p.dtype.type(1)
    for i in range(len(w)):
        d = g[i] + decay * w[i]
        u[i] = rho * u[i] + (one - rho) * d * d
        step = d * np.sqrt(v[i] + eps) / np.sqrt(u[i] + eps)
        v[i] = rho * v[i] + (one - rho) * step * step
        w[i] -= rate * step


@inline
def _adam(w: Any, g: Any, u: Any, v: Any, p: Any) -> None:
    rate, decay, beta1, beta2, eps = p[0], p[1], p[2], p[3], p[4]
    first, second, aside, one = p[5], p[6], p[7], p.dtype.type(1)  # bias corrections, decay apart
    for i in range(len(w)):
        d = g[i] + decay * w[i]
        u[i] = beta1 * u[i] + (one - beta1) * d
        v[i] = beta2 * v[i] + (one - beta2) * d * d
        w[i] -= aside * w[i] + rate * (u[i] / first) / (np.sqrt(v[i] / second) + eps)


@inline
def _share(rule: int, addresses: Any, sizes: Any, p: Any, part: int, parts: int) -> None:
    """One thread's share of every array."""
    for n in range(len(sizes)):
        size = sizes[n]
        low, high = part * size // parts, (part + 1) * size // parts
        w = _numbers(addresses[n, 0], p[0], size)[low:high]
        g = _numbers(addresses[n, 1], p[0], size)[low:high]
        u = _numbers(addresses[n, 2], p[0], size)[low:high]
        v = _numbers(addresses[n, 3], p[0], size)[low:high]
        if rule == 0:
            _sgd(w, g, p)
        elif rule == 1:
            _momentum(w, g, u, p)
        elif rule == 2:
            _nesterov(w, g, u, p)
        elif rule == 3:
            _adagrad(w, g, u, p)
        elif rule == 4:
            _rmsprop(w, g, u, p)
        elif rule == 5:
            _adadelta(w, g, u, v, p)
        else:
            _adam(w, g, u, v, p)


@kernel
def _update(rule: int, addresses: Any, sizes: Any, p: Any, parts: int) -> None:
    """addresses (N, 4) of w, g, u, v; sizes (N,); p (CONSTANTS,)."""
    if parts == 1:  # without starting the threads
        _share(rule, addresses, sizes, p, 0, 1)
        return
    for part in prange(parts):
        _share(rule, addresses, sizes, p, part, parts)


def update(
    rule: str,
    parameters: Sequence[np.ndarray],
    gradients: Sequence[np.ndarray],
    states: Sequence[Sequence[np.ndarray]],
    constants: Sequence[float],
) -> None:
    """Update arrays of one dtype, float32 or float64, in place.

    Parameters and states must be contiguous and writable, and are not checked.
    states: for each parameter the arrays of its state, at most two.
    constants: p, shorter if the rule has fewer.
    """
    count = len(parameters)
    addresses = np.zeros((count, 4), np.int64)
    sizes = np.empty(count, np.int64)
    gradients = [np.ascontiguousarray(g) for g in gradients]  # kept until the kernel is done
    for n, (w, g, state) in enumerate(zip(parameters, gradients, states, strict=True)):
        sizes[n] = w.size
        for k, array in enumerate((w, g, *state)):
            addresses[n, k] = array.__array_interface__["data"][0]
    p = np.zeros(CONSTANTS, parameters[0].dtype)
    p[: len(constants)] = constants
    entries = int(sizes.sum())
    _update(RULES.index(rule), addresses, sizes, p, parts_for(entries, entries))
