"""A line of input below the text."""

from collections.abc import Callable
from typing import Any

from textual.events import Key
from textual.widgets import Input


class BarInput(Input):
    """Says at once what was typed, and Enter: behind a message, the next key would come first."""

    def __init__(
        self,
        enter: Callable[[], None],
        changed: Callable[[], None] = lambda: None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.cursor_blink = False
        self._enter = enter
        self._changed = changed

    async def _on_key(self, event: Key) -> None:
        if event.key.startswith("alt+"):
            event.prevent_default()  # no letter to type

    def watch_value(self) -> None:
        """Something was typed."""
        if self.is_mounted:
            self._changed()

    async def action_submit(self) -> None:
        """Do what Enter does here."""
        self._enter()
