"""The frame that all panes share: a border with a number and a title."""

from typing import Any, ClassVar

from rich.text import Text
from textual.containers import Vertical
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

    def __init__(self, number: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.number = number
        self.show_title(self.title)

    def show_title(self, title: str) -> None:
        """Show a title behind the number of the key that jumps here; brackets are no markup."""
        self.border_title = Text(f"{self.number} {fence(title)}")  # type: ignore[assignment]

    def show_subtitle(self, subtitle: str) -> None:
        """Show a few words on the lower border."""
        self.border_subtitle = Text(fence(subtitle)) if subtitle else None  # type: ignore[assignment]

    def enter(self) -> None:
        """Give the keyboard to this pane, at once: the next key may have arrived already."""
        self.screen.set_focus(self.query(self.entry).first())
