"""A switch of one word, on or off."""

from textual.message import Message
from textual.widgets import Static


class Toggle(Static):
    """Turned by a click, or by the key that its tooltip names."""

    DEFAULT_CSS = """
    Toggle {
        width: auto; height: 1; padding: 0 1; color: $text-muted;
        &.-on { background: $accent; color: $background; text-style: bold; }
        &:hover { text-style: underline; }
    }
    """

    class Turned(Message):
        """It is on now, or off."""

    def __init__(self, word: str, tooltip: str, *, on: bool = False) -> None:
        super().__init__(word, markup=False)
        self.tooltip = tooltip
        self.on = on
        self.set_class(on, "-on")

    def turn(self) -> None:
        """Switch it."""
        self.on = not self.on
        self.set_class(self.on, "-on")
        self.post_message(self.Turned())

    def on_click(self) -> None:
        """A click switches it."""
        self.turn()
