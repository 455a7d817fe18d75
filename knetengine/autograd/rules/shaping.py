"""Functions that move entries, or repeat them, and leave their values alone."""

from typing import Any

import numpy as np

from knetengine.autograd.primitives import composed, defvjp
from knetengine.autograd.recorded import cast, plain, primitive, python_float, unpack

defvjp(
    np.transpose,
    lambda g, y, a, axes=None: np.transpose(
        g, None if axes is None else np.argsort([i % a.ndim for i in axes])
    ),
)
defvjp(np.swapaxes, lambda g, y, a, axis1, axis2: np.swapaxes(g, axis1, axis2))
defvjp(np.moveaxis, lambda g, y, a, source, destination: np.moveaxis(g, destination, source))
defvjp(np.flip, lambda g, y, m, axis=None: np.flip(g, axis))
defvjp(np.roll, lambda g, y, a, shift, axis=None: np.roll(g, np.negative(shift), axis))
defvjp(np.expand_dims, lambda g, y, a, axis: g.reshape(a.shape))
defvjp(np.squeeze, lambda g, y, a, axis=None: g.reshape(a.shape))
defvjp(np.broadcast_to, lambda g, y, array, shape, subok=False: g)
defvjp(np.copy, lambda g, y, a, order="K", subok=False: g)


def _unreshaped(g: Any, y: Any, a: Any, shape: Any = None, order: str = "C") -> Any:
    return g.reshape(getattr(a, "shape", ()), order=order)


@primitive
def reshape(a: Any, shape: Any, order: Any = "C") -> Any:
    """`np.reshape` in the order "C" or "F"."""
    return np.reshape(a, shape, order)


defvjp(reshape, _unreshaped)


@composed(np.reshape)
def _reshape(a: Any, shape: Any, order: str = "C") -> Any:
    if order not in ("C", "F"):
        raise TypeError(f"np.reshape has a derivative rule for order 'C' and 'F', not {order!r}")
    return reshape(a, shape, order=order) if order == "F" else reshape(a, shape)


@composed(np.ravel)
def _ravel(a: Any, order: str = "C") -> Any:
    return _reshape(a, -1, order)


# A cast, a Python float, one of several results: the mechanism brings the gradient back itself.

defvjp(cast, lambda g, y, x, dtype: g)
defvjp(python_float, lambda g, y, value: g)
defvjp(
    unpack,
    lambda g, y, outputs, item: (*(None,) * item, g, *(None,) * (len(outputs) - item - 1)),
)


@composed(np.astype)
def _astype(x: Any, dtype: Any, /, *, copy: bool = True) -> Any:
    """To another floating dtype; to integers or bools it is a constant."""
    dtype = np.dtype(dtype)
    return cast(x, dtype) if dtype.kind == "f" else np.astype(plain(x), dtype)


@composed(np.atleast_1d)
def _atleast_1d(x: Any) -> Any:
    return x if np.ndim(x) >= 1 else np.reshape(x, (1,))


@composed(np.atleast_2d)
def _atleast_2d(x: Any) -> Any:
    return x if np.ndim(x) >= 2 else np.reshape(x, (1, -1))


@composed(np.repeat)
def _repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    if axis is None:
        a, axis = np.ravel(a), 0
    return np.take(a, np.repeat(np.arange(np.shape(a)[axis]), repeats), axis)


@composed(np.tile)
def _tile(A: Any, reps: Any) -> Any:  # noqa: N803  # NumPy's name
    reps = (reps,) if np.ndim(reps) == 0 else tuple(reps)
    shape = (1,) * (len(reps) - np.ndim(A)) + np.shape(A)
    reps = (1,) * (len(shape) - len(reps)) + reps
    narrow = tuple(n for size in shape for n in (1, size))  # (1, n0, 1, n1, ...)
    wide = tuple(n for pair in zip(reps, shape, strict=True) for n in pair)
    tiled = np.broadcast_to(np.reshape(A, narrow), wide)
    return np.reshape(tiled, tuple(r * n for r, n in zip(reps, shape, strict=True)))
