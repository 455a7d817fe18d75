"""The line below the text in which is typed what to find, and what to put there instead."""

from typing import ClassVar, Protocol

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalGroup
from textual.widgets import Input, Label, Static

from knetui.editing.searching import Wanted
from knetui.fence import fence
from knetui.widgets.editor.bar_input import BarInput
from knetui.widgets.editor.toggle import Toggle


def _key(key: str, action: str, name: str, meaning: str) -> Binding:
    return Binding(key, action, name, show=False, tooltip=meaning, id=f"find.{action}")


class Seeker(Protocol):
    """Does what the bar wants."""

    def pattern_changed(self) -> None:
        """Something else is wanted."""

    def step(self, *, forward: bool) -> bool:
        """Go to the next match, or the one before."""
        ...

    def replace(self) -> None:
        """Replace the match that is selected."""

    def replace_everywhere(self) -> None:
        """Replace every match."""

    def close(self) -> None:
        """Go back to the text."""


class FindBar(VerticalGroup):
    """Says what is wanted, with each letter; shows what was found, or what is wrong."""

    DEFAULT_CSS = """
    FindBar {
        display: none; background: $panel;
        &.-open { display: block; }
        Label { width: 6; padding: 0 0 0 1; color: $text-muted; }
        Input { width: 1fr; background: $surface; }
        .count { width: auto; padding: 0 1; }
        .replacing { display: none; }
        &.-replacing .replacing { display: block; }
        .problem { display: none; height: auto; max-height: 2; padding: 0 1; color: $text-error; }
        &.-wrong .problem { display: block; }
        &.-wrong .pattern { color: $text-error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("down", "next_match", "Next match", "Go to the next match"),
        _key("up", "previous_match", "Previous match", "Go to the match before"),
        _key("alt+c", "match_case", "Match case", "Tell capital letters from small ones"),
        _key("alt+w", "whole_word", "Whole words", "Find whole words only"),
        _key("alt+x", "regex", "Pattern", "What is typed is a regular expression"),
        _key("alt+a", "replace_all", "Replace all", "Replace every match"),
        _key("ctrl+r", "to_replacement", "Replacement", "Go to the line of the replacement"),
        _key("tab,shift+tab", "other_line", "Other line", "From what is found to what replaces it"),
        Binding("escape", "close_find", "Close", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.seeker: Seeker | None = None
        self._pattern = BarInput(classes="pattern", select_on_focus=True)
        self._replacement = BarInput(
            classes="replacement", placeholder="Enter: this one   Alt-A: all"
        )

    def compose(self) -> ComposeResult:
        """Two lines, of which the second is there for replacing."""
        with HorizontalGroup():
            yield Label("find")
            yield self._pattern
            yield Static(classes="count")
            yield Toggle("Aa", "Tell capital letters from small ones (Alt-C)")
            yield Toggle("word", "Find whole words only (Alt-W)")
            yield Toggle(".*", "What is typed is a regular expression (Alt-X)")
        with HorizontalGroup(classes="replacing"):
            yield Label("with")
            yield self._replacement
        yield Static(classes="problem")

    @property
    def is_open(self) -> bool:
        """Whether it is shown."""
        return self.has_class("-open")

    @property
    def wanted(self) -> Wanted:
        """What is looked for."""
        case, word, pattern = (toggle.on for toggle in self.query(Toggle))
        return Wanted(self._pattern.value, match_case=case, whole_word=word, regex=pattern)

    @property
    def replacement(self) -> str:
        """What is put there instead; in a pattern, `\\n` is a new line."""
        return self._replacement.value

    def open(self, *, replacing: bool, pattern: str = "") -> None:
        """Show it, with this pattern where it is not empty, and give it the keyboard."""
        self.add_class("-open")
        self.set_class(replacing, "-replacing")
        if pattern:
            with self.prevent(Input.Changed):
                self._pattern.value = pattern
        self.screen.set_focus(self._pattern)
        self._pattern.action_select_all()
        self._other()

    def close(self) -> None:
        """Hide it; what was wanted stays for the next time."""
        self.remove_class("-open", "-replacing")

    def tell(self, count: str, problem: str = "") -> None:
        """Show how many there are, or what is wrong."""
        self.query_one(".count", Static).update(Text(count, style="dim"))
        self.query_one(".problem", Static).update(Text(fence(problem)))
        self.set_class(bool(problem), "-wrong")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input is self._pattern:
            self._other()

    @on(Toggle.Turned)
    def _other(self) -> None:
        if self.seeker is not None and self.is_open:
            self.seeker.pattern_changed()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input is self._pattern:
            self.action_next_match()
        elif self.seeker is not None:
            self.seeker.replace()

    def action_next_match(self) -> None:
        """Go to the next match."""
        if self.seeker is not None:
            self.seeker.step(forward=True)

    def action_previous_match(self) -> None:
        """Go to the match before."""
        if self.seeker is not None:
            self.seeker.step(forward=False)

    def action_match_case(self) -> None:
        """Tell capital letters from small ones, or not."""
        self.query(Toggle)[0].turn()

    def action_whole_word(self) -> None:
        """Find whole words only, or not."""
        self.query(Toggle)[1].turn()

    def action_regex(self) -> None:
        """Take what is typed for a regular expression, or not."""
        self.query(Toggle)[2].turn()

    def action_replace_all(self) -> None:
        """Replace every match."""
        if not self.has_class("-replacing"):
            self.action_to_replacement()
        elif self.seeker is not None:
            self.seeker.replace_everywhere()

    def action_to_replacement(self) -> None:
        """Go to the line of the replacement."""
        self.add_class("-replacing")
        self.screen.set_focus(self._replacement)

    def action_other_line(self) -> None:
        """Go from what is found to what replaces it, or back."""
        if self._pattern.has_focus:
            self.action_to_replacement()
        else:
            self.screen.set_focus(self._pattern)

    def action_close_find(self) -> None:
        """Go back to the text."""
        if self.seeker is not None:
            self.seeker.close()
