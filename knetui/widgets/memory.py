"""The memory pane: what a run's process and the engine's arrays hold."""

import time
from typing import ClassVar

import psutil
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from knetengine.training.metrics import Memory, PoolFigures
from knetui.byte_sizes import in_bytes
from knetui.memory.map import FREE, GLYPHS, IN_USE
from knetui.runs.view import RunView
from knetui.widgets.pane import Pane

PEAK = "╎"  # in a bar of what is reserved: as much was in use at the most
BAR = 30  # columns
MACHINE_SECONDS = 1.0


class MemoryFigures(Static, can_focus=True):
    """The figures."""

    DEFAULT_CSS = """
    MemoryFigures { text-wrap: nowrap; text-overflow: clip; }
    """


class MemoryPane(Pane):
    """Figures that the selected run measured itself, and those of this machine."""

    title = "memory"
    entry = "MemoryFigures"
    explanation = """
        What the selected run holds: its process now and at most, the tape of one gradient, the
        weights, and the pools of its devices. Below: this program, and what is free here. A tape
        that grows from step to step is a gradient that is kept for too long. Enter opens the
        pool: its map, who holds what, and what if there were less.
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "open",
            "Pool",
            tooltip="The pool's map, who holds what, what if there were less",
            id="memory.open",
        )
    ]
    _shown: Memory | None = None
    _until = 0.0  # the figures of the machine are still new
    _figures: Text | None = None
    _rows = 0

    class Opened(Message):
        """The pool of the selected run is to be shown in full."""

    def compose(self) -> ComposeResult:
        """A table of figures."""
        yield MemoryFigures()

    def action_open(self) -> None:
        """Show the pool in full."""
        self.post_message(self.Opened())

    def on_click(self, event: Click) -> None:
        """Show the pool in full after two clicks."""
        if event.chain == 2:
            self.action_open()

    def show_figures(self, run: RunView | None) -> None:
        """Show the newest figures of a run, unless they are shown already."""
        memory = run.memory if run else None
        now = time.monotonic()
        if self._shown is memory and (memory is not None or now < self._until):
            return
        self._shown, self._until = memory, now + MACHINE_SECONDS
        figures = Text(no_wrap=True, overflow="crop")
        if run is not None and memory is not None:
            of_run = f"of run {run.number}"
            _add(figures, "process", memory.process_bytes, of_run)
            _add(figures, "peak", memory.process_peak_bytes, of_run)
            _add(figures, "tape", memory.tape_bytes, "held by one gradient")
            _add(figures, "tape ops", f"{memory.tape_entries:,}", "recorded on it")
            _add(figures, "weights", memory.parameter_bytes, of_run)
            for pool in memory.pools:
                _add_pool(figures, pool)
        own, free, total = machine_figures()
        _add(figures, "workbench", own, "this program")
        _add(figures, "free", free, f"of {in_bytes(total)}")
        figures.rstrip()
        rows = figures.plain.count("\n")
        moved = rows != self._rows
        self._rows = rows
        if figures != self._figures:
            self._figures = figures
            self.query_one(MemoryFigures).update(figures, layout=moved)
        self.show_subtitle("Enter: the pool" if memory and memory.pools else "")


def _add(figures: Text, label: str, figure: int | str, note: str) -> None:
    figures.append(f"{label:<9}", "dim")
    figures.append(f" {in_bytes(figure) if isinstance(figure, int) else figure:>8}")
    figures.append(f"  {note}\n", "dim")


def _add_pool(figures: Text, pool: PoolFigures) -> None:
    """What is shown of a device's pool: figures, and a bar of what is reserved."""
    reserved = f"of {in_bytes(pool.reserved_bytes)} reserved"
    _add(figures, f"{pool.device} pool", pool.used_bytes, reserved)
    figures.append(f"{pool_bar(pool)}\n")
    peak = f"of {in_bytes(pool.reserved_peak_bytes)}"
    _add(figures, "  peak", pool.used_peak_bytes, peak)
    _add(figures, "  reuse", f"{pool.reuse:.2%}", f"{pool.fragmentation:.0%} in fragments")


def pool_bar(pool: PoolFigures, width: int = BAR) -> str:
    """What is in use of what is reserved, and a mark where the most was."""
    whole = max(pool.reserved_bytes, pool.used_peak_bytes, 1)
    used = round(width * pool.used_bytes / whole)
    cells = [GLYPHS[IN_USE]] * used + [GLYPHS[FREE]] * (width - used)
    at = min(width - 1, round(width * pool.used_peak_bytes / whole))
    if at >= used:
        cells[at] = PEAK
    return "".join(cells)


def machine_figures() -> tuple[int, int, int]:
    """Bytes that this program holds, that are free on this machine, and that it has."""
    machine = psutil.virtual_memory()
    return psutil.Process().memory_info().rss, machine.available, machine.total
