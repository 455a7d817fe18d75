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
        *(Binding(str(number), f"choose({number})", show=False) for number in range(1, 10)),
        Binding("escape", "choose(0)", "Back"),
    ]

    class Chosen(Message):
        """A pane was chosen; None: stay where it was."""

        def __init__(self, name: str | None) -> None:
            super().__init__()
            self.name = name

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
            else f"[@click=choose({number})] {number} {name} [/]"
            for number, name in enumerate(self._names, 1)
        ]
        self.update("".join(words))

    def action_choose(self, number: int) -> None:
        """Choose the pane of that number."""
        known = 1 <= number <= len(self._names)
        self.post_message(self.Chosen(self._names[number - 1] if known else None))
