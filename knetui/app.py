"""The Textual application: signals, the fence around all output, and one screen."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.segment import Segment
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.color import Color
from textual.filter import LineFilter
from textual.screen import Screen

from knetengine.training.folder import RunFolder
from knetui.fence import fence
from knetui.screens.workbench import Workbench
from knetui.session import Session, SessionFile

LAST_RESORT_SECONDS = 3.0


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


class KnetApp(App[None]):
    """The workbench as an application; `session` is what it was left with."""

    TITLE = "knet-tui"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(self, file: Path | None = None, run: RunFolder | None = None) -> None:
        super().__init__()
        self.animation_level = "none"  # frames over SSH cost more than they please
        self._fence = FenceFilter()
        self._file = file
        self._run_to_show = run
        self.session_file = SessionFile()
        self.session: Session = self.session_file.read()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, then the fence."""
        return [*super().get_line_filters(), self._fence]

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the command palette offers: the keys of the workbench by name, and Textual's own."""
        if isinstance(screen, Workbench):
            for binding in screen.BINDINGS:
                assert isinstance(binding, Binding)
                yield SystemCommand(
                    binding.description,
                    binding.tooltip,
                    partial(screen.run_action, binding.action),
                )
        for command in super().get_system_commands(screen):
            if command.title in ("Theme", "Screenshot", "Quit"):
                yield command

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
        if self.session.theme in self.available_themes:
            self.theme = self.session.theme
        self.push_screen(Workbench(self.session, self.session_file, self._file, self._run_to_show))

    def on_unmount(self) -> None:
        """Write the session a last time."""
        self.session.theme = self.theme
        self.session_file.write(self.session)
        self.session_file.close()
