"""When a chart may be drawn again: what takes long, or comes late, is drawn seldom."""

LEAST_SECONDS = 0.33  # nobody reads faster, and each time costs an SSH line some kilobytes
REST_FACTOR = 10  # drawing takes at most a tenth of the time
LATE_SECONDS = 0.05  # whoever looks so much too late has no time for charts
MOST_SECONDS = 5.0  # but so often the chart is true


class Pace:
    """Backs off by itself after a drawing that took long, and while the looks come late."""

    def __init__(self) -> None:
        self._due: float | None = None
        self._began = self._spent = 0.0
        self._stale = self._soon = True

    def want(self, *, soon: bool = False) -> None:
        """There is something new to draw; soon: a key asks for it, and is not kept waiting."""
        self._stale = True
        self._soon |= soon

    def look(self, now: float, seconds: float | None = None) -> bool:
        """Whether to draw now; whoever does says afterwards how long it took.

        seconds: until the next look; None for one out of turn, which is never late.
        """
        late = 0.0 if seconds is None or self._due is None else now - self._due
        if seconds is not None:
            self._due = now + seconds
        if not self._stale or not (self._soon or now >= self._began + self._rest(late)):
            return False
        self._stale = self._soon = False  # before: drawing may find that it has to be done again
        self._began = now
        return True

    def took(self, seconds: float) -> None:
        """It was drawn, in so much time."""
        self._spent = seconds

    def _rest(self, late: float) -> float:
        """How long after the last drawing the next may come."""
        cause = max(self._spent, late if late > LATE_SECONDS else 0.0)
        return max(LEAST_SECONDS, min(MOST_SECONDS, REST_FACTOR * cause))
