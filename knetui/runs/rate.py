"""The speed of a run, smoothed, so that neither a slow first step nor one late report misleads."""

import math
from typing import NamedTuple

FORGET_SECONDS = 3.0  # fast runs: what is older than this hardly counts
FORGET_INTERVALS = 5.0  # slow runs: five epochs do, however long they take
LEAST_SECONDS = 0.05  # several reports within that count as one


class Pace(NamedTuple):
    """How fast a run is, in epochs a second, and the seconds to its planned end, if known."""

    speed: float
    left: float | None


class SmoothedRate:
    """How many of something are done in a second, from pairs of (time, count).

    An exponential average of counts over one of times: a mean of rates would let a single short
    interval outweigh all. The first interval holds what happens only once (kernels are compiled,
    data is read); it counts only until there is a second.
    """

    def __init__(self) -> None:
        self._last: tuple[float, float] | None = None
        self._count = self._seconds = 0.0
        self._intervals = 0

    def add(self, time: float, count: float) -> None:
        """At that time so many were done. A clock or a count set back begins anew."""
        if self._last is None or time < self._last[0] or count < self._last[1]:
            self.restart(time, count)
            return
        seconds, done = time - self._last[0], count - self._last[1]
        if seconds < LEAST_SECONDS or done == 0:
            return
        self._last = (time, count)
        self._intervals += 1
        if self._intervals == 2:
            self._count = self._seconds = 0.0
        keep = max(math.exp(-seconds / FORGET_SECONDS), math.exp(-1 / FORGET_INTERVALS))
        self._count = keep * self._count + done
        self._seconds = keep * self._seconds + seconds

    def restart(self, time: float, count: float) -> None:
        """Count from here on: the time before, in a pause, says nothing. What is known holds."""
        self._last = (time, count)

    def pause(self) -> None:
        """Nothing is done until the next `add`, which begins a new interval."""
        self._last = None

    @property
    def is_rough(self) -> bool:
        """Whether all that is known is the first interval."""
        return self._intervals == 1

    def per_second(self) -> float | None:
        """The rate; None before there is an interval."""
        return self._count / self._seconds if self._seconds else None
