"""All panes in their areas; borders between them can be dragged."""

import time
from collections.abc import Mapping
from typing import Any

from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.css.scalar import Scalar
from textual.events import MouseDown, MouseMove, MouseUp
from textual.message import Message
from textual.widget import Widget

from knetui.layout import ARRANGEMENT, STEP, Area, Border, Layout, Part, areas, name_of, panes_of
from knetui.widgets.pane import Pane


class PaneGrid(Container):
    """Lays the panes out as `layout` says, and changes it when a border is dragged."""

    DEFAULT_CSS = """
    PaneGrid { height: 1fr; }
    PaneGrid Horizontal, PaneGrid Vertical { width: 1fr; height: 1fr; }
    """

    class Moved(Message):
        """A border was dragged."""

    class Pressed(Message):
        """The border of a pane was clicked, or clicked twice."""

        def __init__(self, pane: str, *, twice: bool) -> None:
            super().__init__()
            self.pane, self.twice = pane, twice

    def __init__(self, panes: Mapping[str, Pane], layout: Layout, **settings: Any) -> None:
        super().__init__(**settings)
        self._panes = panes
        self._layout = layout
        self._alone: str | None = None
        self._widgets: dict[str, Widget] = dict(panes)
        self._drag: Drag | None = None
        self._pressed = (0.0, "")

    def compose(self) -> ComposeResult:
        """The areas, with the panes in them."""
        yield self._widget_of(ARRANGEMENT)

    def _widget_of(self, part: Part) -> Widget:
        if isinstance(part, str):
            return self._panes[part]
        inner = [self._widget_of(within) for within in part.parts]
        kind = Horizontal if part.across else Vertical
        self._widgets[part.name] = kind(*inner, id=part.name)
        return self._widgets[part.name]

    def lay_out(self, alone: str | None = None) -> None:
        """Lay the panes out; or show one of them `alone`."""
        self._alone = alone
        for area in areas():
            for part in area.parts:
                widget = self._widgets[name_of(part)]
                shown = self._layout.shows(part) if alone is None else alone in panes_of(part)
                widget.display = shown
                share = Scalar.parse(f"{self._layout.share(area, part)}fr")
                if area.across:
                    widget.styles.width = share
                else:
                    widget.styles.height = share

    def move(self, pane: str, *, across: bool, forward: bool) -> bool:
        """Move the border of a pane by a step; whether there is one that could be moved."""
        border = self._layout.border_of(pane, across=across)
        if border is None or self._alone is not None:
            return False
        sizes = self._sizes(border)
        cells = max(1, round(STEP * sum(sizes.values())))
        return self._move(border, cells if forward else -cells, sizes)

    def _move(self, border: Border, cells: int, sizes: Mapping[str, int]) -> bool:
        moved = self._layout.move(border, cells, sizes)
        if moved:
            self.lay_out()
        return moved

    def _sizes(self, border: Border) -> dict[str, int]:
        return {
            name_of(part): self._length(border.area, part)
            for part in self._layout.shown_parts(border.area)
        }

    def _length(self, area: Area, part: Part) -> int:
        size = self._widgets[name_of(part)].outer_size
        return size.width if area.across else size.height

    # the mouse

    def on_mouse_down(self, event: MouseDown) -> None:
        """Take hold of a border."""
        pressed, _ = self.screen.get_widget_at(*event.screen_offset)  # event.widget is not it
        if isinstance(pressed, Pane) and event.button == 1:
            event.stop()
            self._drag = self._drag_at(pressed, event)
            self.capture_mouse()

    def _drag_at(self, pane: Pane, event: MouseDown) -> "Drag":
        assert pane.id is not None
        region, place = pane.region, event.screen_offset
        sides = (
            (place.x == region.x, True, False),
            (place.x == region.right - 1, True, True),
            (place.y == region.y, False, False),
            (place.y == region.bottom - 1, False, True),
        )
        for here, across, behind in sides:
            border = self._layout.border_at(pane.id, across=across, behind=behind)
            if here and border is not None and self._alone is None:
                return Drag(pane.id, border, self._sizes(border), event.screen_x, event.screen_y)
        return Drag(pane.id, None, {}, event.screen_x, event.screen_y)

    def on_mouse_move(self, event: MouseMove) -> None:
        """Move the border that is held."""
        drag = self._drag
        if drag is None or drag.border is None:
            return
        event.stop()
        way = event.screen_x - drag.x if drag.border.area.across else event.screen_y - drag.y
        if round(way) != drag.moved_by:
            drag.moved_by = round(way)
            self._layout.move(drag.border, drag.moved_by, drag.sizes)
            self.lay_out()

    def on_mouse_up(self, event: MouseUp) -> None:
        """Let go of it; a border that was not moved was clicked."""
        drag, self._drag = self._drag, None
        self.release_mouse()
        if drag is None:
            return
        event.stop()
        if drag.moved_by:
            self.post_message(self.Moved())
        else:
            now, before = time.monotonic(), self._pressed
            self._pressed = (now, drag.pane)
            twice = drag.pane == before[1] and now - before[0] < self.app.CLICK_CHAIN_TIME_THRESHOLD
            self.post_message(self.Pressed(drag.pane, twice=twice))


class Drag:
    """A border that is held by the mouse: where it was, and how far it has moved since."""

    def __init__(
        self, pane: str, border: Border | None, sizes: dict[str, int], x: float, y: float
    ) -> None:
        self.pane, self.border, self.sizes = pane, border, sizes
        self.x, self.y = x, y
        self.moved_by = 0
