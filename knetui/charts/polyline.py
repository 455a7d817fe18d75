"""A curve as what can be seen of it in so many columns."""

from __future__ import annotations

import numpy as np

from knetui.charts.chart import Line, Scale, Vector


def column_spans(x: Vector, y: Vector, columns: int) -> tuple[Vector, Vector]:
    """The lowest and highest y that a polyline reaches in each of `columns` equal parts of 0 to 1.

    NaN where it does not come. Exact: the values at both edges of the part, and the points in it.
    """
    edges = np.arange(columns + 1) / columns
    at_edges = _height(edges, x, y, outside=np.nan)
    low = np.fmin(at_edges[:-1], at_edges[1:])
    high = np.fmax(at_edges[:-1], at_edges[1:])
    begin, end = np.searchsorted(x, [0.0, 1.0 + 1e-12], side="left").tolist()
    x, y = x[begin:end], y[begin:end]
    if len(x):
        part = np.minimum((x * columns).astype(np.intp), columns - 1)
        starts = np.flatnonzero(np.diff(part, prepend=-1))
        at = part[starts]
        low[at] = np.fmin(low[at], np.minimum.reduceat(y, starts))
        high[at] = np.fmax(high[at], np.maximum.reduceat(y, starts))
    return low, high


def _height(places: Vector, x: Vector, y: Vector, outside: float | None = None) -> Vector:
    """The polyline's y at these places; beyond its ends that of the end, or `outside`.

    Between two points that are closer than floats can say, the slope is infinite: clipped, since a
    polyline does not leave its extremes.
    """
    return np.clip(np.interp(places, x, y, left=outside, right=outside), y.min(), y.max())


def thinned(line: Line, x: Scale, y: Scale, columns: int) -> tuple[Vector, Vector]:
    """A laid-out line by shares of both axes, as the extremes of so many columns at most."""
    along, up = x.share(line.x), y.share(line.y)
    seen = (along >= 0) & (along <= 1)
    if np.count_nonzero(seen) <= 2 * columns and len(along) <= 4 * columns:
        begin, end = np.searchsorted(along, [0.0, 1.0 + 1e-12])
        places = np.concatenate(([max(0.0, along[0])], along[begin:end], [min(1.0, along[-1])]))
        return places, _height(places, along, up)
    low, high = column_spans(along, up, columns)
    there = np.flatnonzero(~np.isnan(low))
    middles = (there + 0.5) / columns
    return np.repeat(middles, 2), np.stack((low[there], high[there]), axis=1).ravel()
