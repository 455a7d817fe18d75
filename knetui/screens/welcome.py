"""The welcome: every example with a line of what it is, the files edited of late, and the runs."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from knetengine.training.summary import Summary
from knetui.fence import fence
from knetui.models import examples_with_lines

Choice = tuple[Literal["example", "file", "run"], str]

NAME_WIDTH = 12
SHOWN_RUNS = 8
WORDS = """\
Take an example: it becomes your own copy, to change as you like. {train} trains it, \
{help} explains what you see. Escape leaves all as it is."""


class Welcome(ModalScreen[Choice | None]):
    """A list to choose from; Enter takes what is marked, Escape leaves all as it is."""

    CSS = """
    Welcome { align: center middle; }
    Welcome Vertical {
        width: 116; max-width: 100%; height: auto; max-height: 100%;
        border: round $accent; background: $surface; padding: 0 1;
    }
    Welcome Static { height: auto; color: $text-muted; margin-bottom: 1; }
    Welcome OptionList {
        height: auto; max-height: 100%; border: none; padding: 0; background: $surface;
        scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis;
        &:focus { border: none; }
    }
    Welcome.-short Static { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back"),
        Binding("backspace", "unfind", "Find less", show=False),
    ]

    def __init__(
        self,
        here: str,
        files: Sequence[str],
        runs: Sequence[tuple[str, Summary]],
        keys: Mapping[str, str],
    ) -> None:
        super().__init__()
        self._words = WORDS.format_map(keys)
        self._here = Path(here).stem
        self._files = [file for file in files if file != here]
        self._runs = runs[:SHOWN_RUNS]
        self._choices: dict[str, Choice] = {}
        self._names: list[str] = []  # of the choices
        self._letters = ""

    def compose(self) -> ComposeResult:
        """The list under some words."""
        with Vertical() as page:
            page.border_title = "knet-tui"
            page.border_subtitle = "letters find · Enter opens · Escape: to the workbench"
            yield Static(self._words, markup=False)
            yield OptionList(*self._options(), markup=False)

    def on_mount(self) -> None:
        """Give the list the keyboard; what is edited now is marked, or the first example."""
        offered = self.query_one(OptionList)
        names = [name for kind, name in self._choices.values() if kind == "example"]
        offered.highlighted = 1 + (names.index(self._here) if self._here in names else 0)
        offered.focus()

    def on_key(self, event: Key) -> None:
        """Letters go to the name that begins with them, or else to one that has them."""
        if event.is_printable and event.character is not None:
            event.stop()
            if not self._find(self._letters + event.character) and not self._find(event.character):
                self.app.bell()

    def action_unfind(self) -> None:
        """Take the last letter back."""
        self._find(self._letters[:-1])

    def _find(self, letters: str) -> bool:
        names = [name.lower() for name in self._names]
        wanted = letters.lower()
        found = [i for i, name in enumerate(names) if name.startswith(wanted)]
        found += [i for i, name in enumerate(names) if wanted in name]
        if not found:
            return False
        self._letters = letters
        page = self.query_one(Vertical)
        page.border_title = Text(f"knet-tui: {fence(letters)}" if letters else "knet-tui").markup
        if letters:
            offered = self.query_one(OptionList)
            offered.highlighted = offered.get_option_index(f"choice-{found[0]}")
        return True

    def on_resize(self) -> None:
        """Leave the words out where the list needs the room."""
        self.set_class(self.app.size.height < 16, "-short")

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        assert event.option_id is not None
        self.dismiss(self._choices[event.option_id])

    def _options(self) -> Iterator[Option]:
        yield _heading("examples")
        for name, line in examples_with_lines().items():
            yield self._option(("example", name), name, line)
        if self._files:
            yield _heading("files, the last one first")
        for path in self._files:
            yield self._option(("file", path), Path(path).name, _folder(path))
        if self._runs:
            yield _heading("runs, the newest first")
        for folder, summary in self._runs:
            title = f"{summary.number} {summary.name}"
            line = " ".join([summary.state.status, *summary.options])
            yield self._option(("run", folder), title, line)

    def _option(self, choice: Choice, name: str, line: str) -> Option:
        key = f"choice-{len(self._choices)}"
        self._choices[key] = choice
        self._names.append(name)
        words = Text(no_wrap=True, overflow="ellipsis")
        words.append(f"  {fence(name):<{NAME_WIDTH}} ", "bold")
        words.append(fence(line))
        return Option(words, id=key)


def _heading(words: str) -> Option:
    return Option(Text(words, style="italic"), disabled=True)


def _folder(path: str) -> str:
    folder = Path(path).parent
    try:
        return f"~/{folder.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(folder)
