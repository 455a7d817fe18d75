"""The surface that charts are drawn on: rows of cells, and where the mouse is on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from knetui.fence import fence

if TYPE_CHECKING:
    from knetui.charts.braille import Drawing, Ink

DRAG_COLUMNS = 2  # less is a click of a hand that shakes


class ChartView(Widget, can_focus=True):
    """Charts side by side and one above the other, or a few words where there are none."""

    DEFAULT_CSS = """
    ChartView {
        height: 1fr;
        & .chart--axis { color: $foreground 65%; }
        & .chart--mark { color: $warning; }
        & .chart--cursor { color: $foreground 60%; }
        & .chart--title { color: $foreground 80%; text-style: bold; }
        & .chart--words { color: $foreground 60%; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "chart--axis",
        "chart--mark",
        "chart--cursor",
        "chart--title",
        "chart--words",
    }

    class Pointed(Message):
        """The mouse was pressed at this x value."""

        def __init__(self, x: float) -> None:
            super().__init__()
            self.x = x

    class Scrolled(Message):
        """The wheel was turned at this x value; up is nearer."""

        def __init__(self, x: float, up: bool) -> None:
            super().__init__()
            self.x, self.up = x, up

    class Dragged(Message):
        """The chart was drawn to the right by a share of its width."""

        def __init__(self, share: float) -> None:
            super().__init__()
            self.share = share

    class Resized(Message):
        """There is more room, or less."""

    def __init__(self) -> None:
        super().__init__()
        self._strips: list[Strip] = []
        self._drawings: list[tuple[int, int, Drawing]] = []  # column, row
        self._styles: dict[Ink | str, Style] = {}
        self._pressed: int | None = None
        self._dragged = False

    @property
    def drawing(self) -> Drawing | None:
        """The first chart."""
        return self._drawings[0][2] if self._drawings else None

    def show(self, drawings: list[tuple[int, int, Drawing]]) -> None:
        """Show charts, each with the column and row where it begins; sorted by row and column."""
        self._drawings = drawings
        rows: list[list[Segment]] = [[] for _ in range(self.size.height)]
        filled = [0] * len(rows)
        for column, first, drawing in drawings:
            for number, runs in enumerate(drawing.rows, first):
                if number < len(rows):
                    rows[number].append(Segment(" " * (column - filled[number])))
                    rows[number] += [Segment(fence(t), self._style(ink)) for t, ink in runs]
                    filled[number] = column + sum(len(run.text) for run in runs)
        self._replace([Strip(row) for row in rows])

    def say(self, words: str) -> None:
        """Show a few words instead of charts."""
        self._drawings = []
        self._replace([Strip([Segment(fence(words), self._style("words"))])])

    def forget_styles(self) -> None:
        """The theme is another one."""
        self._styles.clear()

    def render_line(self, y: int) -> Strip:
        """One row."""
        width = self.size.width
        strip = self._strips[y] if y < len(self._strips) else Strip.blank(width)
        return strip.adjust_cell_length(width).apply_style(self.rich_style)

    def _replace(self, strips: list[Strip]) -> None:
        """Repaint the rows that are other ones now, and no more: each costs a line over SSH."""
        before, self._strips = self._strips, strips
        changed = [
            number
            for number in range(self.size.height)
            if strips[number : number + 1] != before[number : number + 1]
        ]
        if changed:
            self.refresh(*(Region(0, number, self.size.width, 1) for number in changed))

    def _style(self, ink: Ink | str) -> Style:
        if ink not in self._styles:
            self._styles[ink] = (
                self.get_component_rich_style(f"chart--{ink}", partial=True)
                if isinstance(ink, str)
                else Style(color=Color.from_rgb(*ink))
            )
        return self._styles[ink]

    def on_resize(self) -> None:
        """Ask for charts that fit."""
        self.post_message(self.Resized())

    # the mouse

    def _value_at(self, x: int, y: int) -> float | None:
        """The x value of the chart under the mouse."""
        for column, row, drawing in reversed(self._drawings):
            if x >= column and y >= row:
                return drawing.value_at(x - column)
        return None

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._scroll(event, True)

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._scroll(event, False)

    def _scroll(self, event: events.MouseEvent, up: bool) -> None:
        event.stop()
        x = self._value_at(event.x, event.y)
        if x is not None:
            self.post_message(self.Scrolled(x, up))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A click or the begin of a drag."""
        if event.button == 1:
            self._pressed, self._dragged = event.x, False
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Draw the chart along."""
        if self._pressed is None or self.drawing is None:
            return
        moved = event.x - self._pressed
        if self._dragged or abs(moved) >= DRAG_COLUMNS:
            self._dragged, self._pressed = True, event.x
            self.post_message(self.Dragged(moved / self.drawing.columns))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Without a drag it was a click."""
        self.release_mouse()
        pressed, self._pressed = self._pressed, None
        if pressed is not None and not self._dragged:
            x = self._value_at(event.x, event.y)
            if x is not None:
                self.post_message(self.Pointed(x))
