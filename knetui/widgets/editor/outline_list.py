"""The functions and classes of the text, to choose one and go there."""

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.fuzzy import Matcher
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from knetui.editing.outline import Entry, around
from knetui.fence import fence
from knetui.widgets.editor.bar_input import BarInput

EMPTY = "no functions or classes here yet"


class OutlineList(VerticalGroup):
    """Letters narrow it, Enter or a click goes to a row of the text, Escape goes back.

    It lies below the text as the line of finding does, and not on a screen of its own: that would
    have the keyboard only after a while, and lose what was typed until then.
    """

    DEFAULT_CSS = """
    OutlineList {
        display: none; background: $panel; max-height: 70%;
        &.-open { display: block; }
        Input { background: $surface; dock: bottom; }
        OptionList {
            border: none; height: 1fr; max-height: 100%; padding: 0 1; background: $panel;
            text-wrap: nowrap; text-overflow: ellipsis; scrollbar-size-horizontal: 0;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", show=False),
        Binding("down", "move('down')", "Down", show=False),
        Binding("up", "move('up')", "Up", show=False),
        Binding("pagedown", "move('pagedown')", "Page down", show=False),
        Binding("pageup", "move('pageup')", "Page up", show=False),
    ]

    def __init__(self, go: Callable[[int | None], None]) -> None:
        super().__init__()
        self._go = go  # to a row, or back to the text
        self._entries: list[Entry] = []
        self._shown: list[Entry] = []
        self._line = BarInput(placeholder="letters of its name; Enter goes there")
        self._choices = OptionList(markup=False, compact=True)
        self._choices.can_focus = False

    def compose(self) -> ComposeResult:
        """The list above what is typed."""
        yield self._choices
        yield self._line

    def open(self, entries: list[Entry], row: int) -> None:
        """Begin with all, at the one around the cursor."""
        self._entries = entries
        with self.prevent(Input.Changed):
            self._line.value = ""
        self.styles.height = 1 + max(1, len(entries))  # and does not jump while it is narrowed
        self.add_class("-open")
        self._show(entries, around(entries, row) or 0)
        self.screen.set_focus(self._line)

    def close(self) -> None:
        """Hide it."""
        self.remove_class("-open")

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        event.stop()
        if not event.value:
            self._show(self._entries)
            return
        matcher = Matcher(event.value)
        ranked = [(matcher.match(entry.name), entry) for entry in self._entries]
        kept = sorted((pair for pair in ranked if pair[0] > 0), key=lambda pair: -pair[0])
        self._show([entry for _, entry in kept])

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._choose(self._choices.highlighted)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._choose(event.option_index)

    def action_move(self, key: str) -> None:
        """Move in the list."""
        moves = {
            "down": self._choices.action_cursor_down,
            "up": self._choices.action_cursor_up,
            "pagedown": self._choices.action_page_down,
            "pageup": self._choices.action_page_up,
        }
        moves[key]()

    def action_leave(self) -> None:
        """Go back to the text."""
        self._go(None)

    def _choose(self, index: int | None) -> None:
        self._go(self._shown[index].row if index is not None and self._shown else None)

    def _show(self, entries: list[Entry], highlighted: int = 0) -> None:
        self._shown = entries
        nothing = Option(Text(EMPTY if not self._entries else "none of that name"), disabled=True)
        self._choices.clear_options()
        self._choices.add_options([Option(_words(entry)) for entry in entries] or [nothing])
        self._choices.highlighted = highlighted if entries else None


def _words(entry: Entry) -> Text:
    words = Text()
    words.append(f"{entry.row + 1:>5}  ", "dim")
    words.append("  " * entry.depth + f"{entry.kind} ", "dim")
    words.append(fence(entry.name), "bold")
    words.append(fence(entry.parameters), "dim")
    return words
