"""A text area for code, as the editor and the REPL have it."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.color import Color
from textual.widget import Widget
from textual.widgets import TextArea

from knetui.widgets.editor.syntax_colours import syntax_theme


def follow_theme(pane: Widget, area: TextArea) -> None:
    """Give a pane's text area the syntax colours that can be read on the theme's ground."""

    def choose(_theme: object = None) -> None:
        ground = Color.parse(pane.app.theme_variables["background"])
        area.register_theme(syntax_theme(pane.app.current_theme, ground))
        area.theme = pane.app.theme

    choose()
    pane.app.theme_changed_signal.subscribe(pane, choose)


class CodeArea(TextArea, inherit_bindings=False):
    """A text area that leaves F6 and F7 to the workbench, and has Ctrl-Home and Ctrl-End."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(b for b in TextArea.BINDINGS if isinstance(b, Binding) and b.key not in ("f6", "f7")),
        Binding("ctrl+home", "cursor_document_start", "Beginning", show=False),
        Binding("ctrl+end", "cursor_document_end", "End", show=False),
    ]

    def action_cursor_document_start(self) -> None:
        """Go to the beginning of the text."""
        self.move_cursor((0, 0))

    def action_cursor_document_end(self) -> None:
        """Go to the end of the text."""
        self.move_cursor(self.document.end)
