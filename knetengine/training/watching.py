"""When a run pauses by itself: a loss that is no number, that jumps, that falls no more."""

import math

from knetengine.training.control import Watch

WARM_UP = 20  # steps before a jump is one: the first losses fall fast
MEMORY = 0.95  # of the average: about the last twenty steps


class Watchman:
    """Looks at the loss of each step and at each report; says why to pause, or nothing."""

    def __init__(self) -> None:
        self._average = 0.0
        self._steps = 0
        self._best = math.inf
        self._reports_since = 0

    def step(self, loss: float, watch: Watch) -> str:
        """A step had this loss."""
        if not math.isfinite(loss):
            return f"the loss of a step is {loss}" if watch.not_finite else ""
        average, self._steps = self._average, self._steps + 1
        weight = max(1 - MEMORY, 1 / self._steps)
        self._average += weight * (loss - average)
        if watch.spike and self._steps > WARM_UP and loss > watch.spike * average > 0:
            return f"the loss of a step is {loss:.4g}, {loss / average:.1f} times its average"
        return ""

    def report(self, values: dict[str, float], watch: Watch) -> str:
        """The figures of an epoch; the last whose name tells of a loss counts for a plateau."""
        for name, value in values.items():
            if watch.not_finite and not math.isfinite(value):
                return f"{name} is {value}"
        loss = loss_of(values)
        if loss is None:
            return ""
        if loss < self._best:
            self._best, self._reports_since = loss, 0
            return ""
        self._reports_since += 1
        if watch.plateau and self._reports_since >= watch.plateau:
            self._reports_since = 0
            return f"{watch.plateau} reports without a better loss than {self._best:.6g}"
        return ""


def loss_of(values: dict[str, float]) -> float | None:
    """The figure of a report that is to fall: a test loss before a training loss.

    The deck's names: ``trnloss`` and ``tstloss`` beside accuracies, or ``trn`` and ``tst`` alone.
    """
    for name in ("tstloss", "trnloss"):
        if name in values:
            return values[name]
    if "trnacc" in values or "tstacc" in values:
        return None
    return values.get("tst", values.get("trn"))
