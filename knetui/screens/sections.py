"""A screen over the workbench, made of sections: all at once, or one where room is scarce."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.css.query import NoMatches
from textual.events import DescendantFocus
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from knetui.actions import Actions
from knetui.screens.compositor import NarrowCompositor
from knetui.screens.frame import WIDE
from knetui.themes import theme_after
from knetui.widgets.section import Section, SectionBar


class Sections(Screen[None]):
    """Sections in two columns; under 100 x 28 one at a time, with their names above.

    place: what the screen is called in the registry of actions. explanation: what F1 says.
    sections: the letter and the title of each; left: which of them are in the left column.
    """

    DEFAULT_CSS = """
    Sections { layout: vertical; }
    Sections #title { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """
    AUTO_FOCUS = ""  # the first section takes the keyboard, wherever it lies
    place: ClassVar[str] = ""
    explanation: ClassVar[str] = ""
    sections: ClassVar[Mapping[str, tuple[str, str]]] = {}
    left: ClassVar[tuple[str, ...]] = ()

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self._compositor = NarrowCompositor()
        self._actions = actions
        self._current = next(iter(self.sections))

    def make_section(self, id: str, letter: str, title: str) -> Section:
        """The section of that name."""
        return Section(letter, title, id=id)

    def compose(self) -> ComposeResult:
        """A line of title, the names of the sections, and the two columns."""
        made = {id: self.make_section(id, *words) for id, words in self.sections.items()}
        yield Static(id="title")
        yield SectionBar()
        with Horizontal():
            with Vertical(id="left"):
                yield from (made[id] for id in self.left)
            with Vertical(id="right"):
                yield from (made[id] for id in made if id not in self.left)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin with the first section; follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self.show())
        self.section(self._current).enter()
        self._arrange()

    def section(self, id: str) -> Section:
        """A part of the screen."""
        return self.query_one(f"#{id}", Section)

    def seen(self) -> Iterator[str]:
        """The sections that are on the screen."""
        return (id for id in self.sections if self.section(id).display)

    def show(self) -> None:
        """Show what there is, anew, if the screen is not being removed just now."""
        with contextlib.suppress(NoMatches):
            self.draw()

    def draw(self) -> None:
        """Show what there is in the sections that are seen."""

    def on_resize(self) -> None:
        """Fit."""
        self._arrange()
        self.call_after_refresh(self.show)

    def _arrange(self) -> None:
        columns, rows = self.app.size
        one = columns < WIDE[0] or rows < WIDE[1]
        self.set_class(one, "-one")
        for id in self.sections:
            self.section(id).display = not one or id == self._current
        for column in (self.query_one("#left"), self.query_one("#right")):
            column.display = any(section.display for section in column.query(Section))
        bar = self.query_one(SectionBar)
        bar.display = one
        if one:
            bar.show_sections([self.section(id) for id in self.sections], self._current)
        self.query_one(Footer).compact = columns < WIDE[0]

    def action_section(self, id: str) -> None:
        """Go to a part."""
        self._current = id
        self._arrange()
        self.section(id).enter()
        self.call_after_refresh(self.show)

    def action_next(self, step: int) -> None:
        """Go to another part."""
        ids = list(self.sections)
        self.action_section(ids[(ids.index(self._current) + step) % len(ids)])

    @on(SectionBar.Chosen)
    def _section_chosen(self, event: SectionBar.Chosen) -> None:
        self.action_section(event.section)

    @on(DescendantFocus)
    def _keyboard_moved(self, event: DescendantFocus) -> None:
        around = [event.widget, *event.widget.ancestors]
        id = next((node.id for node in around if isinstance(node, Section)), None)
        if id is not None:
            self._current = id

    def action_back(self) -> None:
        """From a line that is typed in to the first part; from elsewhere to the workbench."""
        if isinstance(self.focused, Input):
            self.action_section(next(iter(self.sections)))
        else:
            self.dismiss(None)

    def action_help(self) -> None:
        """Explain this screen."""
        from knetui.screens.help import Help  # late: few ask for it

        self.app.push_screen(
            Help(self._actions, self.place, self.place, {self.place: self.explanation})
        )

    def action_next_theme(self) -> None:
        """Take the next of our own themes."""
        self.app.theme = theme_after(self.app.theme)
