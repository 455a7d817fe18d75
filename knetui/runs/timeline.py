"""When the epochs of a run were: what turns one horizontal axis of its curves into another."""

from __future__ import annotations

from array import array
from math import nan
from typing import TYPE_CHECKING, Literal

from knetengine.training.metrics import Report
from knetui.runs.curve import BUCKETS

if TYPE_CHECKING:
    from knetui.charts.chart import Vector

Axis = Literal["epoch", "step", "seconds"]
Place = Literal["epoch", "step", "seconds", "log"]  # log: bytes of log.txt, to find its lines
AXES: tuple[Axis, ...] = ("epoch", "step", "seconds")
PLACES: tuple[Place, ...] = (*AXES, "log")
KEPT = BUCKETS  # as of a curve: whoever has all of its points has all of these


class Timeline:
    """Epoch, step, seconds and log of a run's reports; between those kept, in proportion.

    When there are more than `KEPT`, every other is forgotten, and so many more are passed over
    from then on. Who goes back to an earlier epoch overwrites what came after it.
    """

    def __init__(self) -> None:
        self._columns: dict[Place, array[float]] = {place: array("d") for place in PLACES}
        self._pass_over = 0  # between two that are kept
        self._passed = 0
        self._offered: set[Place] = {"epoch", "seconds"}

    def add(self, report: Report) -> None:
        """Note where a report was."""
        columns = self._columns.values()
        epochs, steps, times, logs = columns
        while epochs and epochs[-1] >= report.epoch:
            for column in columns:
                column.pop()
        if self._passed and len(epochs) > 1:  # the last one is there only until the next comes
            for column in columns:
                column.pop()
        self._passed = self._passed + 1 if self._passed < self._pass_over else 0
        epochs.append(report.epoch)
        times.append(report.time)
        steps.append(nan if report.step is None else report.step)
        logs.append(nan if report.log is None else report.log)
        if report.step is not None:
            self._offered.add("step")
        if report.log is not None:
            self._offered.add("log")
        if len(epochs) > KEPT:
            for place, column in self._columns.items():
                self._columns[place] = column[0::2]
            self._pass_over = 2 * self._pass_over + 1

    def offers(self, place: Place) -> bool:
        """Whether an epoch can be found there."""
        return place in self._offered

    def translate(self, values: Vector, source: Place, target: Place) -> Vector:
        """The places on one axis as those on another; what is outside is held at the ends."""
        if source == target or not len(self._columns["epoch"]):
            return values
        import numpy as np

        known = np.frombuffer(self._columns[source]), np.frombuffer(self._columns[target])
        usable = np.isfinite(known[0]) & np.isfinite(known[1])
        if not usable.any():
            return values
        return np.interp(values, known[0][usable], known[1][usable])

    def place(self, value: float, source: Place, target: Place) -> float:
        """One place on an axis as that on another."""
        import numpy as np

        return float(self.translate(np.array([value]), source, target)[0])
