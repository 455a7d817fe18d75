"""Write curves into files: a picture of what is seen, and all the figures behind it."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from knetengine.training.atomic import write_atomically
from knetengine.training.metrics import Gradients, MetricsReader, Report
from knetui.charts.chart import Chart
from knetui.charts.picture import picture, png, svg
from knetui.editing.documents import free_name
from knetui.runs.view import RunView

CHUNK_BYTES = 64 * 1024
NAPS_SECONDS = 0.002  # between two chunks: the keyboard comes first
SUFFIXES = (".svg", ".png", ".csv")


def export(charts: list[Chart], runs: Sequence[RunView], heading: str, *, gradients: bool) -> Path:
    """Write curves.svg, .png and .csv beside the first run, or here if that cannot be.

    The next time they are curves.2.svg and so on. Returns the path of the picture; raises OSError
    when neither folder takes them.
    """
    for folder in (runs[0].folder.path, Path.cwd()):
        base = free_name(folder / "curves.svg")
        try:
            for suffix in SUFFIXES:
                path = base.with_suffix(suffix)
                write_file(path, charts, runs, heading, gradients=gradients)
        except OSError as error:
            problem = error
        else:
            return base
    raise problem


def write_file(
    path: Path, charts: list[Chart], runs: Sequence[RunView], heading: str, *, gradients: bool
) -> None:
    """Write one file of the kind that its suffix says; ValueError for another."""
    match path.suffix.lower():
        case ".svg":
            text = svg(picture(charts, heading))
            write_atomically(path, text.encode("utf-8", errors="replace"))
        case ".png":
            write_atomically(path, png(picture(charts, heading)))
        case ".csv":
            with path.open("w", newline="", encoding="utf-8", errors="replace") as file:
                write_table(file, runs, gradients=gradients)
        case suffix:
            raise ValueError(f"{path.name}: no kind of file is called {suffix or 'nothing'}")


def write_table(file: TextIO, runs: Sequence[RunView], *, gradients: bool) -> None:
    """All reports of the runs, or all norms of their gradients, a line each."""
    names: dict[str, None] = {}
    for run in runs:
        names.update(dict.fromkeys(run.gradient_norms if gradients else run.curves))
    writer = csv.writer(file, lineterminator="\n")
    loss = ["loss"] if gradients else []
    writer.writerow(["run", "name", "epoch", "step", "seconds", *loss, *names])
    for run in runs:
        head = [run.number, run.description.name]
        writer.writerows([*head, *row] for row in _rows(run, list(names), gradients))


def _rows(run: RunView, names: list[str], gradients: bool) -> Iterator[list[object]]:
    reader = MetricsReader(run.folder.metrics)
    while records := reader.read(CHUNK_BYTES):
        for record in records:
            if isinstance(record, Gradients) and gradients:
                values = [record.norms.get(name, "") for name in names]
                yield [record.epoch, record.step, record.time, record.loss, *values]
            elif isinstance(record, Report) and not gradients:
                values = [record.values.get(name, "") for name in names]
                step = "" if record.step is None else record.step
                yield [record.epoch, step, record.time, *values]
        time.sleep(NAPS_SECONDS)
