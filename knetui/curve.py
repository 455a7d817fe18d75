"""A learning curve of any length in bounded memory: what a terminal can show of it."""

import math
from collections.abc import Iterator
from typing import NamedTuple

BUCKETS = 1024  # more than two points a braille column on the widest terminal


class Bucket(NamedTuple):
    """A stretch of epochs: where its lowest and highest values are, and its last."""

    low: tuple[float, float]
    high: tuple[float, float]
    last: tuple[float, float]


class Curve:
    """Points in the order of their epochs, thinned to the extremes of at most `BUCKETS` stretches.

    A spike of one epoch in a million stays visible, adding a point costs under a microsecond,
    and the memory does not grow. Values that are not finite are counted, not drawn.
    """

    def __init__(self) -> None:
        self.count = 0
        self.not_finite = 0
        self.last: tuple[float, float] | None = None
        self._per_bucket = 1
        self._in_bucket = 0
        self._buckets: list[Bucket] = []

    def add(self, epoch: float, value: float) -> None:
        """Add the value at an epoch."""
        self.count += 1
        point = (epoch, value)
        self.last = point
        if not math.isfinite(value):
            self.not_finite += 1
            return
        buckets = self._buckets
        if self._in_bucket == 0:
            if len(buckets) >= BUCKETS:
                self._halve()
            buckets.append(Bucket(point, point, point))
        else:
            low, high, _ = buckets[-1]
            buckets[-1] = Bucket(
                point if value < low[1] else low, point if value > high[1] else high, point
            )
        self._in_bucket = (self._in_bucket + 1) % self._per_bucket

    def points(self, columns: int) -> list[tuple[float, float]]:
        """At most about 2 x `columns` points, in order, with the extremes of every stretch."""
        step = max(1, math.ceil(len(self._buckets) / columns))
        points: list[tuple[float, float]] = []
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


def _value(point: tuple[float, float]) -> float:
    return point[1]
