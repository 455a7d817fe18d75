"""How long frames take, and keys until they are seen: of the last of each."""

import time
from collections import deque
from statistics import median

KEPT = 100


class FrameMeter:
    """Is told of keys and frames with their times, in seconds of one clock."""

    def __init__(self) -> None:
        self._frames: deque[float] = deque(maxlen=KEPT)
        self._keys: deque[float] = deque(maxlen=KEPT)
        self._pressed: float | None = None
        self.last_input = time.monotonic()  # a key, or the mouse; before the first, the start

    def key(self, arrived: float) -> None:
        """A key arrived; of several before one frame, the first has waited longest."""
        self.last_input = arrived
        if self._pressed is None:
            self._pressed = arrived

    def frame(self, began: float, ended: float) -> None:
        """A frame was put together and written; a key before it is seen now."""
        self._frames.append(ended - began)
        if self._pressed is not None:
            self._keys.append(ended - self._pressed)
            self._pressed = None

    def told(self) -> str:
        """Medians and 95th percentiles in milliseconds; of nothing, nothing."""
        parts = [
            f"{name} {1e3 * median(times):.0f} ms, 95%: {1e3 * percentile(times):.0f}"
            for name, times in (("frame", self._frames), ("key", self._keys))
            if times
        ]
        return "  ".join(parts)


def percentile(times: deque[float]) -> float:
    """What 95 of 100 stay under or reach."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
