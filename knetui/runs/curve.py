"""A learning curve of any length in bounded memory: what a terminal can show of it."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # numpy takes 120 ms, and there may be no curve to draw
    from knetui.charts.chart import Point, Vector

BUCKETS = 8192  # 16 times the columns of dots on 250 columns: so far one can zoom and see more


class Curve:
    """Points in the order of their epochs, thinned to the extremes of at most `BUCKETS` stretches.

    A spike of one epoch in a million stays visible, adding a point costs half a microsecond, and
    the memory does not grow: 48 bytes a stretch, at most 400 kB. Up to `BUCKETS` points are kept
    as they are. Values that are not finite are counted, not drawn. Who goes back to an earlier
    epoch (a run that goes on from its checkpoint) overwrites what came after it.
    """

    def __init__(self) -> None:
        self.count = 0
        self.not_finite = 0
        self.last: Point | None = None
        self._per_bucket = 1
        self._room = 0  # for so many points more in the last bucket
        self._reached = -float("inf")
        self._low_x, self._low_y = array("d"), array("d")
        self._high_x, self._high_y = array("d"), array("d")
        self._total, self._points = array("d"), array("d")  # for the mean of each bucket

    def add(self, epoch: float, value: float) -> None:
        """Add the value at an epoch."""
        if epoch < self._reached:
            self._go_back(epoch)
        self._reached = epoch
        self.count += 1
        self.last = (epoch, value)
        if not isfinite(value):
            self.not_finite += 1
        elif self._room:
            self._room -= 1
            self._total[-1] += value
            self._points[-1] += 1.0
            if value < self._low_y[-1]:
                self._low_x[-1], self._low_y[-1] = epoch, value
            elif value > self._high_y[-1]:
                self._high_x[-1], self._high_y[-1] = epoch, value
        else:
            if len(self._low_x) >= BUCKETS:
                self._halve()
            for column, figure in zip(self._columns(), _bucket(epoch, value), strict=True):
                column.append(figure)
            self._room = self._per_bucket - 1

    @property
    def whole(self) -> bool:
        """Whether every point that is finite is still held."""
        return self._per_bucket == 1

    def arrays(self) -> tuple[Vector, Vector]:
        """The held points in order as two arrays: the extremes of every stretch, and the last."""
        import numpy as np

        low_x, low_y, high_x, high_y = (np.frombuffer(c) for c in self._columns()[:4])
        if self._per_bucket == 1:
            return low_x.copy(), low_y.copy()  # an array that is looked at cannot grow
        x, y = np.empty(2 * len(low_x)), np.empty(2 * len(low_x))
        low_first = low_x <= high_x
        x[0::2], x[1::2] = np.minimum(low_x, high_x), np.maximum(low_x, high_x)
        y[0::2] = np.where(low_first, low_y, high_y)
        y[1::2] = np.where(low_first, high_y, low_y)
        if self.last is not None and isfinite(self.last[1]) and self.last[0] > x[-1]:
            x, y = np.append(x, self.last[0]), np.append(y, self.last[1])
        return x, y

    def means(self) -> tuple[Vector, Vector]:
        """The mean of every stretch, at its end; of a curve that is held whole, its points."""
        import numpy as np

        low_x, _, high_x, _, total, points = (np.frombuffer(c) for c in self._columns())
        return np.maximum(low_x, high_x), total / points

    def extremes(self) -> tuple[Point, Point] | None:
        """Where the lowest and the highest value were first; None without a finite value."""
        if not self._low_x:
            return None
        low, high = min(self._low_y), max(self._high_y)
        return (
            (self._low_x[self._low_y.index(low)], low),
            (self._high_x[self._high_y.index(high)], high),
        )

    def first(self) -> Point | None:
        """The first point, or an extreme of the first stretch."""
        return (
            min((self._low_x[0], self._low_y[0]), (self._high_x[0], self._high_y[0]))
            if self._low_x
            else None
        )

    def nearest(self, epoch: float) -> Point | None:
        """The held point whose epoch is nearest."""
        if not self._low_x:
            return None
        place = bisect_left(self._low_x, epoch)
        around = range(max(0, place - 1), min(len(self._low_x), place + 2))
        points = [(self._low_x[i], self._low_y[i]) for i in around]
        points += [(self._high_x[i], self._high_y[i]) for i in around]
        if self.last is not None and isfinite(self.last[1]):
            points.append(self.last)
        return min(points, key=lambda point: (abs(point[0] - epoch), point[0]))

    def _columns(self) -> tuple[array[float], ...]:
        return (
            self._low_x, self._low_y, self._high_x, self._high_y, self._total, self._points
        )  # fmt: skip

    def _go_back(self, epoch: float) -> None:
        """Forget the stretches from `epoch` on."""
        while self._low_x and min(self._low_x[-1], self._high_x[-1]) >= epoch:
            for column in self._columns():
                column.pop()
        self._room = 0

    def _halve(self) -> None:
        """Make one stretch of every two."""
        import numpy as np  # 60 us; in plain Python the window would stand still for 5 ms

        even, odd = slice(0, None, 2), slice(1, None, 2)
        low_x, low_y, high_x, high_y, total, points = (np.frombuffer(c) for c in self._columns())
        lower, higher = low_y[odd] < low_y[even], high_y[odd] > high_y[even]
        halves: tuple[Any, ...] = (
            np.where(lower, low_x[odd], low_x[even]),
            np.where(lower, low_y[odd], low_y[even]),
            np.where(higher, high_x[odd], high_x[even]),
            np.where(higher, high_y[odd], high_y[even]),
            total[odd] + total[even],
            points[odd] + points[even],
        )
        made = [array("d", half.tobytes()) for half in halves]
        self._low_x, self._low_y, self._high_x, self._high_y, self._total, self._points = made
        self._per_bucket *= 2


def _bucket(epoch: float, value: float) -> tuple[float, ...]:
    return epoch, value, epoch, value, value, 1.0
