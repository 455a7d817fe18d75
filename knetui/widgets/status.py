"""The line at the top: the model, the machine, the run that is looked at and how it gets on."""

import os
from pathlib import Path

from rich.text import Text
from textual.widgets import Static

from knetui.fence import fence
from knetui.figures import clock, speed
from knetui.runs.view import RunView


class StatusLine(Static):
    """One line; what does not fit is cut on the right."""

    DEFAULT_CSS = """
    StatusLine { height: 1; padding: 0 1; background: $panel; color: $foreground; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: Text | None = None
        self._device = device_name()

    def show_state(self, document_path: str, run: RunView | None, timings: str = "") -> None:
        """Show where the work stands; and before that how long frames and keys take."""
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append("knet-tui", "bold")
        if timings:
            line.append(f"  {timings}", "italic")
        line.append(f"  {fence(Path(document_path).name)}  {self._device}")
        if run is not None:
            line.append(f"  run {run.number} > {run.state.status} {clock(run.seconds())}", "bold")
            line.append(progress(run))
        if line != self._shown:
            self._shown = line
            self.update(line, layout=False)


def device_name() -> str:
    """The processor and how many cores of it this program may use."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"cpu x{count}"


def progress(run: RunView) -> str:
    """How far the run is, how fast, and when it will be done."""
    words = ""
    if run.last is not None:
        planned = f"/{run.planned:,}" if run.planned is not None else ""
        words += f"  epoch {run.last.epoch:,}{planned}"
    step = run.step_loss.last
    if step is not None and run.state.status == "running" and run.pace() is None:
        words += f"  step {step[0]:,.0f}"  # the first epoch is under way, and may take minutes
    pace = run.pace()
    if pace is not None:
        words += f"  {speed(pace.speed)}"
        if pace.left is not None:
            words += f"  ETA {clock(pace.left)}"
    return words
