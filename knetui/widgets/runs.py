"""The runs pane: a table of runs, which are drawn, and which one is looked at."""

from collections.abc import Callable
from typing import Any, ClassVar

from rich.style import Style
from rich.text import Text
from textual import on
from textual._types import SegmentLines
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.widgets import DataTable
from textual.widgets.data_table import ColumnKey, RowKey

from knetui.runs.filter import FilterError
from knetui.runs.order import Column, Listed
from knetui.widgets.entry_line import EntryLine
from knetui.widgets.pane import Pane
from knetui.widgets.run_cells import RowMaker


def _key(key: str, action: str, name: str, meaning: str) -> Binding:
    return Binding(key, action, name, tooltip=meaning, id=f"runs.{action}")


class RunTable(DataTable[Any]):
    """A table that tells which circle was clicked, and takes the click on it for itself."""

    class MarkClicked(Message):
        """The first column of a row was clicked."""

        def __init__(self, row: int) -> None:
            super().__init__()
            self.row = row

    def exchange(self, row: str, column: str, cell: Text) -> None:
        """As Textual's update_cell, which paints all rows anew: 5 ms, and so 1."""
        row_key, column_key = RowKey(row), ColumnKey(column)
        self._data[row_key][column_key] = cell
        self._update_count += 1
        self.refresh_row(self.get_row_index(row_key))

    def _render_cell(
        self,
        row_index: int,
        column_index: int,
        base_style: Style,
        width: int,
        cursor: bool = False,
        hover: bool = False,
    ) -> SegmentLines:
        """As Textual's, which renders all cells anew when one has changed: 4.4 ms, and so 2.5."""
        cell = self._get_row_renderables(row_index).cells[column_index]
        if not isinstance(cell, Text):
            return super()._render_cell(row_index, column_index, base_style, width, cursor, hover)
        looks = (cell.plain, cell.style, tuple(cell.spans), base_style, width, cursor, hover)
        state = (self._show_hover_cursor, self._pseudo_class_state)
        key: Any = (row_index, column_index, *looks, *state)
        lines = self._cell_render_cache.get(key)
        if lines is None:
            lines = super()._render_cell(row_index, column_index, base_style, width, cursor, hover)
            self._cell_render_cache[key] = lines
        return lines

    def on_click(self, event: Click) -> None:
        """Tell of a click in the first column, which selects nothing."""
        place = event.style.meta
        if place.get("column") == 0 and place.get("row", -1) >= 0:
            event.prevent_default()
            self.post_message(self.MarkClicked(place["row"]))


