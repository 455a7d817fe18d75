"""A line below a pane that is there only while something is typed into it."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import Suggester
from textual.timer import Timer
from textual.widgets import Input

TYPED_SECONDS = 0.2  # after the last key; another list of 1,000 runs takes 30 to 85 ms to show


class Completion(Suggester):
    """Offers what a function makes of the text; "" is nothing."""

    def __init__(self, complete: Callable[[str], str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        """The whole text, as it is offered."""
        return self._complete(value) or None


class EntryLine(Input):
    """Hidden until it is opened for a purpose; Enter and Escape end it."""

    DEFAULT_CSS = """
    EntryLine {
        display: none; border: none; height: 1; padding: 0 1; background: $surface;
        &:focus { border: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", tooltip="Leave it as it was"),
    ]

    class Typed(Message):
        """What stands in the line, a moment after the last key."""

        def __init__(self, purpose: str, text: str) -> None:
            super().__init__()
            self.purpose, self.text = purpose, text

    class Done(Message):
        """Enter was pressed, or Escape."""

        def __init__(self, purpose: str, text: str, *, entered: bool) -> None:
            super().__init__()
            self.purpose, self.text, self.entered = purpose, text, entered

    def __init__(self) -> None:
        super().__init__(select_on_focus=False, compact=True)
        self.cursor_blink = False
        self._purpose = ""
        self._timer: Timer | None = None

    def open(
        self,
        purpose: str,
        text: str,
        example: str,
        complete: Callable[[str], str] | None = None,
    ) -> None:
        """Show the line, and give it the keyboard; Right takes what `complete` offers."""
        self._purpose = purpose
        self.suggester = Completion(complete) if complete is not None else None
        with self.prevent(Input.Changed):
            self.value = text
        self.placeholder = example
        self.display = True
        self.cursor_position = len(text)
        self.screen.set_focus(self)

    def close(self) -> None:
        """Hide it."""
        self._stop_timer()
        self.display = False

    def action_leave(self) -> None:
        """End without an answer."""
        self._stop_timer()
        self.post_message(self.Done(self._purpose, self.value, entered=False))

    @on(Input.Changed)
    def _text_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._stop_timer()
        self._timer = self.set_timer(TYPED_SECONDS, self._tell)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._stop_timer()
        self.post_message(self.Done(self._purpose, self.value, entered=True))

    def _tell(self) -> None:
        self.post_message(self.Typed(self._purpose, self.value))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
