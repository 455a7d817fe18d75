"""The line below the text in which is typed where to go."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from knetui.line_place import EXPECTED


class LineBar(Horizontal):
    """Takes a line's number."""

    DEFAULT_CSS = """
    LineBar {
        display: none; height: 1; background: $panel;
        &.-open { display: block; }
        Label { padding: 0 1; color: $text-muted; }
        &.-wrong Label { color: $text-error; }
        Input { width: 1fr; background: $surface; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close_line", "Close", show=False, id="editor.close_line")
    ]

    class Wanted(Message):
        """These words were typed; empty ones: none were."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def compose(self) -> ComposeResult:
        """A word and what is typed."""
        yield Label("line")
        yield Input(placeholder=EXPECTED)

    def on_mount(self) -> None:
        """Cursors that do not blink cost no frames."""
        self.query_one(Input).cursor_blink = False

    def open(self) -> None:
        """Show it empty, and give it the keyboard."""
        self.add_class("-open")
        self.remove_class("-wrong")
        self.query_one(Label).update("line")
        line = self.query_one(Input)
        line.value = ""
        self.screen.set_focus(line)

    def close(self) -> None:
        """Hide it."""
        self.remove_class("-open")

    def refuse(self) -> None:
        """What was typed names no line."""
        self.add_class("-wrong")
        self.query_one(Label).update(f"not {EXPECTED}")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()

    @on(Input.Submitted)
    def _enter(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Wanted(event.value))

    def action_close_line(self) -> None:
        """Go back to the text."""
        self.post_message(self.Wanted(""))
