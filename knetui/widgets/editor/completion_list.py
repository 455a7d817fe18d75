"""What the word before the cursor may become, in a list beside it."""

from typing import ClassVar

from rich.text import Text
from textual.geometry import Offset
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from knetui.fence import fence

ROWS = 8


class CompletionList(OptionList, can_focus=False):
    """Open over the text while there is something to offer; the text hands keys on to it.

    A list that opened by itself leaves Enter alone until something in it was chosen.
    """

    DEFAULT_CSS = """
    CompletionList {
        display: none; overlay: screen; position: absolute;
        width: auto; min-width: 14; max-width: 44; height: auto; max-height: 8;
        border: none; padding: 0; background: $panel; color: $foreground;
        scrollbar-size-vertical: 1;
        &.-open { display: block; }
        & > .option-list--option-highlighted {
            background: $accent; color: $background; text-style: bold;
        }
    }
    """

    class Chosen(Message):
        """The word is to become this."""

        def __init__(self, word: str) -> None:
            super().__init__()
            self.word = word

    MOVES: ClassVar[dict[str, str]] = {
        "down": "cursor_down",
        "up": "cursor_up",
        "pagedown": "page_down",
        "pageup": "page_up",
    }

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.words: list[str] = []
        self._takes_enter = False

    @property
    def is_open(self) -> bool:
        """Whether there is something to choose from."""
        return self.has_class("-open")

    def offer(self, words: list[str], place: Offset, *, asked: bool) -> None:
        """Open below (or above) a place of the screen; `asked` is whether a key wanted it."""
        if not words:
            self.close()
            return
        if not self.is_open or asked:
            self._takes_enter = asked
        if words != self.words or not self.is_open:
            self.words = words
            self.clear_options()
            self.add_options([Option(Text(fence(word), no_wrap=True)) for word in words])
            self.highlighted = 0
        height = min(len(words), ROWS)
        screen = self.screen.size
        row = place.y + 1 if place.y + 1 + height <= screen.height else place.y - height
        width = min(44, max(14, *(len(word) + 3 for word in words)))
        column = max(0, min(place.x, screen.width - width))
        self.absolute_offset = Offset(column, max(0, row))
        self.add_class("-open")

    def close(self) -> None:
        """Offer nothing any more."""
        if self.is_open:
            self.remove_class("-open")
            self.words = []

    def press(self, key: str) -> bool:
        """Whether the list had a use for the key."""
        if not self.is_open:
            return False
        match key:
            case "escape":
                self.close()
            case "tab":
                self._choose(self.highlighted)
            case "enter" if self._takes_enter:
                self._choose(self.highlighted)
            case "down" | "up" | "pagedown" | "pageup":
                self._takes_enter = True
                getattr(self, f"action_{self.MOVES[key]}")()
            case _:
                if len(key) > 1 and key not in ("backspace", "underscore", "full_stop"):
                    self.close()  # the cursor goes elsewhere, or something else begins
                return False
        return True

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click chooses."""
        event.stop()
        self._choose(event.option_index)

    def _choose(self, index: int | None) -> None:
        word = self.words[index or 0]
        self.close()
        self.post_message(self.Chosen(word))
