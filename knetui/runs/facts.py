"""What filters, columns and comparisons ask of a run: its fields, options and figures."""

import hashlib
import time
from collections import Counter
from collections.abc import Iterable

from knetengine.training.folder import RunFolder
from knetengine.training.metrics import MetricsReader, Report
from knetengine.training.summary import Summary
from knetui.runs.filter import PREFIXES, Facts, Value
from knetui.runs.option_form import Option, read_options
from knetui.runs.option_line import OptionLine
from knetui.runs.rate import Pace

CHUNK_BYTES = 64 * 1024  # decoded in about 2 ms


class Extremes:
    """The least and the greatest of each figure of a run, as far as it was read."""

    def __init__(self, folder: RunFolder) -> None:
        self._reader = MetricsReader(folder.metrics)
        self.least: dict[str, float] = {}
        self.greatest: dict[str, float] = {}

    def read(self, until: float) -> bool:
        """Read on until that time by `perf_counter`; whether there is nothing left."""
        while records := self._reader.read(CHUNK_BYTES):
            for record in records:
                if isinstance(record, Report):
                    self._take(record.figures())
            if time.perf_counter() >= until:
                return False
        return True

    def _take(self, figures: dict[str, float]) -> None:
        for name, value in figures.items():
            if value == value:  # no NaN
                self.least[name] = min(value, self.least.get(name, value))
                self.greatest[name] = max(value, self.greatest.get(name, value))


class RunFacts:
    """Facts by run; what takes reading is read when it is asked for, a little at a time."""

    def __init__(self) -> None:
        self._sources: dict[bytes, list[Option]] = {}
        self._options: dict[str, dict[str, Value]] = {}
        self._extremes: dict[str, Extremes] = {}
        self._complete: set[str] = set()  # those of ended runs, of which all is read
        self.wants_extremes = False
        self.paces: dict[str, Pace] = {}  # of the runs that go on, as far as they are known

    def knows_all_options(self, names: Iterable[str]) -> bool:
        """Whether the options of all these runs are read."""
        return all(name in self._options for name in names)

    def read(
        self, folders: dict[str, RunFolder], summaries: dict[str, Summary], budget: float
    ) -> bool:
        """Read more for at most about `budget` seconds; whether anything is known that was not."""
        until = time.perf_counter() + budget
        changed = False
        for name, summary in summaries.items():
            if name not in self._options:
                self._options[name] = self._read_options(folders[name], summary)
                changed = True
            if self.wants_extremes and name not in self._complete:
                extremes = self._extremes.setdefault(name, Extremes(folders[name]))
                all_read = extremes.read(until)
                changed = True
                if all_read and summary.state.has_ended:
                    self._complete.add(name)
            if time.perf_counter() >= until:
                break
        return changed

    def forget(self, name: str) -> None:
        """The files of a run are not what they were."""
        self._extremes.pop(name, None)
        self._complete.discard(name)

    def options(self, name: str) -> dict[str, Value]:
        """What the options of a run are, defaults included; empty until they are read."""
        return self._options.get(name, {})

    def extremes(self, name: str) -> Extremes | None:
        """The extremes of a run's figures, as far as they are read."""
        return self._extremes.get(name)

    def option_names(self) -> list[str]:
        """The options of all runs, those of most runs first."""
        return _most_frequent(self._options.values())

    def of(self, name: str, summary: Summary) -> Facts:
        """What a filter asks of a run. Without a prefix: a field, else an option, else a figure."""
        fields = self.fields(name, summary)
        options = self.options(name)
        extremes = self._extremes.get(name)

        def fact(asked: str) -> Value | None:
            prefix, dot, rest = asked.partition(".")
            if dot and prefix in PREFIXES:
                if prefix == "option":
                    return options.get(rest)
                if prefix == "last":
                    return summary.figures.get(rest)
                if extremes is None:
                    return None
                return (extremes.least if prefix == "min" else extremes.greatest).get(rest)
            if asked in fields:
                return fields[asked]
            return options[asked] if asked in options else summary.figures.get(asked)

        return fact

    def fields(self, name: str, summary: Summary) -> dict[str, Value]:
        """What a run has of `run_filter.FIELDS`."""
        fields = fields_of(summary)
        pace = self.paces.get(name)
        if pace is not None:
            fields["speed"] = pace.speed
            if pace.left is not None:
                fields["left"] = pace.left
        return fields

    def _read_options(self, folder: RunFolder, summary: Summary) -> dict[str, Value]:
        try:
            content = folder.source.read_bytes()
        except OSError:
            content = b""
        key = hashlib.sha256(content).digest()
        if key not in self._sources:  # 1 to 8 ms each, and most runs share theirs
            try:
                self._sources[key] = read_options(content.decode(errors="replace"))
            except SyntaxError:
                self._sources[key] = []
        return OptionLine(self._sources[key], summary.options).values()


def fields_of(summary: Summary) -> dict[str, Value]:
    """What a summary says."""
    fields: dict[str, Value] = {
        "number": summary.number,
        "name": summary.title,
        "model": summary.name,
        "status": summary.state.status,
        "pinned": summary.label.pinned,
        "age": time.time() - summary.created,
        "took": summary.seconds,
    }
    if summary.epoch is not None:
        fields["epoch"] = summary.epoch
    return fields


def figure_names(summaries: Iterable[Summary]) -> list[str]:
    """The figures of all runs, those of most runs first."""
    return _most_frequent(summary.figures for summary in summaries)


def _most_frequent(named: Iterable[Iterable[str]]) -> list[str]:
    counts: Counter[str] = Counter()
    for names in named:
        counts.update(list(names))  # of a dict it would add the values
    return [name for name, _ in counts.most_common()]  # of equals, the first that was met
