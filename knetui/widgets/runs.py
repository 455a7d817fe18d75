"""The runs pane: every run of this user, which are drawn, and which one is looked at."""

from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import DataTable

from knetengine.training.folder import Status
from knetengine.training.summary import Summary
from knetui.fence import fence
from knetui.widgets.pane import Pane

COLUMNS = {  # name and width; up to tst they fit beside the memory pane at 120 columns
    "": 2,
    "run": 4,
    "status": 9,
    "epoch": 6,
    "trn": 7,
    "tst": 7,
    "model": 12,
    "options": 60,
}
STATUS_STYLES: dict[Status, str] = {
    "running": "green",
    "starting": "green",
    "paused": "yellow",
    "failed": "bold red",
    "died": "bold red",
    "stopped": "dim",
}


class RunsPane(Pane):
    """A table, the newest run first."""

    DEFAULT_CSS = """
    RunsPane { padding: 0; }
    RunsPane DataTable { background: transparent; height: 1fr; scrollbar-size-horizontal: 0; }
    """
    title = "runs"
    entry = "DataTable"
    explanation = """
        All your runs, the newest first: how they stand, how far they are, their last errors. The
        cursor selects the run whose log and memory are shown, and which is paused or stopped. A
        full circle in the colour of its curve marks a run that is drawn.
    """
    widgets_with_keys = (DataTable,)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space",
            "draw",
            "Draw",
            tooltip="Draw this run's curves, or stop drawing them",
            id="runs.draw",
        )
    ]

    class Selected(Message):
        """A run is to be looked at: its log, its memory."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Toggled(Message):
        """A run's curves are to be drawn, or no longer."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def compose(self) -> ComposeResult:
        """The table."""
        yield DataTable(cursor_type="row", cell_padding=0, cursor_foreground_priority="renderable")

    def on_mount(self) -> None:
        """Name the columns."""
        self._rows: dict[str, tuple[Text, ...]] = {}
        for column, width in COLUMNS.items():
            self.table.add_column(column, width=width, key=column)

    @property
    def table(self) -> DataTable[Any]:
        """The table."""
        return self.query_one(DataTable)

    def show_summaries(
        self, summaries: dict[str, Summary], colours: dict[str, tuple[int, int, int]]
    ) -> None:
        """Show these runs, given by folder name and newest first; `colours` of those drawn."""
        rows = {name: _cells(s, colours.get(name)) for name, s in summaries.items()}
        if list(rows) != list(self._rows):
            self._refill(rows)
            return
        for name, cells in rows.items():
            for column, old, new in zip(COLUMNS, self._rows[name], cells, strict=True):
                if old != new:
                    self.table.update_cell(name, column, new)
        self._rows = rows

    def move_to(self, name: str) -> None:
        """Put the cursor on a run without asking for it to be looked at."""
        if name in self._rows:
            with self.prevent(DataTable.RowHighlighted):
                self.table.move_cursor(row=list(self._rows).index(name))

    def action_draw(self) -> None:
        """Draw the run under the cursor, or no longer."""
        if name := self._name_under_cursor():
            self.post_message(self.Toggled(name))

    @on(DataTable.RowHighlighted)
    def _look(self, event: DataTable.RowHighlighted) -> None:
        event.stop()
        if self.table.has_focus and event.row_key.value is not None:
            self.post_message(self.Selected(event.row_key.value))

    def _name_under_cursor(self) -> str | None:
        names = list(self._rows)
        row = self.table.cursor_row
        return names[row] if 0 <= row < len(names) else None

    def _refill(self, rows: dict[str, tuple[Text, ...]]) -> None:
        current = self._name_under_cursor()
        with self.prevent(DataTable.RowHighlighted):
            self.table.clear()
            for name, cells in rows.items():
                self.table.add_row(*cells, key=name)
            self._rows = rows
            if current is not None:
                self.move_to(current)


def _cells(summary: Summary, colour: tuple[int, int, int] | None) -> tuple[Text, ...]:
    mark = Text("●", style="rgb({},{},{})".format(*colour)) if colour else Text("○", style="dim")
    status = summary.state.status
    return (
        mark,
        Text(str(summary.number)),
        Text(status, style=STATUS_STYLES.get(status, "")),
        Text("" if summary.epoch is None else in_short(summary.epoch)),
        _figure(summary, "trn"),
        _figure(summary, "tst"),
        Text(fence(summary.name)),
        Text(fence(" ".join(summary.options)), style="dim"),
    )


def _figure(summary: Summary, name: str) -> Text:
    value = summary.figures.get(name)
    return Text("" if value is None else in_width(value, COLUMNS[name] - 1))


def in_width(value: float, width: int) -> str:
    """A number with as many digits, up to four, as `width` characters hold."""
    texts = [f"{value:.{digits}g}" for digits in (4, 3, 2, 1)]
    return next((text for text in texts if len(text) <= width), texts[-1])


def in_short(count: int) -> str:
    """A count in at most six characters: `999999`, `1.25M`, `100M`."""
    return str(count) if count < 1_000_000 else f"{count / 1e6:.3g}M"
