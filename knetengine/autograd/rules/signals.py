"""Sampled functions: convolution, interpolation, integrals, differences, phases.

At a knot, `interp` has the slope of the piece to its right (at the last one, to its left); outside
it is constant. `unwrap` adds constants, and so has slope 1.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from knetengine.autograd.calls import primitive
from knetengine.autograd.primitives import composed, defvjp
from knetengine.autograd.recorded import plain
from knetengine.autograd.rules.elementwise import nonzero
from knetengine.autograd.rules.reductions import as_array
from knetengine.autograd.scatter import scattered

# Convolution


@composed(np.convolve)
def _convolve(a: Any, v: Any, mode: str = "full") -> Any:
    a, v = np.atleast_1d(as_array(a)), np.atleast_1d(as_array(v))
    return convolve(a, v, mode) if a.size >= v.size else convolve(v, a, mode)


@composed(np.correlate)
def _correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    a, v = np.atleast_1d(as_array(a)), np.atleast_1d(as_array(v))
    if a.size >= v.size:
        return convolve(a, np.conjugate(v[::-1]), mode)
    return np.conjugate(convolve(v, np.conjugate(a[::-1]), mode)[::-1])


@primitive
def convolve(a: Any, v: Any, mode: Any) -> Any:
    """`np.convolve` of a signal (M,) and a kernel (N,), which is not longer."""
    return np.convolve(a, v, mode)


def _whole(g: Any, kernel: Any, mode: str) -> Any:
    """The gradient of all M + N - 1 sums, of which "same" drops some at each end."""
    if mode == "full":
        return g
    before = (kernel.size - 1) // 2
    after = kernel.size - 1 - before
    return np.pad(g, (before, after))


def _by_signal(g: Any, y: Any, a: Any, v: Any, mode: str) -> Any:
    if mode == "valid":
        return np.convolve(g, v[::-1], "full")
    return np.convolve(_whole(g, v, mode), v[::-1], "valid")


def _by_kernel(g: Any, y: Any, a: Any, v: Any, mode: str) -> Any:
    if mode == "valid":
        return np.convolve(a[::-1], g, "valid")
    return np.convolve(_whole(g, v, mode), a[::-1], "valid")


defvjp(convolve, _by_signal, _by_kernel)

# Interpolation


@composed(np.interp)
def _interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    if period is None:
        return interp(x, as_array(xp), as_array(fp), left, right)
    if period == 0:
        raise ValueError("np.interp: the period must not be zero")
    period = abs(period)
    x, xp, fp = x % period, as_array(xp) % period, as_array(fp)
    order = np.argsort(plain(xp))
    xp, fp = xp[order], fp[order]
    xp = np.concatenate((xp[-1:] - period, xp, xp[:1] + period))
    return interp(x, xp, np.concatenate((fp[-1:], fp, fp[:1])), None, None)


@primitive
def interp(x: Any, xp: Any, fp: Any, left: Any, right: Any) -> Any:
    """`np.interp` without a period."""
    return np.interp(x, xp, fp, left, right)


class Pieces(NamedTuple):
    """The pieces of a polygon that N points lie on, (N,) each.

    start, end: the numbers of the knots on both sides.
    share: of the end in the value: 0 below the first knot, 1 above the last.
    width: the distance of the knots.
    below, above: whether the point is outside.
    """

    start: Any
    end: Any
    share: Any
    width: Any
    below: Any
    above: Any


def pieces(x: Any, xp: Any) -> Pieces:
    """Where the points lie; the share and the width carry gradients."""
    x = np.ravel(x)
    last = xp.size - 1
    start = np.searchsorted(plain(xp), plain(x), "right") - 1
    start = np.maximum(np.minimum(start, last - 1), 0)
    end = np.minimum(start + 1, last)
    width = nonzero(xp[end] - xp[start])
    below, above = x < xp[0], x > xp[last]
    share = np.where(below, 0, np.where(above, 1, (x - xp[start]) / width))
    return Pieces(start, end, share, width, below, above)


def _to_knots(g: Any, xp: Any, at: Pieces) -> Any:
    """What is added to the values at both knots of each piece."""
    size = (xp.size,)
    at_start = scattered(g * (1.0 - at.share), at.start, size, g.dtype)
    return at_start + scattered(g * at.share, at.end, size, g.dtype)


def _inner_slope(g: Any, x: Any, xp: Any, fp: Any, at: Pieces) -> Any:
    """The gradient of the points, (N,)."""
    slope = (fp[at.end] - fp[at.start]) / at.width
    return np.where(at.below | at.above, 0, np.ravel(g) * slope)


def _interp_by_x(g: Any, y: Any, x: Any, xp: Any, fp: Any, left: Any, right: Any) -> Any:
    return np.reshape(_inner_slope(g, x, xp, fp, pieces(x, xp)), np.shape(x))


def _interp_by_xp(g: Any, y: Any, x: Any, xp: Any, fp: Any, left: Any, right: Any) -> Any:
    at = pieces(x, xp)
    return -_to_knots(_inner_slope(g, x, xp, fp, at), xp, at)


def _interp_by_fp(g: Any, y: Any, x: Any, xp: Any, fp: Any, left: Any, right: Any) -> Any:
    at = pieces(x, xp)
    g = np.ravel(g)
    g = g if left is None else np.where(at.below, 0, g)
    g = g if right is None else np.where(at.above, 0, g)
    return _to_knots(g, xp, at)


defvjp(
    interp,
    _interp_by_x,
    _interp_by_xp,
    _interp_by_fp,
    lambda g, y, x, xp, fp, left, right: np.sum(np.where(x < xp[0], g, 0)),
    lambda g, y, x, xp, fp, left, right: np.sum(np.where(x > xp[-1], g, 0)),
)

# Integrals and differences


@composed(np.trapezoid)
def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = np.moveaxis(as_array(y), axis, -1)
    width = dx
    if x is not None:
        x = as_array(x)
        width = np.diff(x if x.ndim == 1 else np.moveaxis(x, axis, -1))
    return np.sum(width * (y[..., 1:] + y[..., :-1]) / 2.0, -1)


@composed(np.gradient)
def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    f = as_array(f)
    axes = tuple(range(f.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    spacings = varargs or (1.0,)
    if len(spacings) == 1 and np.ndim(spacings[0]) == 0:
        spacings = spacings * len(axes)
    if len(spacings) != len(axes):
        raise TypeError(
            f"np.gradient takes one spacing for all axes or one for each of {len(axes)}, not "
            f"{len(spacings)}"
        )
    if edge_order not in (1, 2):
        raise ValueError(f"np.gradient: edge_order is 1 or 2, not {edge_order}")
    slopes = tuple(
        np.moveaxis(_slopes(np.moveaxis(f, i, -1), spacing, edge_order), -1, i)
        for i, spacing in zip(axes, spacings, strict=True)
    )
    return slopes[0] if len(slopes) == 1 else slopes


def _slopes(f: Any, spacing: Any, edge_order: int) -> Any:
    """The slopes of parabolas through three neighbours, in the middle of each and at the ends.

    edge_order: 1 for the slope of the chord at the ends.
    Source: Newton's divided differences.
    """
    if f.shape[-1] <= edge_order:
        raise ValueError(
            f"np.gradient needs {edge_order + 1} points on an axis for edge_order={edge_order}, "
            f"but there are {f.shape[-1]}"
        )
    if np.ndim(spacing) == 0:
        width = after = last = spacing
    else:
        widths = np.diff(as_array(spacing))  # (N - 1,)
        width, after, last = widths[:-1], widths[1:], widths
    chords = np.diff(f) / last  # (..., N - 1)
    bends = np.diff(chords) / (width + after)  # (..., N - 2)
    first_slope, last_slope = chords[..., :1], chords[..., -1:]
    if edge_order == 2:
        first_slope = first_slope - (bends * width)[..., :1]
        last_slope = last_slope + (bends * after)[..., -1:]
    inner = chords[..., :-1] + bends * width
    slopes = np.concatenate((first_slope, inner, last_slope), -1)
    return slopes if slopes.dtype == f.dtype else np.astype(slopes, f.dtype)


@composed(np.ediff1d)
def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    differences = np.diff(np.ravel(as_array(ary)))
    parts = [
        np.astype(np.ravel(as_array(part)), differences.dtype)
        for part in (to_begin, differences, to_end)
        if part is not None
    ]
    return np.concatenate(parts)


defvjp(np.unwrap, lambda g, y, p, discont=None, axis=-1, period=2.0 * math.pi: g)
