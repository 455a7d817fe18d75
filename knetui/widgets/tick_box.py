"""A box to be ticked that can be told from an empty one without colours."""

from typing import Any

from textual.widgets import Checkbox

TICKED, EMPTY = "X", " "


class TickBox(Checkbox):
    """Holds a cross or nothing; Textual's own holds a cross, in another colour."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._fill()

    def watch_value(self) -> None:
        """The user has turned it."""
        self._fill()
        super().watch_value()

    def _fill(self) -> None:
        self.BUTTON_INNER = TICKED if self.value else EMPTY
