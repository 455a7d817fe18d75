"""The memory pane: what a run's process and the engine's arrays hold."""

import psutil
from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static

from knetengine.training.metrics import Memory, PoolFigures
from knetui.run_view import RunView
from knetui.widgets.pane import Pane


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
        that grows from step to step is a gradient that is kept for too long.
    """
    _shown: Memory | None = None
    _rows = 0

    def compose(self) -> ComposeResult:
        """A table of figures."""
        yield MemoryFigures()

    def show_figures(self, run: RunView | None) -> None:
        """Show the newest figures of a run, unless they are shown already."""
        memory = run.memory if run else None
        if self._shown is not None and self._shown is memory:
            return
        self._shown = memory
        rows: list[tuple[str, str, str]] = []
        if run is not None and memory is not None:
            of_run = f"of run {run.number}"
            rows += [
                ("process", in_bytes(memory.process_bytes), of_run),
                ("peak", in_bytes(memory.process_peak_bytes), of_run),
                ("tape", in_bytes(memory.tape_bytes), "held by one gradient"),
                ("tape ops", f"{memory.tape_entries:,}", "recorded on it"),
                ("weights", in_bytes(memory.parameter_bytes), of_run),
                *(row for pool in memory.pools for row in pool_rows(pool)),
            ]
        own, free, total = machine_figures()
        rows += [
            ("workbench", in_bytes(own), "this program"),
            ("free", in_bytes(free), f"of {in_bytes(total)}"),
        ]
        figures = Text(no_wrap=True, overflow="crop")
        for label, figure, note in rows:
            figures.append(f"{label:<9}", "dim")
            figures.append(f" {figure:>8}")
            figures.append(f"  {note}\n", "dim")
        figures.rstrip()
        more = len(rows) != self._rows
        self._rows = len(rows)
        self.query_one(MemoryFigures).update(figures, layout=more)


def pool_rows(pool: PoolFigures) -> list[tuple[str, str, str]]:
    """What is shown of a device's pool."""
    return [
        (
            f"{pool.device} pool",
            in_bytes(pool.used_bytes),
            f"of {in_bytes(pool.reserved_bytes)} reserved",
        ),
        ("  peak", in_bytes(pool.used_peak_bytes), f"of {in_bytes(pool.reserved_peak_bytes)}"),
        ("  reuse", f"{pool.reuse:.2%}", f"{pool.fragmentation:.0%} in fragments"),
    ]


def machine_figures() -> tuple[int, int, int]:
    """Bytes that this program holds, that are free on this machine, and that it has."""
    machine = psutil.virtual_memory()
    return psutil.Process().memory_info().rss, machine.available, machine.total


def in_bytes(count: int) -> str:
    """A number of bytes with a binary unit: `312 B`, `1.50 KiB`, `21.4 GiB`."""
    if count < 1024:
        return f"{count} B"
    size, unit = count / 1024, "KiB"
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1000 or unit == "TiB":
            break
        size /= 1024
    digits = 2 if size < 10 else 1 if size < 100 else 0
    return f"{size:.{digits}f} {unit}"
