"""A learning curve of any length in bounded memory: what a terminal can show of it."""

from collections.abc import Iterator
from math import ceil, isfinite

Point = tuple[float, float]  # epoch, value

BUCKETS = 1024  # more than two points a braille column on the widest terminal


class Bucket:
    """A stretch of epochs: where its lowest and highest values are, and its last."""

    __slots__ = ("high", "last", "low")

    def __init__(self, low: Point, high: Point, last: Point) -> None:
        self.low, self.high, self.last = low, high, last


class Curve:
    """Points in the order of their epochs, thinned to the extremes of at most `BUCKETS` stretches.

    A spike of one epoch in a million stays visible, adding a point costs half a microsecond, and
    the memory does not grow. Values that are not finite are counted, not drawn.
    """

    def __init__(self) -> None:
        self.count = 0
        self.not_finite = 0
        self.last: Point | None = None
        self._per_bucket = 1
        self._room = 0  # for so many points more in the last bucket
        self._buckets: list[Bucket] = []

    def add(self, epoch: float, value: float) -> None:
        """Add the value at an epoch."""
        self.count += 1
        self.last = point = (epoch, value)
        if not isfinite(value):
            self.not_finite += 1
        elif self._room:
            self._room -= 1
            bucket = self._buckets[-1]
            bucket.last = point
            if value < bucket.low[1]:
                bucket.low = point
            elif value > bucket.high[1]:
                bucket.high = point
        else:
            if len(self._buckets) >= BUCKETS:
                self._halve()
            self._buckets.append(Bucket(point, point, point))
            self._room = self._per_bucket - 1

    def points(self, columns: int) -> list[Point]:
        """At most about 2 x `columns` points, in order, with the extremes of every stretch."""
        step = max(1, ceil(len(self._buckets) / columns))
        points: list[Point] = []
        for bucket in _merged(self._buckets, step):
            points.extend(sorted({bucket.low, bucket.high}))
        if self._buckets and points[-1] != self._buckets[-1].last:
            points.append(self._buckets[-1].last)
        return points

    def _halve(self) -> None:
        self._buckets[:] = _merged(self._buckets, 2)
        self._per_bucket *= 2


def _merged(buckets: list[Bucket], step: int) -> Iterator[Bucket]:
    for start in range(0, len(buckets), step):
        group = buckets[start : start + step]
        yield Bucket(
            min((bucket.low for bucket in group), key=_value),
            max((bucket.high for bucket in group), key=_value),
            group[-1].last,
        )


def _value(point: Point) -> float:
    return point[1]
