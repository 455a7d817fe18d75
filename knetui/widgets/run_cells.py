"""The cells of the table of runs, made again only for rows that look otherwise."""

import time

from rich.text import Text

from knetengine.training.folder import Status
from knetengine.training.summary import Summary
from knetui.fence import fence
from knetui.figures import clock, in_short, in_width, since, speed
from knetui.runs.order import Column, Listed
from knetui.runs.rate import Pace

STATUS_STYLES: dict[Status, str] = {
    "waiting": "yellow",
    "running": "green",
    "starting": "green",
    "paused": "yellow",
    "failed": "bold red",
    "died": "bold red",
    "stopped": "dim",
}
Colour = tuple[int, int, int]
Row = tuple[Text, ...]


class RowMaker:
    """Makes rows: of 1,000 runs their cells take 27 ms, to see that they look the same 1 ms."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[tuple[object, ...], Row]] = {}

    def rows(self, listed: Listed, colours: dict[str, Colour]) -> dict[str, Row]:
        """The rows of a list, by the names of the runs; the same object where nothing changed."""
        made: dict[str, tuple[tuple[object, ...], Row]] = {}
        now = time.time()
        for name in listed.names:
            summary, colour = listed.summaries[name], colours.get(name)
            pace, age = listed.paces.get(name), since(now - summary.created)
            known = self._made.get(name)
            looks = (summary, colour, pace, age, listed.columns)
            if known is None or not _same(known[0], looks):
                cells = (_cell(c, summary, colour, pace, age) for c in listed.columns)
                known = (looks, tuple(cells))
            made[name] = known
        self._made = made
        return {name: row for name, (_, row) in made.items()}


def _same(before: tuple[object, ...], now: tuple[object, ...]) -> bool:
    return before[0] is now[0] and before[1:] == now[1:]  # summaries are told apart by identity


def _cell(
    column: Column, summary: Summary, colour: Colour | None, pace: Pace | None, age: str
) -> Text:
    if column.is_figure:
        value = summary.figures.get(column.key.removeprefix("last."))
        return _plain("" if value is None else in_width(value, column.width - 1))
    status = summary.state.status
    match column.key:
        case "":
            return _marks(colour, pinned=summary.label.pinned)
        case "number":
            return _plain(str(summary.number))
        case "status":
            return Text(status, style=STATUS_STYLES.get(status, ""))
        case "epoch":
            return _plain("" if summary.epoch is None else in_short(summary.epoch))
        case "name":
            return _plain(f"{fence(summary.title)} ", "bold" if summary.label.name else "")
        case "left":
            return _plain("" if pace is None or pace.left is None else clock(pace.left))
        case "speed":
            return _plain("" if pace is None else speed(pace.speed))
        case "took":
            return _plain(clock(summary.seconds))
        case "age":
            return _plain(age)
        case _:
            return _plain(fence(" ".join(summary.options)), "dim")


def _marks(colour: Colour | None, *, pinned: bool) -> Text:
    circle = ("●", "rgb({},{},{})".format(*colour)) if colour else ("○", "dim")
    return Text.assemble(("▲" if pinned else " ", "bold"), circle)


def _plain(words: str, style: str = "") -> Text:
    return Text(words, style, no_wrap=True, overflow="ellipsis")
