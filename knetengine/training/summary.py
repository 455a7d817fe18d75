"""A run in one line: what lists of runs show."""

import time

import msgspec

from knetengine.training.folder import RunFolder, State
from knetengine.training.label import Label, read_label
from knetengine.training.metrics import Report

TAIL_BYTES = 4096  # nearly always holds the last report; else a longer tail is read


class Summary(msgspec.Struct, frozen=True):
    """The newest figures of a run; `seconds` is the time it has lasted so far.

    created: when it was asked for, as wall-clock time.
    """

    number: int
    name: str
    options: list[str]
    state: State
    epoch: int | None
    figures: dict[str, float]
    seconds: float
    label: Label = Label()
    created: float = 0.0

    @property
    def title(self) -> str:
        """What the run is called: its label, or the name of its model."""
        return self.label.name or self.name


def summarise(folder: RunFolder) -> Summary:
    """Read just as much of the run as its summary needs, however long its files are."""
    description, state = folder.description, folder.state()
    report = last_report(folder)
    until = state.ended or (time.time() if state.started and not state.has_ended else 0.0)
    return Summary(
        number=description.number,
        name=description.name,
        options=description.options,
        state=state,
        epoch=report.epoch if report else None,
        figures=report.figures() if report else {},
        seconds=max(0.0, until - state.started) if until else (report.time if report else 0.0),
        label=read_label(folder),
        created=description.created,
    )


def last_report(folder: RunFolder) -> Report | None:
    """The newest whole report, read from the end of the file."""
    try:
        with folder.metrics.open("rb") as file:
            size, tail = file.seek(0, 2), TAIL_BYTES
            while True:
                file.seek(max(0, size - tail))
                report = _last_of(file.read(tail).split(b"\n")[:-1])
                if report is not None or tail >= size:
                    return report
                tail *= 16
    except FileNotFoundError:
        return None


def _last_of(lines: list[bytes]) -> Report | None:
    for line in reversed(lines):
        try:
            return msgspec.json.decode(line, type=Report)
        except msgspec.MsgspecError:
            continue  # a sample of memory, an event, or a line cut off by the seek
    return None
