"""What the words of the command line do with the list of runs; each returns an exit status.

0: as asked. 2: the words were wrong.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from knetengine.training.folder import RunError, RunFolder, all_runs, find_run
from knetengine.training.label import pin, rename
from knetengine.training.summary import Summary, summarise
from knetengine.training.trash import delete, deleted_runs, empty_trash, restore
from knetui.fence import fence
from knetui.figures import clock
from knetui.runs.facts import RunFacts
from knetui.runs.filter import FilterError
from knetui.runs.order import Column, RunOrder, columns_for
from knetui.runs.rate import Pace
from knetui.runs.view import RunView

PATIENCE = 60.0  # seconds for reading the figures of all runs, where a filter asks for extremes
LIVE_SECONDS = 1.0  # of each run that goes on, for its speed


def list_runs(filter: str = "", sort: str = "") -> int:
    """Print a line for each run that fulfils the filter; the newest last, if it is not sorted."""
    folders = {folder.path.name: folder for folder in reversed(all_runs())}
    summaries, damaged = _summaries(folders)
    facts = RunFacts()
    order = RunOrder(facts)
    facts.paces = _paces(folders, summaries)
    facts.read(folders, summaries, PATIENCE)
    try:
        order.set_filter(filter, summaries)
        order.set_sort(sort, summaries)
    except FilterError as error:
        print(f"knet-tui: {error.message}", file=sys.stderr)
        print(f"  {fence(filter)}\n  {' ' * error.position}^", file=sys.stderr)
        return 2
    facts.read(folders, summaries, PATIENCE)
    names = order.listed(summaries)
    shown = [summaries[name] for name in (names if sort else names[::-1])]
    if not folders:
        print("no runs yet; `knet-tui train housing` starts one")
    elif not shown and filter:
        print(f"none of {len(summaries)} runs fulfils {fence(filter)}")
    else:
        paces = {summaries[name].number: pace for name, pace in facts.paces.items()}
        _print_table(shown, [] if filter else damaged, paces)
    return 0


def name_run(which: str, words: Iterable[str]) -> int:
    """Call a run by a name; without one, by that of its model again."""
    try:
        folder = find_run(which)
        label = rename(folder, " ".join(words))
    except (RunError, OSError) as error:
        return _complain(error)
    print(f"run {folder.title}: {fence(label.name) or 'has no name of its own'}")
    return 0


def pin_run(which: str, *, off: bool) -> int:
    """Keep a run on top of the list, or no longer."""
    try:
        folder = find_run(which)
        pin(folder, not off)
    except (RunError, OSError) as error:
        return _complain(error)
    print(f"run {folder.title}: {'no longer pinned' if off else 'pinned'}")
    return 0


def delete_runs(which: Iterable[str]) -> int:
    """Move runs to the trash; the first that cannot be moved ends it."""
    try:
        folders = {folder.path: folder for folder in map(find_run, which)}
        for folder in folders.values():
            number, title = folder.description.number, folder.title
            delete(folder)
            print(f"run {title} is in the trash; `knet-tui restore {number}` brings it back")
        empty_trash()
    except (RunError, OSError) as error:
        return _complain(error)
    return 0


def restore_run(which: str) -> int:
    """Bring a run back from the trash; without a number the one that was deleted last."""
    try:
        deleted = deleted_runs()
        if not deleted:
            raise RunError("the trash is empty")
        folder = restore(which or deleted[-1].folder.path.name)
    except (RunError, OSError) as error:
        return _complain(error)
    print(f"run {folder.title} is back")
    return 0


def _summaries(folders: dict[str, RunFolder]) -> tuple[dict[str, Summary], list[Path]]:
    """What is known of the runs, and the folders of those that cannot be read."""
    summaries: dict[str, Summary] = {}
    damaged: list[Path] = []
    for name, folder in folders.items():
        try:
            summaries[name] = summarise(folder)
        except (RunError, OSError):
            damaged.append(folder.path)
    return summaries, damaged


def _paces(folders: dict[str, RunFolder], summaries: dict[str, Summary]) -> dict[str, Pace]:
    """How fast the runs are that go on."""
    paces: dict[str, Pace] = {}
    for name, summary in summaries.items():
        if summary.state.status == "running":
            view = RunView(folders[name])
            view.read(LIVE_SECONDS)
            if (pace := view.pace()) is not None:
                paces[name] = pace
    return paces


def _print_table(shown: list[Summary], damaged: Iterable[Path], paces: dict[int, Pace]) -> None:
    figures = [column for column in columns_for(shown) if column.is_figure]
    named = any(summary.label.name for summary in shown)
    timed = any(pace.left is not None for pace in paces.values())
    titles = ["run", *(["name"] if named else []), "model", "status", "epoch"]
    titles += [*(c.title for c in figures), "took", *(["left"] if timed else []), "options"]
    rows = [titles]
    for summary in shown:
        pace = paces.get(summary.number)
        left = clock(pace.left) if pace is not None and pace.left is not None else ""
        rows.append(
            [
                f"{summary.number}{'*' if summary.label.pinned else ''}",
                *([summary.label.name] if named else []),
                summary.name,
                summary.state.status,
                "" if summary.epoch is None else str(summary.epoch),
                *(_figure(summary, column) for column in figures),
                f"{summary.seconds:.1f} s",
                *([left] if timed else []),
                " ".join(summary.options),
            ]
        )
    rows += [_damaged_row(path, titles) for path in damaged]  # its files are there to be looked at
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (fence(cell).ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _figure(summary: Summary, column: Column) -> str:
    value = summary.figures.get(column.key.removeprefix("last."))
    return "" if value is None else f"{value:.6g}"


def _damaged_row(path: Path, titles: list[str]) -> list[str]:
    number, name = path.name.split("-", 1)
    known = {"run": str(int(number)), "model": name, "status": "damaged", "options": str(path)}
    return [known.get(title, "") for title in titles]


def _complain(error: Exception) -> int:
    print(f"knet-tui: {fence(str(error))}", file=sys.stderr)
    return 2
