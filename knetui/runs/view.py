"""What the workbench knows of a run: read from its folder, a little at a time."""

import contextlib
import time
from pathlib import Path

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
from knetui.runs.curve import Curve
from knetui.runs.rate import Pace, SmoothedRate
from knetui.runs.samples import Samples
from knetui.runs.timeline import Timeline

CHUNK_BYTES = 16 * 1024  # decoded in about 0.5 ms
LOG_BYTES = 1 << 20  # of a longer log only the end is shown at first
LOG_CHUNK_BYTES = 32 * 1024  # and of what comes at once, only so much: it scrolls past anyway


class RunView:
    """One run, seen from outside: its curves, its log, its memory, as far as they were read.

    news: the events since it is looked at, or all of a run that `is_new`; warnings: what of them is
    bad. Whoever tells them takes them away.
    """

    def __init__(self, folder: RunFolder, *, is_new: bool = False) -> None:
        self.folder = folder
        self.description = folder.description
        self.state: State = folder.state()
        self.curves: dict[str, Curve] = {}
        self.timeline = Timeline()
        self.step_loss = Curve()  # over steps
        self.gradient_norms: dict[str, Curve] = {}  # over steps, by parameter
        self.samples = Samples(folder)
        self.memory: Memory | None = None
        self.events: list[Event] = []
        self.news: list[Event] = []
        self.warnings: list[str] = []
        self.last: Report | None = None
        self.planned: int | None = None
        self._metrics = MetricsReader(folder.metrics)
        self._old_bytes = 0 if is_new else _size(folder.metrics)
        self._rate = SmoothedRate()
        self._last_seen = 0.0

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
            if self.state.status == "paused":
                self._rate.pause()

    def read(self, budget: float) -> bool:
        """Read new figures for at most about `budget` seconds; whether there was an epoch's.

        Those of single steps come all the time: they do not count, nor does the memory held.
        """
        deadline = time.perf_counter() + budget
        last = self.last
        while records := self._metrics.read(self._next_bytes()):
            is_news = self._metrics.offset > self._old_bytes
            for record in records:
                self._take(record)
                if is_news and type(record) is Event:
                    self._take_news(record)
            if time.perf_counter() >= deadline:
                break
        return self.last is not last

    def _next_bytes(self) -> int:
        """How much to read at a time; never old records and new ones together."""
        old = self._old_bytes - self._metrics.offset
        return min(CHUNK_BYTES, old) if old > 0 else CHUNK_BYTES

    def pace(self) -> Pace | None:
        """How fast it is and when it will be done; None before that is known, or while it rests."""
        speed = self._rate.per_second()
        if not speed or self.last is None or self.state.status != "running":
            return None
        if self.planned is None:
            return Pace(speed, None)
        since = time.monotonic() - self._last_seen  # an epoch may take minutes: it counts down
        return Pace(speed, max(0.0, (self.planned - self.last.epoch) / speed - since))

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
        elif type(record) is Gradients:
            self._take_gradients(record)
        elif type(record) is Memory:
            self.memory = record
        elif type(record) is Plan:
            self.planned = record.epochs
        elif type(record) is Event:
            self.events.append(record)

    def _take_news(self, event: Event) -> None:
        self.news.append(event)
        if event.name == "not finite":
            self.warnings.append(event.text)

    def _take_gradients(self, record: Gradients) -> None:
        self.step_loss.add(record.step, float(record.loss))
        for name, norm in record.norms.items():
            curve = self.gradient_norms.get(name)
            if curve is None:
                curve = self.gradient_norms[name] = Curve()
            curve.add(record.step, float(norm))

    def _take_report(self, report: Report) -> None:
        self.last = report
        self.timeline.add(report)
        epoch, curves = report.epoch, self.curves
        for name, value in report.values.items():
            curve = curves.get(name)
            if curve is None:
                curve = curves[name] = Curve()
            curve.add(epoch, float(value))
        self._rate.add(report.time, epoch)
        self._last_seen = time.monotonic()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


class LogView:
    """The end of a run's log, and then whatever is added to it.

    around: instead the lines before and behind that byte of it, half of what is kept each.
    ends: of the lines that were read last, where in the file each ends, its line feed included.
    """

    def __init__(self, path: Path, around: int | None = None) -> None:
        self.path = path
        self.ends: list[int] = []
        self._tail = LineTail(path)
        self._keep: int | None = LOG_BYTES
        if around is not None:
            self._tail.skip_to(around - LOG_BYTES // 2)
            self._keep = None
        self._rest_was_read = False

    def lags(self) -> bool:
        """Whether the run has printed more than was read; a line without its end counts, too."""
        return self._tail.lags()

    def read(self, *, ended: bool = False) -> list[str]:
        """The new lines; when too much has come at once, only the last of it.

        Of a run that has `ended`, a last line without its line feed is a line too.
        """
        skipped = 0
        if self._keep is not None:
            skipped = self._tail.skip_to_end(self._keep)
            self._keep = LOG_CHUNK_BYTES
        end = self._tail.offset
        lines = self._tail.read(LOG_BYTES)
        self.ends = [end := end + len(line) + 1 for line in lines]
        texts = [line.decode("utf-8", errors="replace") for line in lines]
        if skipped:
            texts.insert(0, f"... {skipped:,} bytes more are in {self.path}")
            self.ends.insert(0, self.ends[0] - len(lines[0]) - 1 if lines else end)
        if ended and not texts and not self._rest_was_read:
            self._rest_was_read = True
            texts = self._tail.rest().decode("utf-8", errors="replace").splitlines()
            self.ends = [end] * len(texts)
        return texts
