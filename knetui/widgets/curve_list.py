"""The list of curves to choose from."""

from collections.abc import Collection, Sequence

from rich.segment import Segment
from rich.text import Text
from textual import on
from textual.message import Message
from textual.strip import Strip
from textual.widgets import SelectionList
from textual.widgets.selection_list import Selection

from knetui.fence import fence
from knetui.widgets.tick_box import EMPTY


class CurveList(SelectionList[str]):
    """Names of metrics or parameters; those that are ticked are drawn."""

    DEFAULT_CSS = """
    CurveList {
        height: auto; max-height: 60%; border: none; padding: 0; background: $surface;
        &:focus { border: none; }
    }
    """

    class Chosen(Message):
        """Of the `offered` names these are `hidden` now."""

        def __init__(self, offered: set[str], hidden: set[str]) -> None:
            super().__init__()
            self.offered, self.hidden = offered, hidden

    def offer(self, names: Sequence[str], hidden: Collection[str]) -> None:
        """Have the user choose among these."""
        self._offered = set(names)
        with self.prevent(SelectionList.SelectedChanged):
            self.clear_options()
            self.add_options([Selection(Text(fence(n)), n, n not in hidden) for n in names])
        self.highlighted = 0 if names else None
        self.focus()

    def render_line(self, y: int) -> Strip:
        """A line whose box is empty if it is not ticked: Textual leaves that to a colour."""
        line = super().render_line(y)
        index = self.scroll_offset.y + y
        if index >= self.option_count or self.get_option_at_index(index).value in self.selected:
            return line
        left, inner, *rest = line
        return Strip([left, Segment(EMPTY, inner.style), *rest])

    @on(SelectionList.SelectedChanged)
    def _changed(self, event: SelectionList.SelectedChanged[str]) -> None:
        event.stop()
        self.post_message(self.Chosen(self._offered, self._offered - set(self.selected)))
