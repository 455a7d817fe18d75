"""The help: what the workbench is, and its keys."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

INTRODUCTION = """\
The model is plain Python over NumPy arrays: predict, loss, and a loop. Edit \
it, press F5, and it trains as a process of its own. Close the workbench or \
lose the connection: the run goes on, and is here again when you are.
"""

KEYS: dict[str, tuple[tuple[str, str], ...]] = {
    "everywhere": (
        ("F5", "train the model with the options below it"),
        ("F3", "to the options and back to the text"),
        ("F6", "let the run that is looked at wait, or go on"),
        ("F8", "stop it after its step; again: in the middle of it"),
        ("Ctrl-S", "save the model, and define its names in the repl"),
        ("F4", "go to the line of the last error"),
        ("Ctrl-O 1 to 6", "go to that pane; F2: to the next"),
        ("F9", "one pane only, or all of them"),
        ("Alt-Left, -Right", "move the border between the columns"),
        ("Ctrl-P", "all commands, and themes"),
        ("Ctrl-Q", "leave; everything is here again next time"),
    ),
    "runs": (
        ("Up, Down", "look at a run: its log, its memory"),
        ("Space", "draw its curves, or no longer"),
    ),
    "learning curves": (("L", "logarithmic axis, or linear"),),
    "repl": (
        ("Enter", "run what is complete; Alt-Enter: another line"),
        ("Tab", "complete the name; name? explains it"),
        ("Up, Down", "earlier inputs"),
        ("Ctrl-C", "interrupt; the names stay"),
    ),
}


class Help(ModalScreen[None]):
    """A page over the workbench; Escape or F1 goes back."""

    CSS = """
    Help { align: center middle; }
    Help VerticalScroll {
        width: 74; max-width: 100%; height: auto; max-height: 100%;
        border: round $accent; background: $surface; padding: 0 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q", "dismiss(None)", "Back"),
    ]

    def compose(self) -> ComposeResult:
        """The page."""
        with VerticalScroll() as page:
            page.border_title = "knet-tui"
            page.border_subtitle = "Escape goes back"
            yield Static(_page())


def _page() -> Text:
    page = Text(INTRODUCTION)
    for place, keys in KEYS.items():
        page.append(f"\n{place}\n", "bold")
        for key, meaning in keys:
            page.append(f"  {key:<17}", "bold")
            page.append(f" {meaning}\n")
    page.rstrip()
    return page
