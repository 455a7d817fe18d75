"""The help: what the pane with the keyboard is and its keys, then everything."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from knetui.actions import EVERYWHERE, Action, Actions, key_names

INTRODUCTION = """\
The model is plain Python over NumPy arrays: predict, loss, and a loop. Edit \
it, train it, and it runs as a process of its own. Close the workbench or \
lose the connection: the run goes on, and is here again when you are.
"""
KEYS_FILE = "\nAll keys can be changed: `knet-tui keys` says how."
KEY_WIDTHS = (13, 24)  # longer names are continued below


class Help(ModalScreen[None]):
    """A page over the workbench; F1 or Tab turns it, Escape goes back."""

    CSS = """
    Help { align: center middle; }
    Help VerticalScroll {
        width: 78; max-width: 100%; height: auto; max-height: 100%;
        border: round $accent; background: $surface; padding: 0 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Back"),
        Binding("f1,tab,shift+tab", "turn", "Turn the page", priority=True),
    ]

    def __init__(
        self, actions: Actions, pane: str, title: str, explanations: Mapping[str, str]
    ) -> None:
        super().__init__()
        self._actions = actions
        self._pane = pane
        self._title = title
        self._explanations = explanations
        self._of_all = not explanations[pane]

    def compose(self) -> ComposeResult:
        """The page."""
        with VerticalScroll():
            yield Static()

    def on_mount(self) -> None:
        """Show the first page."""
        self._show()

    def action_turn(self) -> None:
        """Show the other page."""
        self._of_all = not self._of_all
        self._show()

    def _show(self) -> None:
        page = self.query_one(VerticalScroll)
        other = self._title if self._of_all else "all panes and keys"
        page.border_title = Text("knet-tui" if self._of_all else self._title)  # type: ignore[assignment]
        page.border_subtitle = Text(f"Escape: back · F1, Tab: {other}")  # type: ignore[assignment]
        self.query_one(Static).update(self._all_pages() if self._of_all else self._page_of_pane())
        page.scroll_home(animate=False)

    def _page_of_pane(self) -> Group:
        parts: list[RenderableType] = [Text(_flowing(self._explanations[self._pane]))]
        for name in (self._pane, EVERYWHERE):
            place = self._actions.places[name]
            if place.actions:
                heading = "in this pane" if name == self._pane else name
                parts += [Text(f"\n{heading}", "bold"), _table(place.actions)]
        return Group(*parts)

    def _all_pages(self) -> Group:
        parts: list[RenderableType] = [Text(INTRODUCTION)]
        for place in self._actions.places.values():
            explanation = _flowing(self._explanations.get(place.name, ""))
            if place.actions or explanation:
                parts.append(Text(f"\n{place.name}", "bold"))
                parts += [Text(explanation)] if explanation else []
                parts += [_table(place.actions)] if place.actions else []
        return Group(*parts, Text(KEYS_FILE))


def _table(actions: Iterable[Action]) -> Table:
    rows = [(f"  {key_names(action.keys)}", action.meaning) for action in actions]
    least, most = KEY_WIDTHS
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=min(max(least, *(len(keys) for keys, _ in rows)), most), style="bold")
    table.add_column()
    for keys, meaning in rows:
        table.add_row(Text(keys), Text(meaning))
    return table


def _flowing(words: str) -> str:
    """Paragraphs without the line ends of the source."""
    paragraphs = (" ".join(part.split()) for part in words.strip().split("\n\n"))
    return "\n\n".join(paragraphs)
