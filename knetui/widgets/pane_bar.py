"""The line that names the panes: where to go from here, one key or one click away."""

from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.message import Message
from textual.widgets import Static

BORDERS = Binding.Group("Move the border ", compact=True)


def _key(
    key: str,
    action: str,
    word: str,
    name: str,
    meaning: str,
    group: Binding.Group | None = None,
) -> Binding:
    return Binding(
        key,
        f"screen.{action}",
        name,
        tooltip=meaning,
        priority=True,
        id=f"go.{word}",
        group=group,
    )


class PaneBar(Static, can_focus=True):
    """Shown while the keyboard is in it (after Ctrl-O), and where only one pane has room.

    Alt with a digit would be shorter, but Textual reads it as what a Mac keyboard makes of it.
    """

    DEFAULT_CSS = """
    PaneBar {
        height: 1; padding: 0 1; background: $panel; display: none;
        &:focus { height: auto; background: $accent; color: $background; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(number), f"screen.choose_pane({number})", show=False, priority=True)
            for number in range(1, 10)
        ),
        Binding("escape", "screen.choose_pane(0)", "Back", priority=True),
        _key("minus", "hide_pane", "hide", "Hide", "Hide the pane you came from"),
        _key("plus", "show_panes", "show", "Show all", "Show the hidden panes again"),
        _key("l", "next_layout", "layout", "Layout", "The next arrangement of the panes"),
        _key("0", "reset_layout", "reset", "Reset", "All panes as at the first start"),
        *(
            _key(
                way,
                f"move('{way}')",
                way,
                f"Border {way}",
                f"Move a border of the pane {way}",
                group=BORDERS,
            )
            for way in ("left", "right", "up", "down")
        ),
    ]

    class Left(Message):
        """The keyboard is elsewhere now."""

    def __init__(self, names: list[str]) -> None:
        super().__init__()
        self._names = names
        self._current = ""
        self._in_full = False
        self._hidden: list[str] = []

    def on_focus(self) -> None:
        """Say the names in full."""
        self._in_full = True  # `has_focus` is not yet true
        self._show()

    def on_blur(self) -> None:
        """Say that the line is not needed any more."""
        self._in_full = False
        self._show()
        self.post_message(self.Left())

    def on_resize(self, event: Resize) -> None:
        """Fit the names."""
        self._show()

    def show_current(self, current: str, hidden: list[str]) -> None:
        """Mark the pane that is shown; those that are hidden stand in brackets."""
        self._current, self._hidden = current, list(hidden)
        self._show()

    def _show(self) -> None:
        """All names, on several lines if need be; on one line they may have to be short."""
        width = max(1, self.size.width or self.app.size.width - 2)
        items = [self._item(number, short=False) for number in range(1, len(self._names) + 1)]
        if not self._in_full and sum(cell_len(item.plain) for item in items) > width:
            items = [self._item(number, short=True) for number in range(1, len(self._names) + 1)]
        lines = [Text()]
        for item in items:
            if self._in_full and lines[-1] and lines[-1].cell_len + item.cell_len > width:
                lines.append(Text())
            lines[-1].append_text(item)
        self.update(Text("\n", no_wrap=True, overflow="crop").join(lines))

    def _item(self, number: int, *, short: bool) -> Text:
        name = self._names[number - 1]
        if name == self._current:
            return Text(f" {number} {name} ", style="reverse")
        words = f" {number} " if short else f" {number} {name} "
        if name in self._hidden:
            words = f"({words.strip()})" if not short else f"({number})"
        click = Style.from_meta({"@click": f"screen.choose_pane({number})"})
        return Text(words, style=click)
