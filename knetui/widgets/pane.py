"""The frame that all panes share: a border with a number and a title."""

from typing import Any, ClassVar, Self

from rich.text import Text
from textual.containers import Vertical
from textual.geometry import Region
from textual.widget import Widget

from knetui.fence import fence


class Pane(Vertical):
    """A numbered part of the workbench; `entry` names the widget that takes its keys.

    Its actions are the bindings with an `id` of its class, and of the `widgets_with_keys` that lie
    in it. F1 shows `explanation`: what is to be seen here, and how to read it.
    """

    DEFAULT_CSS = """
    Pane {
        width: 1fr; height: 1fr;
        border: round $foreground 25%;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
        padding: 0 1;
        &:focus-within {
            border: round $accent;
            border-title-color: $accent;
            border-title-style: bold;
        }
    }
    """
    title: str = ""
    entry: str = "*"
    explanation: ClassVar[str] = ""
    widgets_with_keys: ClassVar[tuple[type[Widget], ...]] = ()
    typing: ClassVar[bool] = False  # whether letters are text here, and no keys
    _repainted: Region | None = None  # what `refresh` is for, when that is known better here

    def __init__(self, number: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.number = number
        self._border_words: dict[str, str] = {}  # by the border that they are on
        self.show_title(self.title)

    def show_title(self, title: str) -> None:
        """Show a title behind the number of the key that jumps here; brackets are no markup."""
        self._put_on_border("border_title", f"{self.number} {fence(title)}", row=-1)

    def show_subtitle(self, subtitle: str) -> None:
        """Show a few words on the lower border."""
        self._put_on_border("border_subtitle", fence(subtitle), row=self.content_size.height)

    def _put_on_border(self, border: str, words: str, row: int) -> None:
        """Have words on a border; only its row is painted anew, not all that is in the pane."""
        if words != self._border_words.get(border, ""):
            self._border_words[border] = words
            self._repainted = Region(-self.content_offset.x, row, self.outer_size.width, 1)
            setattr(self, border, Text(words) if words else None)
            self._repainted = None

    def refresh(self, *regions: Region, **settings: bool) -> Self:
        """Paint the pane anew, or parts of it, as Textual says."""
        parts = regions if self._repainted is None else (self._repainted,)
        return super().refresh(*parts, **settings)

    def enter(self) -> None:
        """Give the keyboard to this pane, at once: the next key may have arrived already."""
        self.screen.set_focus(self.query(self.entry).first())
