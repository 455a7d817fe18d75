"""Which runs are listed, in which order, and under which columns."""

from collections.abc import Iterable
from dataclasses import dataclass

from knetengine.training.summary import Summary
from knetui.fence import fence
from knetui.runs.facts import RunFacts, figure_names
from knetui.runs.filter import FilterError, Value, read_filter
from knetui.runs.rate import Pace

FIGURE_COLUMNS = 8  # more are there to be filtered by, not to be read
USUAL_FIGURES = ("trn", "tst")  # before there are any
CHANGING = frozenset({"age", "took", "left", "speed"})  # by themselves


@dataclass(frozen=True)
class Column:
    """A column of the list. `key` is what it is sorted by, as a filter would ask for it."""

    key: str
    title: str
    width: int
    is_figure: bool = False


FIRST = (
    Column("", "", 3),  # marks
    Column("number", "run", 4),
    Column("status", "status", 9),
    Column("epoch", "epoch", 6),
)
LAST = (
    Column("name", "name", 16),
    Column("left", "left", 9),
    Column("took", "took", 9),
    Column("age", "age", 5),
    Column("speed", "speed", 11),
    Column("options", "options", 60),
)


@dataclass(frozen=True)
class Listed:
    """A list of runs as it is to be shown.

    total: how many runs there are, listed or not.
    """

    names: list[str]
    summaries: dict[str, Summary]
    columns: tuple[Column, ...]
    paces: dict[str, Pace]
    total: int
    filter: str
    sort: str


def columns_for(summaries: Iterable[Summary]) -> tuple[Column, ...]:
    """The columns that these runs fill: their figures stand between what all runs have."""
    figures = figure_names(summaries)[:FIGURE_COLUMNS] or USUAL_FIGURES
    middle = (Column(f"last.{name}", fence(name), max(7, len(name) + 1), True) for name in figures)
    return (*FIRST, *middle, *LAST)


class RunOrder:
    """Filters and sorts runs; a run is asked again only when something of it has changed."""

    def __init__(self, facts: RunFacts) -> None:
        self.facts = facts
        self.filter = read_filter("", ())
        self.sort = ""  # a column's key, with a minus in front for the greatest first
        self._held: dict[str, tuple[Summary, bool]] = {}

    def known(self, summaries: dict[str, Summary]) -> list[str]:
        """The names that a filter may use besides the fields."""
        return list(dict.fromkeys([*figure_names(summaries.values()), *self.facts.option_names()]))

    def set_filter(self, text: str, summaries: dict[str, Summary]) -> None:
        """List the runs that fulfil a condition. Raises FilterError; the last one holds then."""
        self.filter = read_filter(text, self.known(summaries))
        self._held.clear()
        self._ask_for_extremes()

    def set_sort(self, sort: str, summaries: dict[str, Summary]) -> None:
        """Sort by what a filter might ask for, or by `options`; with a minus the greatest first.

        Raises FilterError; the last order holds then.
        """
        key = sort.removeprefix("-")
        if key not in ("", "options"):
            asked = read_filter(key, self.known(summaries)).names
            if key not in asked or len(asked) > 1:
                raise FilterError(f"runs are sorted by a name such as tst or -lr, not by {key}", 0)
        self.sort = sort if key else ""
        self._ask_for_extremes()

    def _ask_for_extremes(self) -> None:
        names = {*self.filter.names, self.sort.removeprefix("-")}
        self.facts.wants_extremes = any(name.startswith(("min.", "max.")) for name in names)

    def forget(self) -> None:
        """Ask every run again: more is known of them."""
        self._held.clear()

    def listed(self, summaries: dict[str, Summary]) -> list[str]:
        """The names of the runs to list: the pinned ones first, then by the order asked for.

        Without one it is the newest first; those without a value, or with NaN, stand at the end.
        """
        if self.filter.names & CHANGING:
            self._held.clear()
        names = [name for name, summary in summaries.items() if self._holds(name, summary)]
        if self.sort:
            key, falling = self.sort.removeprefix("-"), self.sort.startswith("-")
            values = {name: self._value(name, summaries[name], key) for name in names}
            having = [name for name in names if _has_place(values[name])]
            without = [name for name in names if not _has_place(values[name])]
            having.sort(key=lambda name: _sortable(values[name]), reverse=falling)
            names = having + without
        pinned = [name for name in names if summaries[name].label.pinned]
        return pinned + [name for name in names if not summaries[name].label.pinned]

    def _holds(self, name: str, summary: Summary) -> bool:
        if not self.filter.text.strip():
            return True
        held = self._held.get(name)
        if held is None or held[0] is not summary:
            held = (summary, self.filter.holds(self.facts.of(name, summary)))
            self._held[name] = held
        return held[1]

    def _value(self, name: str, summary: Summary, key: str) -> Value | None:
        if key == "options":
            return " ".join(summary.options)
        return self.facts.of(name, summary)(key)


def _has_place(value: Value | None) -> bool:
    return value is not None and value == value  # NaN is neither small nor great


def _sortable(value: Value | None) -> tuple[int, float, str]:
    return (1, 0.0, value.lower()) if isinstance(value, str) else (0, float(value or 0.0), "")
