"""The line below the text in which is typed where to go."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup
from textual.widgets import Input, Label

from knetui.editing.line_place import EXPECTED
from knetui.widgets.editor.bar_input import BarInput


class LineBar(HorizontalGroup):
    """Takes a line's number."""

    DEFAULT_CSS = """
    LineBar {
        display: none; background: $panel;
        &.-open { display: block; }
        Label { padding: 0 1; color: $text-muted; }
        &.-wrong Label { color: $text-error; }
        Input { width: 1fr; background: $surface; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close_line", "Close", show=False)]

    def __init__(self, go: Callable[[str], bool]) -> None:
        super().__init__()
        self._go = go  # to what was typed; whether that is a place. To nothing: back to the text
        self._line = BarInput(placeholder=EXPECTED)

    def compose(self) -> ComposeResult:
        """A word and what is typed."""
        yield Label("line")
        yield self._line

    def open(self) -> None:
        """Show it empty, and give it the keyboard."""
        self.add_class("-open")
        self.remove_class("-wrong")
        self.query_one(Label).update("line")
        self._line.value = ""
        self.screen.set_focus(self._line)

    def close(self) -> None:
        """Hide it."""
        self.remove_class("-open")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if not self._go(event.value):
            self.add_class("-wrong")
            self.query_one(Label).update(f"not {EXPECTED}")

    def action_close_line(self) -> None:
        """Go back to the text."""
        self._go("")
