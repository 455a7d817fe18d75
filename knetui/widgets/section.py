"""A titled part of a screen, which scrolls and takes the keyboard."""

from textwrap import wrap
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.events import Click
from textual.message import Message
from textual.widgets import Static


class Section(VerticalScroll, can_focus=True):
    """Text in a border; `letter` is the key that goes here."""

    DEFAULT_CSS = """
    Section {
        border: round $foreground 25%;
        border-title-color: $text-muted; border-subtitle-color: $text-muted;
        padding: 0 1; height: 1fr; scrollbar-size-vertical: 1;
        &:focus-within {
            border: round $accent; border-title-color: $accent; border-title-style: bold;
        }
        Static { height: auto; text-wrap: nowrap; text-overflow: clip; }
    }
    """

    def __init__(self, letter: str, title: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.letter, self.name_shown = letter, title
        self.border_title = Text(f"{letter} {title}")  # type: ignore[assignment]
        self._text: Text | None = None

    def compose(self) -> ComposeResult:
        """The text."""
        yield Static(classes="text")

    def enter(self) -> None:
        """Take the keyboard."""
        self.screen.set_focus(self)

    def show_title(self, words: str) -> None:
        """Show words behind the letter."""
        self.border_title = Text(f"{self.letter} {words}")  # type: ignore[assignment]

    def show_subtitle(self, words: str) -> None:
        """Show words on the lower border."""
        self.border_subtitle = Text(words) if words else None  # type: ignore[assignment]

    def say(self, words: str) -> None:
        """Show a sentence in as many lines as it takes here."""
        width = self.content_region.width - self.styles.scrollbar_size_vertical  # which may come
        self.show(Text("\n".join(wrap(words, max(1, width))), "dim"))

    def show(self, text: Text) -> None:
        """Show a text, unless it is shown; only other lines make the screen lay itself out."""
        before, self._text = self._text, text
        if before is not None and before == text and before.spans == text.spans:
            return
        moved = before is None or before.plain.count("\n") != text.plain.count("\n")
        self.query_one(".text", Static).update(text, layout=moved)


class SectionBar(Static):
    """The names of sections of which one is shown; a click goes there."""

    DEFAULT_CSS = "SectionBar { height: 1; padding: 0 1; color: $text-muted; }"

    class Chosen(Message):
        """A section is to be shown."""

        def __init__(self, section: str) -> None:
            super().__init__()
            self.section = section

    def __init__(self) -> None:
        super().__init__()
        self._ends: list[tuple[int, str]] = []

    def show_sections(self, sections: list[Section], current: str) -> None:
        """Show the names, that of the current one bright."""
        line = Text(no_wrap=True, overflow="crop")
        self._ends = []
        for section in sections:
            assert section.id is not None
            line.append(section.letter, "bold")
            style = "bold underline" if section.id == current else ""
            line.append(f" {section.name_shown}", style)
            line.append("  ")
            self._ends.append((len(line), section.id))
        self.update(line, layout=False)

    def on_click(self, event: Click) -> None:
        """Go to the section whose name is there."""
        place = event.get_content_offset(self)
        for end, section in self._ends if place is not None else ():
            if place is not None and place.x < end:
                self.post_message(self.Chosen(section))
                return
