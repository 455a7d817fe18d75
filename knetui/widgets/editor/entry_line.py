"""A line of input below the text."""

from collections.abc import Callable
from typing import Any

from textual.events import Key
from textual.widgets import Input

from knetui.widgets.editor.keys_in_order import take_in_order


class EntryLine(Input):
    """Acts on Enter at once: behind a message, the next key would come first."""

    def __init__(self, enter: Callable[[], None], **settings: Any) -> None:
        super().__init__(**settings)
        self.cursor_blink = False
        self._enter = enter

    async def _on_key(self, event: Key) -> None:
        around = self.ancestors_with_self[:4]  # its line, its bar, and the pane
        if not await take_in_order(self, event, around) and not event.key.startswith("alt+"):
            await super()._on_key(event)

    async def action_submit(self) -> None:
        """Do what Enter does here."""
        self._enter()
