"""An editor alone on the screen."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.app import ComposeResult

from knetui.editing.documents import Document, digest
from knetui.keys_in_order import KeysInOrder
from knetui.widgets.editor import EditorPane


class EditorAlone(KeysInOrder):
    """Nothing but an editor of one document."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self.animation_level = "none"
        self._document = document

    def compose(self) -> ComposeResult:
        yield EditorPane(1, self._document, "--lr 0.1")

    def on_mount(self) -> None:
        self.editor.enter()

    @property
    def editor(self) -> EditorPane:
        return self.query_one(EditorPane)

    @property
    def text(self) -> str:
        """The text with `|` at the cursor."""
        row, column = self.editor.area.cursor_location
        lines = self.editor.area.lines
        marked = f"{lines[row][:column]}|{lines[row][column:]}"
        return "\n".join([*lines[:row], marked, *lines[row + 1 :]])

    def drawn(self, row: int) -> str:
        """A line of the text as it is on the screen, with its number and what is said of it."""
        area = self.editor.area
        return area.render_line(row - area.scroll_offset.y).text.rstrip()

    @property
    def told(self) -> str:
        """What the lower border says."""
        return str(self.editor.border_subtitle or "")


@pytest.fixture
def edit(tmp_path: Path) -> Callable[[str], EditorAlone]:
    """An editor of a text; `|` in it is where the cursor is to be."""

    def make(text: str = "") -> EditorAlone:
        before, _, after = text.partition("|")
        path = tmp_path / "model.py"
        path.write_text(before + after, encoding="utf-8")
        rows = before.split("\n")
        return EditorAlone(
            Document(
                str(path), before + after, digest(before + after), len(rows) - 1, len(rows[-1])
            )
        )

    return make
