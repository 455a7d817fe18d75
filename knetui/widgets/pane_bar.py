"""The line that names the panes: where to go from here, one key or one click away."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Static


class PaneBar(Static, can_focus=True):
    """Shown while the keyboard is in it (after Ctrl-O), and where only one pane has room.

    Alt with a digit would be shorter, but Textual reads it as what a Mac keyboard makes of it.
    """

    DEFAULT_CSS = """
    PaneBar {
        height: 1; padding: 0 1; background: $panel;
        &:focus { background: $accent; color: $background; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(number), f"screen.choose_pane({number})", show=False, priority=True)
            for number in range(1, 10)
        ),
        Binding("escape", "screen.choose_pane(0)", "Back", priority=True),
    ]

    class Left(Message):
        """The keyboard is elsewhere now."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self._names = names

    def on_blur(self) -> None:
        """Say that the line is not needed any more."""
        self.post_message(self.Left())

    def show_current(self, current: str) -> None:
        """Mark the pane that is shown."""
        words = [
            f"[reverse] {number} {name} [/]"
            if name == current
            else f"[@click=screen.choose_pane({number})] {number} {name} [/]"
            for number, name in enumerate(self._names, 1)
        ]
        self.update("".join(words))
