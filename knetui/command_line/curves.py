"""`knet-tui curves`: the curves of runs in the terminal, or into files; an exit status.

0: as asked. 1: there was nothing to draw, or no file could be written. 2: the words were wrong.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from rich.console import Console

from knetengine.training.folder import RunError, find_run
from knetui.charts.chart import Chart
from knetui.charts.printed import printed
from knetui.curves.desk import CurveDesk
from knetui.curves.export import write_file
from knetui.curves.legend import heading, legend
from knetui.curves.settings import CurveSettings
from knetui.fence import fence
from knetui.runs.view import RunView

ROWS = 16  # of a chart
WHOLE = float("inf")


def show_curves(
    runs: tuple[str, ...],
    files: list[tuple[str, Path]],
    settings: CurveSettings,
    only: tuple[str, ...],
) -> int:
    """Draw the curves of some runs, or write them into files.

    files: with the suffix that each must have. only: the names of those to draw; otherwise all.
    """
    try:
        views = [RunView(find_run(run)) for run in runs or ("last",)]
        for suffix, path in files:
            if path.suffix.lower() != suffix:
                raise RunError(f"{path}: a file for --{suffix[1:]} is called something{suffix}")
    except RunError as error:
        print(f"knet-tui: {fence(str(error))}", file=sys.stderr)
        return 2
    for view in views:
        view.read(WHOLE)
    desk = CurveDesk(settings)
    desk.show_runs(views, views[0])
    if only:
        names = desk.charts().names
        if unknown := [name for name in only if name not in names]:
            words = f"nothing is called {', '.join(unknown)}; there are {', '.join(names)}"
            print(f"knet-tui: {fence(words)}", file=sys.stderr)
            return 2
        settings.hidden = [name for name in names if name not in only]
    charts = desk.charts_on_paper() if files else desk.charts()
    window = charts.whole()
    if not charts.titles or window is None:
        what = "gradients" if settings.gradients else "figures"
        print(f"knet-tui: no {what} were reported yet", file=sys.stderr)
        return 1
    made = [charts.chart(title, window) for title in charts.titles]
    if files:
        words = heading(charts, len(made), zoomed=False)
        return _write(made, views, words, files, gradients=settings.gradients)
    console = Console(highlight=False)
    columns = shutil.get_terminal_size().columns
    console.print(legend(charts, charts.titles, columns, None, {}), soft_wrap=True)
    for chart in made:
        coloured = not console.no_color and console.is_terminal
        if (drawing := printed(chart, columns, ROWS, coloured=coloured)) is not None:
            print(drawing)
    return 0


def _write(
    charts: list[Chart],
    runs: list[RunView],
    words: str,
    files: list[tuple[str, Path]],
    *,
    gradients: bool,
) -> int:
    for _, path in files:
        try:
            write_file(path, charts, runs, words, gradients=gradients)
        except OSError as error:
            reason = error.strerror or error
            print(f"knet-tui: {path} was not written: {reason}", file=sys.stderr)
            return 1
        print(path)
    return 0
