"""The Textual application: signals, the fence around all output, and one screen."""

import asyncio
import gc
import os
import signal
import threading
import time
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from rich.console import RenderableType
from rich.segment import Segment
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.dom import DOMNode
from textual.events import Event, Key, MouseEvent
from textual.filter import LineFilter
from textual.screen import Screen

from knetengine.training.folder import RunFolder
from knetui.actions import BAR, EVERYWHERE, FIND, Action, Actions, gather, key_names
from knetui.fence import fence
from knetui.frame_meter import FrameMeter
from knetui.keymap import read_keymap
from knetui.keys_in_order import KeysInOrder
from knetui.screens import memory
from knetui.screens.memory import MemoryScreen
from knetui.screens.panes import PANES
from knetui.screens.workbench import Workbench
from knetui.session import Session, SessionFile
from knetui.themes import FIRST_THEME, OWN_THEMES
from knetui.widgets.editor import BarInput, FindBar
from knetui.widgets.pane_bar import PaneBar

LAST_RESORT_SECONDS = 3.0
SHOWN_PROBLEMS = 3  # of the keymap: more would hide the screen


class FenceFilter(LineFilter):
    """The last gate before the terminal: no control character of any text gets through.

    Textual passes control characters on as they are. Text is fenced where it enters too, since
    widths are computed before this filter.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments with their texts fenced."""
        return [
            segment if segment.control else Segment(fence(segment.text), segment.style)
            for segment in segments
        ]


class KnetApp(KeysInOrder):
    """The workbench as an application; `session` is what it was left with."""

    TITLE = "knet-tui"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+q",
            "quit",
            "Quit",
            tooltip="Leave; everything is here again next time",
            show=False,
            priority=True,
            id="app.quit",
        ),
        Binding(
            "ctrl+p",
            "command_palette",
            "Commands",
            tooltip="Find any command by its name",
            show=False,
            priority=True,
            id="app.commands",
        ),
    ]
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(self, file: Path | None = None, run: RunFolder | None = None) -> None:
        super().__init__()
        self.animation_level = "none"  # frames over SSH cost more than they please
        self._fence = FenceFilter()
        self.meter = FrameMeter()
        self._file = file
        self._run_to_show = run
        self.session_file = SessionFile()
        self.session: Session = self.session_file.read()
        for theme in OWN_THEMES:
            self.register_theme(theme)
        known = self.session.theme in self.available_themes
        self._begin_with(self.session.theme if known else FIRST_THEME)
        keymap = read_keymap(ACTIONS)
        self.actions = ACTIONS.with_keys(keymap.chosen)
        self.set_keymap({id: ",".join(keys) for id, keys in keymap.chosen.items()})
        self._notices = notices_of(keymap.problems)

    def _begin_with(self, theme: str) -> None:
        """Have a theme from the first frame on, without a change of themes: a tenth of its time.

        Nothing is styled yet, so its variables and classes are all that there is to set.
        """
        self.set_reactive(KnetApp.theme, theme)
        dark = self.current_theme.dark
        classes = {f"-theme-{theme}": True, "-dark-mode": dark, "-light-mode": not dark}
        self.update_classes(classes, update=False)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, then the fence."""
        return [*super().get_line_filters(), self._fence]

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the command palette offers: every action by name, and some of Textual's own."""
        if isinstance(screen, Workbench):
            for place in self.actions.places.values():
                for action in place.actions if place.name not in SCREENS else ():
                    where = "" if place.name == EVERYWHERE else f"{place.name}: "
                    words = f"{action.meaning} ({key_names(action.keys)})"
                    todo = partial(self._run, screen, place.name, action)
                    yield SystemCommand(f"{where}{action.name}", words, todo)
        for name, owner in SCREENS.items():
            if isinstance(screen, owner):
                for action in self.actions.places[name].actions:
                    words = f"{action.meaning} ({key_names(action.keys)})"
                    todo = partial(self.run_action, action.call, screen)
                    yield SystemCommand(action.name, words, todo)
        for command in super().get_system_commands(screen):
            if command.title in ("Theme", "Screenshot", "Quit"):
                yield command

    async def _run(self, workbench: Workbench, place: str, action: Action) -> None:
        """Do what the palette was asked for, in the pane that it is of."""
        node: DOMNode = workbench
        if place == FIND:
            workbench.action_show_pane("editor")
            node = workbench.query_one(FindBar)
        elif place in PANES:
            workbench.action_show_pane(place)
            pane = workbench.pane(place)
            inner = (widget for widget in pane.walk_children() if isinstance(widget, action.owner))
            node = pane if isinstance(pane, action.owner) else next(inner)
        await self.run_action(action.call, node)

    async def on_event(self, event: Event) -> None:
        """Note when somebody presses a key or uses the mouse; then as Textual does."""
        if isinstance(event, Key) and not event.is_forwarded:
            self.meter.key(event.time)
        elif isinstance(event, MouseEvent):
            self.meter.last_input = event.time
        await super().on_event(event)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        began = time.monotonic()  # as the time of events
        super()._display(screen, renderable)
        if renderable is not None:
            self.meter.frame(began, time.monotonic())

    def on_load(self) -> None:
        """Leave the terminal clean when asked to end; Textual has no handlers of its own."""
        loop = asyncio.get_running_loop()

        def leave(_word: int, _frame: object) -> None:
            loop.call_soon_threadsafe(self.exit)
            last_resort = threading.Timer(LAST_RESORT_SECONDS, self._end_at_once)
            last_resort.daemon = True
            last_resort.start()

        # Not the loop's own handlers: when the terminal is dead, the loop may wait for ever for
        # Textual's writer to take another frame.
        for word in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(word, leave)

    def _end_at_once(self) -> None:
        """Keep the session and end, whatever else is stuck."""
        try:
            self.session_file.write(self.session)
        finally:
            os._exit(1)

    def on_mount(self) -> None:
        """Show the workbench."""
        workbench = Workbench(
            self.session,
            self.session_file,
            self.actions,
            self.meter,
            self._file,
            self._run_to_show,
            self._notices,
        )
        self.push_screen(workbench)

    def on_ready(self) -> None:
        """Leave what the first frame is made of to no garbage collection: one takes 50 ms of it."""
        gc.freeze()

    def on_unmount(self) -> None:
        """Write the session a last time."""
        self.session_file.write(self.session)
        self.session_file.close()


SCREENS: dict[str, type[Screen[Any]]] = {memory.PLACE: MemoryScreen}  # over the workbench
_everywhere = gather(EVERYWHERE, Workbench, KnetApp, typing=True)
ACTIONS = Actions(
    [
        _everywhere,
        gather(BAR, PaneBar),
        gather(FIND, BarInput, FindBar, typing=True),
        *(gather(name, screen).without(_everywhere) for name, screen in SCREENS.items()),
        *(
            gather(name, pane, *pane.widgets_with_keys, typing=pane.typing)
            for name, pane in PANES.items()
        ),
    ]
)


def notices_of(problems: list[str]) -> list[str]:
    """What is said of a keymap at the start: its first problems, and how many there are more."""
    more = len(problems) - SHOWN_PROBLEMS
    rest = [f"{more} more mistakes in the keymap: `knet-tui keys` lists them"] if more > 0 else []
    return [*problems[:SHOWN_PROBLEMS], *rest]
