"""What the workbench knows of a run: read from its folder, a little at a time."""

import contextlib
import time
from collections import deque

from knetengine.training.folder import RunError, RunFolder, State
from knetengine.training.metrics import (
    Event,
    Gradients,
    Memory,
    MetricsReader,
    Plan,
    Record,
    Report,
)
from knetengine.training.tail import LineTail
from knetui.curve import Curve
from knetui.samples import Samples

CHUNK_BYTES = 64 * 1024  # decoded in about 2 ms
LOG_BYTES = 1 << 20  # of a longer log only the end is shown at first
LOG_CHUNK_BYTES = 32 * 1024  # and of what comes at once, only so much: it scrolls past anyway
RATE_SECONDS = 2.0  # speed is that of the last two seconds


class RunView:
    """One run, seen from outside: its curves, its log, its memory, as far as they were read."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.description = folder.description
        self.state: State = folder.state()
        self.curves: dict[str, Curve] = {}
        self.step_loss = Curve()  # over steps
        self.gradient_norms: dict[str, Curve] = {}  # over steps, by parameter
        self.samples = Samples(folder)
        self.memory: Memory | None = None
        self.events: list[Event] = []
        self.warnings: list[str] = []  # for whoever shows them first
        self.last: Report | None = None
        self.planned: int | None = None
        self._metrics = MetricsReader(folder.metrics)
        self._recent: deque[tuple[float, int]] = deque()  # (time in the run, epoch)

    @property
    def number(self) -> int:
        """The number that people call the run by."""
        return self.description.number

    def refresh_state(self) -> None:
        """Look up how the run stands; one that has ended stays as it is.

        What cannot be read (a damaged file, a network file system that is away) changes nothing.
        """
        if not self.state.has_ended:
            with contextlib.suppress(RunError, OSError):
                self.state = self.folder.state()

    def read(self, budget: float) -> bool:
        """Read new figures for at most about `budget` seconds; whether there were any."""
        deadline = time.perf_counter() + budget
        changed = False
        while records := self._metrics.read(CHUNK_BYTES):
            for record in records:
                self._take(record)
            changed = True
            if time.perf_counter() >= deadline:
                break
        return changed

    def epochs_per_second(self) -> float | None:
        """The speed over the last seconds; None before there are two reports, or after the end."""
        if len(self._recent) < 2 or self.state.has_ended:
            return None
        (first_time, first_epoch), (last_time, last_epoch) = self._recent[0], self._recent[-1]
        passed = last_time - first_time
        return (last_epoch - first_epoch) / passed if passed > 0 else None

    def seconds_left(self) -> float | None:
        """The time to the planned end at this speed, if both are known."""
        rate = self.epochs_per_second()
        if not rate or self.planned is None or self.last is None:
            return None
        return max(0.0, (self.planned - self.last.epoch) / rate)

    def seconds(self) -> float:
        """How long the run has lasted, in seconds."""
        state = self.state
        if state.ended:
            return max(0.0, state.ended - state.started)
        if state.status == "died":
            return self.last.time if self.last else 0.0
        return max(0.0, time.time() - state.started) if state.started else 0.0

    def _take(self, record: Record) -> None:
        if type(record) is Report:  # nearly all are, and there may be 10,000 a second
            self._take_report(record)
        elif type(record) is Memory:
            self.memory = record
        elif type(record) is Plan:
            self.planned = record.epochs
        elif type(record) is Gradients:
            self._take_gradients(record)
        elif type(record) is Event:
            self.events.append(record)
            if record.name == "not finite":
                self.warnings.append(record.text)

    def _take_gradients(self, record: Gradients) -> None:
        self.step_loss.add(record.step, float(record.loss))
        for name, norm in record.norms.items():
            curve = self.gradient_norms.get(name)
            if curve is None:
                curve = self.gradient_norms[name] = Curve()
            curve.add(record.step, float(norm))

    def _take_report(self, report: Report) -> None:
        self.last = report
        epoch, curves, recent = report.epoch, self.curves, self._recent
        for name, value in report.values.items():
            curve = curves.get(name)
            if curve is None:
                curve = curves[name] = Curve()
            curve.add(epoch, float(value))
        if not recent or report.time >= recent[-1][0] + RATE_SECONDS / 100:
            recent.append((report.time, epoch))
            while recent[0][0] < report.time - RATE_SECONDS:
                recent.popleft()


class LogView:
    """The end of a run's log, and then whatever is added to it."""

    def __init__(self, folder: RunFolder) -> None:
        self.path = folder.log
        self._tail = LineTail(folder.log)
        self._keep = LOG_BYTES
        self._rest_was_read = False

    def read(self, *, ended: bool = False) -> list[str]:
        """The new lines; when too much has come at once, only the last of it.

        Of a run that has `ended`, a last line without its line feed is a line too.
        """
        skipped = self._tail.skip_to_end(self._keep)
        self._keep = LOG_CHUNK_BYTES
        lines = [line.decode("utf-8", errors="replace") for line in self._tail.read(LOG_BYTES)]
        if skipped:
            lines.insert(0, f"... {skipped:,} bytes more are in {self.path}")
        if ended and not lines and not self._rest_was_read:
            self._rest_was_read = True
            lines = self._tail.rest().decode("utf-8", errors="replace").splitlines()
        return lines
