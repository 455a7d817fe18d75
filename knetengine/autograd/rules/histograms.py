"""Histograms, with derivatives by the weights.

Counts are steps, flat in the samples; the edges of the bins are constants.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from knetengine.autograd.primitives import composed, defvjp
from knetengine.autograd.recorded import Recorded, plain
from knetengine.autograd.scatter import scattered

defvjp(np.bincount, None, lambda g, y, x, weights=None, minlength=0: g[x])


@composed(np.histogram)
def _histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[Any, Any]:
    a = np.asarray(plain(a))
    counts, edges = np.histogram(a, bins, range, density, plain(weights))
    if isinstance(weights, Recorded):
        sums = _sums([np.ravel(a)], [edges], density, np.ravel(weights))
        counts = np.astype(sums, counts.dtype)
    return counts, edges


@composed(np.histogram2d)
def _histogram2d(
    x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[Any, Any, Any]:
    x, y = np.asarray(plain(x)), np.asarray(plain(y))
    counts, *edges = np.histogram2d(x, y, bins, range, density, plain(weights))
    if isinstance(weights, Recorded):
        counts = np.astype(_sums([x, y], edges, density, weights), counts.dtype)
    return counts, edges[0], edges[1]


@composed(np.histogramdd)
def _histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[Any, Any]:
    sample = plain(sample)
    counts, edges = np.histogramdd(sample, bins, range, density, plain(weights))
    if isinstance(weights, Recorded):
        columns = sample.T if isinstance(sample, np.ndarray) else [np.asarray(x) for x in sample]
        sums = _sums(list(np.atleast_2d(columns)), edges, density, weights)
        counts = np.astype(sums, counts.dtype)
    return counts, edges


def _sums(samples: list[Any], edges: Sequence[Any], density: Any, weights: Any) -> Any:
    """The weights in each bin; with `density` such that their integral is 1.

    samples: the coordinates along each axis, (N,) each. edges: the edges along each axis.
    """
    shape = tuple(len(places) - 1 for places in edges)
    numbers = [
        np.searchsorted(places, x, "right") - 1 - (x == places[-1])  # the last bin has both edges
        for x, places in zip(samples, edges, strict=True)
    ]
    inside = np.all([(i >= 0) & (i < n) for i, n in zip(numbers, shape, strict=True)], axis=0)
    bins = tuple(i[inside] for i in numbers)
    sums = scattered(weights[inside], bins, shape, weights.dtype)
    if not density:
        return sums
    for axis, places in enumerate(edges):
        widths = np.diff(places).astype(np.finfo(weights.dtype).dtype)
        sums = sums / np.expand_dims(widths, [i for i in range(len(shape)) if i != axis])
    return sums / np.sum(weights[inside])
