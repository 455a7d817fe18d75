"""A line of input below the text."""

from typing import Any

from textual.events import Key
from textual.widgets import Input


class BarInput(Input):
    """Leaves keys with Alt to the bar around it."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.cursor_blink = False

    async def _on_key(self, event: Key) -> None:
        if event.key.startswith("alt+"):
            event.prevent_default()  # no letter to type
