"""Quantiles, weighted averages, covariances.

A quantile's gradient goes to the one or two entries it lies at or between. Entries that tie are
told apart by their order, so that one of them takes the gradient. By `q`, the quantiles that
interpolate have the slope between those entries; the others, and the two ends, have slope 0.
"""

import math
import warnings
from typing import Any, NamedTuple

import numpy as np

from knetengine.autograd.calls import primitive
from knetengine.autograd.primitives import Function, composed, defvjp
from knetengine.autograd.recorded import Recorded, plain
from knetengine.autograd.rules.elementwise import is_complex
from knetengine.autograd.rules.reductions import as_array, count
from knetengine.autograd.scatter import scattered
from knetengine.device_arrays import beside

# Quantiles


class Neighbours(NamedTuple):
    """The entries that Q quantiles of each of R slices lie between.

    lower, upper: their places in the flattened array, (Q, R).
    weight: of the upper one, (Q, R).
    rate: how fast the weight grows with `q`; 0 at an end, (Q, R).
    """

    lower: Any
    upper: Any
    weight: Any
    rate: Any


def slices(a: Any, axis: Any) -> tuple[Any, Any]:
    """The places and the entries of an array by slices; the reduced axes made one: (N, R)."""
    a = np.asarray(plain(a))
    axes = tuple(range(a.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(i % a.ndim for i in axes)
    others = tuple(i for i in range(a.ndim) if i not in axes)
    places = np.arange(a.size).reshape(a.shape).transpose(axes + others)
    rows = int(np.prod([a.shape[i] for i in others], dtype=int))
    places = places.reshape(count(a, axes), rows)
    return places, a.ravel()[places]


def neighbours(positions: Function, a: Any, axis: Any, extra: float | None = None) -> Neighbours:
    """Where quantiles lie.

    positions: from the number of entries of a slice, NaN left out, to the Q positions among them
        when sorted.
    extra: while q goes from 0 to 1 they move by the number of entries and this; None if they jump.
    """
    places, entries = slices(a, axis)
    places = np.take_along_axis(places, np.argsort(entries, axis=0, kind="stable"), 0)
    counts = np.maximum(np.count_nonzero(~np.isnan(entries), axis=0), 1)  # (R,)
    different = np.unique([1, *counts.tolist()])
    table = np.stack([np.ravel(positions(n)) for n in different.tolist()], -1)
    position = table[:, np.searchsorted(different, counts)]  # (Q, R)
    lower = np.minimum(np.floor(position).astype(int), counts - 1)
    upper = np.minimum(lower + 1, counts - 1)
    dtype = np.result_type(entries.real.dtype, np.float32)
    moves = (position > 0) & (position < counts - 1) & (extra is not None)
    return Neighbours(
        np.take_along_axis(places, lower, 0),
        np.take_along_axis(places, upper, 0),
        (position - lower).astype(dtype),
        np.where(moves, counts + (extra or 0.0), 0).astype(dtype),
    )


def chosen_by_weight(y: Any, a: Any, axis: Any) -> Neighbours:
    """Where the quantiles `y` lie that some weights picked from among the entries."""
    places, entries = slices(a, axis)
    y = np.reshape(plain(y), (-1, 1, entries.shape[1]))
    picked = np.take_along_axis(places, np.argmax(entries == y, axis=1), 0)  # (Q, R)
    none = np.zeros(picked.shape, np.float32)
    return Neighbours(picked, picked, none, none)


def to_neighbours(g: Any, a: Any, near: Neighbours, weight: Any) -> Any:
    """The gradient of quantiles, put to the entries they lie between."""
    g = np.reshape(g, near.lower.shape)
    size, dtype = (np.size(a),), g.dtype
    weight = beside(plain(g), weight)
    lower = scattered(g * (1.0 - weight), near.lower, size, dtype)
    return np.reshape(lower + scattered(g * weight, near.upper, size, dtype), np.shape(a))


# By how much more than the number of entries a position moves while q goes from 0 to 1.
_EXTRA_POSITIONS = {
    "linear": -1.0,
    "hazen": 0.0,
    "weibull": 1.0,
    "interpolated_inverted_cdf": 0.0,
    "median_unbiased": 1.0 / 3.0,
    "normal_unbiased": 0.25,
}


def _define_quantile(function: Function, whole: float) -> None:
    """The rules of a function whose `q` goes from 0 to `whole`."""

    @composed(function)
    def _composition(
        a: Any,
        q: Any,
        axis: Any = None,
        out: Any = None,
        overwrite_input: Any = False,
        method: str = "linear",
        keepdims: Any = False,
        *,
        weights: Any = None,
    ) -> Any:
        return quantile(as_array(a), q, axis, method, keepdims, weights)

    @primitive
    def quantile(a: Any, q: Any, axis: Any, method: str, keepdims: Any, weights: Any) -> Any:
        return function(a, q, axis, method=method, keepdims=keepdims, weights=weights)

    def find(y: Any, a: Any, q: Any, axis: Any, method: str, weights: Any) -> Neighbours:
        if weights is not None:
            return chosen_by_weight(y, a, axis)
        # NumPy rounds in the dtype of the entries, and so must who looks for the same ones.
        dtype = np.result_type(np.real(plain(a)), np.float32)
        return neighbours(
            lambda n: function(np.arange(n, dtype=dtype), np.asarray(plain(q)), method=method),
            a,
            axis,
            _EXTRA_POSITIONS.get(method),
        )

    def by_array(
        g: Any, y: Any, a: Any, q: Any, axis: Any, method: str, keepdims: Any, weights: Any
    ) -> Any:
        near = find(y, a, q, axis, method, weights)
        weight = near.weight
        if type(q) is Recorded:  # adds nothing but the slope
            weight = weight + np.reshape(q - plain(q), (-1, 1)) * (near.rate / whole)
        return to_neighbours(g, a, near, weight)

    def by_q(
        g: Any, y: Any, a: Any, q: Any, axis: Any, method: str, keepdims: Any, weights: Any
    ) -> Any:
        near = find(y, a, q, axis, method, weights)
        entries = np.ravel(a)
        rate = beside(plain(a), near.rate / whole)
        slope = (entries[near.upper] - entries[near.lower]) * rate
        return np.reshape(np.sum(np.reshape(g, slope.shape) * slope, 1), np.shape(q))

    defvjp(quantile, by_array, by_q)


_define_quantile(np.quantile, 1.0)
_define_quantile(np.percentile, 100.0)
_define_quantile(np.nanquantile, 1.0)
_define_quantile(np.nanpercentile, 100.0)


def _define_median(function: Function) -> None:
    @composed(function)
    def _composition(
        a: Any,
        axis: Any = None,
        out: Any = None,
        overwrite_input: Any = False,
        keepdims: Any = False,
    ) -> Any:
        return median(as_array(a), axis, keepdims)

    @primitive
    def median(a: Any, axis: Any, keepdims: Any) -> Any:
        return function(a, axis, keepdims=keepdims)

    def by_array(g: Any, y: Any, a: Any, axis: Any, keepdims: Any) -> Any:
        near = neighbours(lambda n: (n - 1) / 2, a, axis)
        return to_neighbours(g, a, near, near.weight)

    defvjp(median, by_array)


_define_median(np.median)
_define_median(np.nanmedian)

# Averages


@composed(np.average)
def _average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False
) -> Any:
    if weights is None:
        average = np.mean(a, axis, keepdims=keepdims)
        total: Any = np.full(average.shape, count(a, axis), average.dtype)[()]
    else:
        weights = _aligned(as_array(weights), as_array(a), axis)
        total = np.sum(weights, axis, keepdims=keepdims)
        if np.any(total == 0):
            raise ZeroDivisionError("np.average: the weights sum to zero")
        average = np.sum(a * weights, axis, keepdims=keepdims) / total
    return (average, np.broadcast_to(total, average.shape)) if returned else average


def _aligned(weights: Any, a: Any, axis: Any) -> Any:
    """The weights with axes of length 1, to broadcast against `a`."""
    if weights.shape == a.shape:
        return weights
    if axis is None:
        raise TypeError(
            f"np.average needs axis= for weights of shape {weights.shape} and an array of shape "
            f"{a.shape}"
        )
    axes = tuple(i % a.ndim for i in (axis if isinstance(axis, tuple) else (axis,)))
    if weights.shape != tuple(a.shape[i] for i in axes):
        raise ValueError(
            f"np.average: weights of shape {weights.shape} do not fit the axes {axis} of an array "
            f"of shape {a.shape}"
        )
    weights = np.transpose(weights, np.argsort(axes))
    return np.reshape(weights, tuple(n if i in axes else 1 for i, n in enumerate(a.shape)))


# Covariances


def observations(x: Any, across: bool, dtype: Any) -> Any:
    """A row for each variable, (V, N); of a matrix `across`, the columns."""
    x = np.astype(x, dtype)
    if x.ndim > 2:
        raise ValueError(f"np.cov takes vectors and matrices, not an array of shape {x.shape}")
    x = np.reshape(x, (1, -1)) if x.ndim < 2 else x
    return np.transpose(x) if across else x


@composed(np.cov)
def _cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    m, y = as_array(m), None if y is None else as_array(y)
    if dtype is None:
        dtype = np.result_type(m.dtype, np.float64 if y is None else y.dtype, np.float64)
    x = observations(m, not rowvar and m.ndim > 1, dtype)
    if y is not None:
        across = not rowvar and y.ndim > 1 and y.shape[0] != 1
        x = np.concatenate((x, observations(y, across, dtype)), 0)
    lost = (0 if bias else 1) if ddof is None else ddof
    weights: Any = None
    if fweights is not None:
        weights = np.astype(as_array(fweights), np.float64)
    if aweights is not None:
        aweights = np.astype(as_array(aweights), np.float64)
        weights = aweights if weights is None else weights * aweights
    if weights is None:
        mean, left = np.mean(x, 1, keepdims=True), x.shape[1] - lost
    else:
        total = np.sum(weights)
        mean = np.sum(x * weights, 1, keepdims=True) / total
        share = 1.0 if aweights is None else np.sum(weights * aweights) / total
        left = total - lost * share
    if left <= 0:
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=2)
        left = math.nan
    deviation = x - mean
    weighted = deviation if weights is None else deviation * weights
    products = deviation @ np.conjugate(np.transpose(weighted))  # (V, V)
    return np.squeeze(products / left)


@composed(np.corrcoef)
def _corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    covariance = np.cov(x, y, rowvar, dtype=dtype)
    if covariance.ndim == 0:
        return covariance / covariance
    spread = np.sqrt(np.real(np.diagonal(covariance)))
    correlation = covariance / spread[:, None] / spread
    return correlation + rounding_beyond_one(plain(correlation))


def rounding_beyond_one(correlation: Any) -> Any:
    """What brings correlations back to the interval from -1 to 1, a constant."""
    inside = np.clip(correlation.real, -1, 1)
    if is_complex(correlation):
        inside = inside + 1j * np.clip(correlation.imag, -1, 1)
    return inside - correlation