class RunsPane(Pane):
    """A table of runs, with a line below it for a filter or a name while one is typed."""

    DEFAULT_CSS = """
    RunsPane {
        padding: 0;
        RunTable {
            background: transparent; height: 1fr; scrollbar-size-horizontal: 0;
            &:focus > .datatable--cursor {
                background: $block-cursor-blurred-background;
                color: $block-cursor-blurred-foreground;
            }
        }
        &.-complaining { border-subtitle-color: $text-error; }
    }
    """
    title = "runs"
    entry = "RunTable"
    explanation = """
        All your runs: how they stand, how far they are, their last figures. The cursor selects the
        run whose log and memory are shown, and which is paused or stopped. A full circle in the
        colour of its curve marks a run that is drawn, a triangle one that stays on top.

        A filter lists the runs of which something holds: lr>=0.1 and acc>0.9. It may ask for
        options, for last figures and their extremes (min.tst, max.acc), and for number, name,
        model, status, epoch, pinned, age (age < 2h), took, left and speed.
    """
    widgets_with_keys = (RunTable,)
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("space", "draw", "Draw", "Draw this run's curves, or stop drawing them"),
        _key("slash", "filter", "Filter", "List only runs such as lr>=0.1 and acc>0.9"),
        _key("s", "sort", "Sort", "Sort by the next column"),
        _key("S", "reverse", "Reverse", "Sort the other way round"),
        _key("c", "compare", "Compare", "Draw the first runs of the list, and no others"),
        _key("n", "name", "Name", "Call this run by another name"),
        _key("p", "pin", "Pin", "Keep this run on top of the list, or no longer"),
        _key("r", "restart", "Restart", "A new run of the same model, with other options"),
        _key("delete,d", "delete", "Delete", "Move this run to the trash"),
        _key("u", "undo", "Undo", "Bring back the run that was deleted last"),
    ]

    class Selected(Message):
        """A run is to be looked at: its log, its memory."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Asked(Message):
        """Something is to be done with a run: draw, pin, restart, delete."""

        def __init__(self, name: str, what: str) -> None:
            super().__init__()
            self.name, self.what = name, what

    class Named(Message):
        """A run is to be called by a name."""

        def __init__(self, name: str, words: str) -> None:
            super().__init__()
            self.name, self.words = name, words

    class FilterTyped(Message):
        """The list is to be filtered; `entered` once the user has done typing."""

        def __init__(self, text: str, *, entered: bool) -> None:
            super().__init__()
            self.text, self.entered = text, entered

    class SortChosen(Message):
        """The list is to be sorted by a column's key, with a minus the greatest first."""

        def __init__(self, sort: str) -> None:
            super().__init__()
            self.sort = sort

    class UndoAsked(Message):
        """The run that was deleted last is to come back."""

    class CompareAsked(Message):
        """These runs are to be drawn, and no others."""

        def __init__(self, names: list[str]) -> None:
            super().__init__()
            self.names = names

    def __init__(self, number: int, **settings: Any) -> None:
        super().__init__(number, **settings)
        self.complete: Callable[[str], str] = lambda _text: ""  # a filter with its last word whole
        self._listed = Listed([], {}, (), {}, 0, "", "")
        self._maker = RowMaker()
        self._rows: dict[str, tuple[Text, ...]] = {}
        self._filter_before = ""

    def compose(self) -> ComposeResult:
        """The table above the line."""
        yield RunTable(cursor_type="row", cell_padding=0, cursor_foreground_priority="renderable")
        yield EntryLine()

    @property
    def table(self) -> RunTable:
        """The table."""
        return self.query_one(RunTable)

    @property
    def line(self) -> EntryLine:
        """The line for a filter or a name."""
        return self.query_one(EntryLine)

    # what is shown

    def show_list(self, listed: Listed, colours: dict[str, tuple[int, int, int]]) -> None:
        """Show these runs; `colours` of those drawn."""
        before, self._listed = self._listed, listed
        rows = self._maker.rows(listed, colours)
        if (listed.columns, listed.sort) != (before.columns, before.sort):
            self._rebuild(rows)
        elif list(rows) != list(self._rows):
            self._refill(rows)
        else:
            self._update(rows)
        if not self.line.display:
            self.show_subtitle(_subtitle(listed))

    def move_to(self, name: str) -> None:
        """Put the cursor on a run without asking for it to be looked at."""
        if name in self._rows:
            with self.prevent(DataTable.RowHighlighted):
                self.table.move_cursor(row=list(self._rows).index(name))

    def complain(self, error: FilterError | None) -> None:
        """Say what is wrong with the filter, or that nothing is."""
        self.set_class(error is not None, "-complaining")
        self.show_subtitle(_subtitle(self._listed) if error is None else error.message)

    def stay_at(self, error: FilterError) -> None:
        """A wrong filter was entered: say so, and go to the place in it."""
        self.complain(error)
        self.line.cursor_position = error.position

    def _rebuild(self, rows: dict[str, tuple[Text, ...]]) -> None:
        current = self._name_under_cursor()
        with self.prevent(DataTable.RowHighlighted):
            self.table.clear(columns=True)
            for column in self._listed.columns:
                title = Text(_title(column, self._listed.sort), no_wrap=True)
                self.table.add_column(title, width=column.width, key=column.key or "marks")
        self._refill(rows, current)

    def _refill(self, rows: dict[str, tuple[Text, ...]], current: str | None = None) -> None:
        current = current or self._name_under_cursor()
        with self.prevent(DataTable.RowHighlighted):
            self.table.clear()
            for name, cells in rows.items():
                self.table.add_row(*cells, key=name)
            self._rows = rows
            if current is not None:
                self.move_to(current)

    def _update(self, rows: dict[str, tuple[Text, ...]]) -> None:
        for name, cells in rows.items():
            old = self._rows[name]
            if old is cells:
                continue
            for column, was, cell in zip(self._listed.columns, old, cells, strict=True):
                if was != cell:
                    self.table.exchange(name, column.key or "marks", cell)
        self._rows = rows

    # what is asked for

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is typed, a slash is text: of other characters Textual knows it."""
        return not (action == "filter" and self.line.has_focus)

    def action_draw(self) -> None:
        """Draw the run under the cursor, or no longer."""
        self._ask("draw")

    def action_pin(self) -> None:
        """Keep the run under the cursor on top, or no longer."""
        self._ask("pin")

    def action_restart(self) -> None:
        """Start a run like the one under the cursor."""
        self._ask("restart")

    def action_delete(self) -> None:
        """Move the run under the cursor to the trash."""
        self._ask("delete")

    def action_undo(self) -> None:
        """Bring back the run deleted last."""
        self.post_message(self.UndoAsked())

    def action_compare(self) -> None:
        """Draw the first runs of the list."""
        self.post_message(self.CompareAsked(list(self._rows)))

    def action_sort(self) -> None:
        """Sort by the column after the one that it is sorted by; after the last by none."""
        keys = ["", *(column.key for column in self._listed.columns if column.key)]
        now = self._listed.sort.removeprefix("-")
        place = keys.index(now) if now in keys else 0
        self.post_message(self.SortChosen(keys[(place + 1) % len(keys)]))

    def action_reverse(self) -> None:
        """Sort the other way round; by number where nothing is chosen."""
        now = self._listed.sort or "-number"
        self.post_message(self.SortChosen(now[1:] if now.startswith("-") else f"-{now}"))

    def action_filter(self) -> None:
        """Type a filter."""
        self._filter_before = self._listed.filter
        self.line.open("filter", self._listed.filter, "lr>=0.1 and tst<20", self.complete)

    def action_name(self) -> None:
        """Type a name for the run under the cursor."""
        if name := self._name_under_cursor():
            summary = self._listed.summaries[name]
            self.line.open("name", summary.label.name, summary.name)
            self.show_subtitle(f"a name for run {summary.number}; Enter keeps it")

    @on(EntryLine.Typed)
    def _typed(self, event: EntryLine.Typed) -> None:
        event.stop()
        if event.purpose == "filter":
            self.post_message(self.FilterTyped(event.text, entered=False))

    @on(EntryLine.Done)
    def _entered(self, event: EntryLine.Done) -> None:
        event.stop()
        if event.purpose == "filter":
            text = event.text if event.entered else self._filter_before
            self.post_message(self.FilterTyped(text, entered=event.entered))
        elif event.entered and (name := self._name_under_cursor()):
            self.post_message(self.Named(name, event.text))
        if not event.entered:
            self.close_line()

    def close_line(self) -> None:
        """Back to the table."""
        if self.line.has_focus:  # first: a hidden widget's keyboard goes anywhere
            self.enter()
        self.line.close()
        self.complain(None)

    @on(DataTable.RowHighlighted)
    def _look(self, event: DataTable.RowHighlighted) -> None:
        event.stop()
        if self.table.has_focus and event.row_key.value is not None:
            self.post_message(self.Selected(event.row_key.value))

    @on(DataTable.HeaderSelected)
    def _header_clicked(self, event: DataTable.HeaderSelected) -> None:
        event.stop()
        key = self._listed.columns[event.column_index].key
        self.post_message(self.SortChosen(f"-{key}" if key and key == self._listed.sort else key))

    @on(RunTable.MarkClicked)
    def _circle_clicked(self, event: RunTable.MarkClicked) -> None:
        event.stop()
        self._ask("draw", list(self._rows)[event.row])

    def _ask(self, what: str, name: str | None = None) -> None:
        if name := name or self._name_under_cursor():
            self.post_message(self.Asked(name, what))

    def _name_under_cursor(self) -> str | None:
        names = list(self._rows)
        row = self.table.cursor_row
        return names[row] if 0 <= row < len(names) else None


def _title(column: Column, sort: str) -> str:
    if column.key and column.key == sort.removeprefix("-"):
        return f"{column.title}{'▼' if sort.startswith('-') else '▲'}"
    return column.title


def _subtitle(listed: Listed) -> str:
    words = [f"{len(listed.names)} of {listed.total}: {listed.filter}"] if listed.filter else []
    if listed.sort:
        falling = listed.sort.startswith("-")
        name = listed.sort.removeprefix("-").removeprefix("last.")
        words.append(f"{name}, the {'greatest' if falling else 'least'} first")
    return " · ".join(words)
