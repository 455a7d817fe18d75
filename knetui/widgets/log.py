"""The log pane: what a run printed, and what it prints."""

from bisect import bisect_left
from collections import deque
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Log

from knetengine.training.folder import RunFolder
from knetui.fence import fence
from knetui.runs.view import LogView
from knetui.widgets.line_view import LineView
from knetui.widgets.pane import Pane

KEPT_LINES = 10_000


class LogLines(Log, LineView):
    """The lines; one of them may be marked."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"log--marked"}
    DEFAULT_CSS = """
    LogLines {
        & > .log--marked {
            background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
        }
    }
    """

    class Clicked(Message):
        """This line was clicked on."""

        def __init__(self, line: int) -> None:
            super().__init__()
            self.line = line

    def __init__(self) -> None:
        super().__init__(max_lines=KEPT_LINES)
        self.marked: int | None = None

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        known = self.known_row(y)
        if known is not None:
            return known
        strip = super().render_line(y)
        if self.marked is not None and y + self.scroll_offset.y == self.marked:
            marked = self.get_component_rich_style("log--marked", partial=True)
            segments = [Segment(text, (own or Style()) + marked) for text, own, _ in strip]
            return Strip(segments, strip.cell_length)
        return strip

    def mark(self, line: int | None) -> None:
        """Mark a line and have it in the middle, or mark none."""
        self.marked = line
        if line is not None:
            self.scroll_to(
                y=max(0, line - self.size.height // 2), animate=False, immediate=True, force=True
            )
        self.refresh()

    def _update_size(self, updates: int, lines: list[str]) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Note the widest line; Textual begins a thread for that, at each call."""
        if lines:
            self._update_maximum_width(updates, max(map(cell_len, lines)))

    def on_click(self, event: Click) -> None:
        """Say which line it was."""
        line = event.y + self.scroll_offset.y
        if line < self.line_count:
            self.post_message(self.Clicked(line))


class LogPane(Pane):
    """The log of the selected run; it stays where it was scrolled to, and follows at the end."""

    DEFAULT_CSS = """
    LogPane Log { background: transparent; scrollbar-size-horizontal: 0; }
    """
    title = "log"
    entry = "LogLines"
    explanation = """
        What the selected run printed, to its last line. It follows the run while it is scrolled
        to its end, and stays where it is while you read further up; Right shows the rest of long
        lines. The error of a run that failed is here with its traceback. The marked line is that
        of the curves' crosshair; a click on another one, or Enter, puts the crosshair there.
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "point",
            "On curves",
            tooltip="Put the curves' crosshair where the line in the middle was printed",
            id="log.on-curves",
        ),
        Binding(
            "escape", "follow", "Follow", tooltip="Go to the end, and follow it", id="log.follow"
        ),
    ]

    class Pointed(Message):
        """A line was pointed at that ends so many bytes into the log."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self, number: int, **settings: Any) -> None:
        super().__init__(number, **settings)
        self._view: LogView | None = None
        self._follows = True
        self._ends: deque[int] = deque(maxlen=KEPT_LINES)  # of the lines, in bytes of the file
        self._place: int | None = None  # the end of the line that is marked
        self._is_part = False  # whether the lines are some from before, and their end is not read

    def compose(self) -> ComposeResult:
        """The lines."""
        yield LogLines()

    @property
    def lines(self) -> LogLines:
        """The widget with the lines."""
        return self.query_one(LogLines)

    def show_run(self, folder: RunFolder | None) -> None:
        """Show another run's log, from as far back as is kept."""
        shown = self._view.path if self._view is not None else None
        if shown == (folder.log if folder is not None else None):
            return
        self._place = None
        self._begin(LogView(folder.log) if folder else None)

    def lags(self) -> bool:
        """Whether the run has printed more than is here."""
        return self._view is not None and not self._is_part and self._view.lags()

    def read(self, *, ended: bool) -> None:
        """Add what the run has printed since; written in one call, which costs 0.6 us a line."""
        if self._view is None or self._is_part or not (lines := self._view.read(ended=ended)):
            return
        log = self.lines
        if log.size:  # what is hidden cannot have been scrolled
            self._follows = self._place is None and log.is_vertical_scroll_end
        self._add(lines, self._view.ends)
        self._go_to_place()

    def show_place(self, place: int | float | None) -> None:
        """Mark the line that ends so many bytes into the log; none: go on at its end."""
        if self._view is None or (place is None and self._place is None):
            return
        self._place = None if place is None else round(place)
        if self._place is None:
            if self._is_part:
                self._begin(LogView(self._view.path))
            self._follows = True
        elif not self._ends or not self._ends[0] <= self._place <= self._ends[-1]:
            self._show_part(self._place)
        self._go_to_place()

    def action_point(self) -> None:
        """Put the curves' crosshair on the line in the middle."""
        log = self.lines
        line = log.scroll_offset.y + log.size.height // 2
        self._point(min(line, log.line_count - 1))

    def action_follow(self) -> None:
        """Go to the end, and follow it."""
        self.show_place(None)
        self._follows = True
        self._go_to_place()

    def on_resize(self) -> None:
        """Stay at the place; a log that is shown again may have grown while it was hidden."""
        self._go_to_place()

    @on(LogLines.Clicked)
    def _clicked(self, event: LogLines.Clicked) -> None:
        event.stop()
        self._point(event.line)

    def _point(self, line: int) -> None:
        if 0 <= line < len(self._ends):
            self._place = self._ends[line]
            self.lines.mark(line)
            self.post_message(self.Pointed(self._place))

    def _begin(self, view: LogView | None, *, is_part: bool = False) -> None:
        self.lines.clear()
        self._ends.clear()
        self._view, self._is_part, self._follows = view, is_part, True
        self.show_subtitle("a part from before; Esc: to the end" if is_part else "")

    def _show_part(self, place: int) -> None:
        """Show lines around a place that is not among those kept."""
        assert self._view is not None
        view = LogView(self._view.path, around=place)
        self._begin(view, is_part=True)
        lines = view.read()
        middle = bisect_left(view.ends, place)
        part = slice(max(0, middle - KEPT_LINES // 2), middle + KEPT_LINES // 2)
        self._add(lines[part], view.ends[part])

    def _add(self, lines: list[str], ends: list[int]) -> None:
        self._ends.extend(ends)
        # an empty line is a blank: Textual would leave it out
        self.lines.write_lines([fence(line) or " " for line in lines], scroll_end=False)

    def _go_to_place(self) -> None:
        log = self.lines
        if self._place is not None:
            line = bisect_left(self._ends, self._place)
            log.mark(min(line, len(self._ends) - 1))
            return
        if log.marked is not None:
            log.mark(None)
        if self._follows:
            log.scroll_end(animate=False, immediate=True, x_axis=False)
