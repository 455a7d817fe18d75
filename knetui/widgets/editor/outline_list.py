"""The functions and classes of the text, to choose one and go there."""

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.fuzzy import Matcher
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from knetui.fence import fence
from knetui.outline import Entry, around

EMPTY = "no functions or classes here yet"


class OutlineList(ModalScreen[int | None]):
    """Letters narrow it, Enter or a click goes to a row of the text, Escape goes back."""

    CSS = """
    OutlineList { align: center middle; }
    OutlineList Vertical {
        width: 64; max-width: 100%; height: auto; max-height: 90%;
        border: round $accent; background: $surface;
    }
    OutlineList Input { border: none; height: 1; padding: 0 1; background: $panel; }
    OutlineList OptionList {
        border: none; height: auto; max-height: 30; padding: 0 1; background: $surface;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back"),
        Binding("down", "move('down')", "Down", show=False),
        Binding("up", "move('up')", "Up", show=False),
        Binding("pagedown", "move('pagedown')", "Page down", show=False),
        Binding("pageup", "move('pageup')", "Page up", show=False),
    ]

    def __init__(self, entries: list[Entry], row: int) -> None:
        super().__init__()
        self._entries = entries
        self._shown = entries
        self._row = row

    def compose(self) -> ComposeResult:
        """What is typed, above the list."""
        with Vertical() as box:
            box.border_title = "functions and classes"
            box.border_subtitle = "Enter goes there, Escape back"
            line = Input(placeholder="type to narrow the list")
            line.cursor_blink = False
            yield line
            choices = OptionList(markup=False, compact=True)
            choices.can_focus = False
            yield choices

    def on_mount(self) -> None:
        """Begin with all, at the one around the cursor."""
        self._show(self._entries)
        self.query_one(OptionList).highlighted = around(self._entries, self._row) or 0

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        matcher = Matcher(event.value)
        ranked = [(matcher.match(entry.name), entry) for entry in self._entries]
        kept = [(score, entry) for score, entry in ranked if score > 0 or not event.value]
        if event.value:
            kept.sort(key=lambda pair: -pair[0])
        self._show([entry for _, entry in kept])

    @on(Input.Submitted)
    def _enter(self) -> None:
        self._go(self.query_one(OptionList).highlighted)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self._go(event.option_index)

    def action_move(self, key: str) -> None:
        """Move in the list."""
        choices = self.query_one(OptionList)
        moves = {
            "down": choices.action_cursor_down,
            "up": choices.action_cursor_up,
            "pagedown": choices.action_page_down,
            "pageup": choices.action_page_up,
        }
        moves[key]()

    def _go(self, index: int | None) -> None:
        self.dismiss(self._shown[index].row if index is not None and self._shown else None)

    def _show(self, entries: list[Entry]) -> None:
        self._shown = entries
        choices = self.query_one(OptionList)
        choices.clear_options()
        nothing = Option(Text(EMPTY if not self._entries else "none of that name"), disabled=True)
        choices.add_options([Option(_words(entry)) for entry in entries] or [nothing])
        choices.highlighted = 0 if entries else None


def _words(entry: Entry) -> Text:
    words = Text()
    words.append(f"{entry.row + 1:>5}  ", "dim")
    words.append("  " * entry.depth + f"{entry.kind} ", "dim")
    words.append(fence(entry.name), "bold")
    words.append(fence(entry.parameters), "dim")
    return words
