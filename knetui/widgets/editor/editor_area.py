"""The text of the editor: what keys do to it, and what is drawn in and beside its lines."""

from collections.abc import Callable, Collection, Iterable
from itertools import islice
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.document._document import Location, Selection
from textual.document._document_navigator import DocumentNavigator
from textual.events import Key, Paste
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from knetui.editing import changes
from knetui.editing.completion import word_before
from knetui.editing.line_marks import LineMarks, Mark, first_line
from knetui.editing.searching import NOTHING, Found, Rows
from knetui.fence import fence
from knetui.widgets.editor.code_area import CodeArea
from knetui.widgets.editor.document import (
    PythonDocument,
    UnwrappedDocument,
    VisibleHighlights,
    python,
)
from knetui.widgets.line_view import LineView

SIGNS = {"failure": "×", "error": "●", "warning": "▲"}
BRACKET_CHARACTERS = 20_000  # as far as the partner of a bracket is looked for: 3 ms
ROOM_FOR_WORDS = 12  # columns; less is not worth an annotation


NAMED = {  # of the keys of Textual's text area: in help, palette and keymap, too
    "undo": "Take the last change back; saving does not end that",
    "redo": "Change it again",
    "cut": "Take the selection, or the line, away to put it elsewhere",
    "copy": "Take the selection along",
    "paste": "Put what was taken here",
}


def _named(binding: Binding) -> Binding:
    """A key of Textual's text area, under a name where people look for it."""
    meaning = NAMED.get(binding.action)
    if meaning is None:
        return binding
    return _key(binding.key, binding.action, binding.description, meaning)


def _key(key: str, action: str, name: str, meaning: str) -> Binding:
    return Binding(key, action, name, show=False, tooltip=meaning, id=f"editor.{action}")


class EditorArea(  # pyright: ignore[reportIncompatibleMethodOverride]: Textual's own _on_hide
    CodeArea, LineView, inherit_bindings=False
):
    """A text area for Python: pairs close themselves, lines carry marks, any length is quick."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "editor-area--failure",
        "editor-area--error",
        "editor-area--warning",
        "editor-area--found",
    }
    DEFAULT_CSS = """
    EditorArea {
        .editor-area--failure { color: $text-error; text-style: bold; }
        .editor-area--error { color: $text-error; }
        .editor-area--warning { color: $text-warning; }
        .editor-area--found { background: $warning 40%; text-style: underline; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(_named(binding) for binding in CodeArea.BINDINGS if isinstance(binding, Binding)),
        _key("alt+a", "select_all", "Select all", "Select the whole text"),
        _key(
            "ctrl+underscore,ctrl+slash",  # the first is what terminals send for the second
            "toggle_comment",
            "Comment",
            "Make the selected lines comments, or code again",
        ),
        _key("shift+tab", "dedent", "Dedent", "Move the selected lines a level to the left"),
        _key(
            "ctrl+right_square_bracket",
            "indent",
            "Indent",
            "Move the selected lines a level to the right",
        ),
        _key("ctrl+space", "complete", "Complete", "Offer how the word can go on"),
    ]

    class CompletionWanted(Message):
        """How the word before the cursor can go on; `asked` when a key said so."""

        def __init__(self, asked: bool) -> None:
            super().__init__()
            self.asked = asked

    class Left(Message):
        """Escape was pressed with nothing to close here."""

    def __init__(self, text: str, **settings: Any) -> None:
        self.marks = LineMarks()
        self.found: Found = NOTHING
        self._rows: Rows | None = None  # of the text in which `found` was found
        self.popup_key: Callable[[str], bool] = lambda _key: False
        super().__init__(
            text,
            language="python",
            soft_wrap=False,
            tab_behavior="indent",
            show_line_numbers=True,
            max_checkpoints=1000,
            **settings,
        )

    # the document

    def _set_document(self, text: str, language: str | None) -> None:
        self.forget_found()
        document = PythonDocument(text, self._replaced)
        self._highlight_query = python()[1]
        self.document = document
        self.wrapped_document = UnwrappedDocument(document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)
        self._build_highlight_map()
        self.move_cursor((0, 0))
        self._rewrap_and_refresh_virtual_size()

    def _build_highlight_map(self) -> None:
        self._highlights = VisibleHighlights(self.code.root, python()[1])

    @property
    def code(self) -> PythonDocument:
        """The document."""
        assert isinstance(self.document, PythonDocument)
        return self.document

    @property
    def lines(self) -> list[str]:
        """The lines of the text."""
        return self.code.lines

    def _replaced(self, top: Location, bottom: Location, end: Location) -> None:
        """The text was changed, undone or done again: what is marked and found is elsewhere."""
        self.forget_found()
        self.marks.replaced(top, bottom, end)

    def forget_found(self) -> None:
        """Show no matches any more."""
        self.found, self._rows = NOTHING, None

    def show_found(self, found: Found, rows: Rows) -> None:
        """Mark these matches in the text."""
        self.found, self._rows = found, rows
        self.redraw_lines()

    def redraw_lines(self) -> None:
        """The marks of lines are others now."""
        self.refresh()

    # keys

    async def _on_key(self, event: Key) -> None:
        if event.key == "ctrl+@":  # what terminals send for it
            event.key = "ctrl+space"
        if self.popup_key(event.key) or self._take(event.key, event.character):
            event.stop()
            event.prevent_default()
            return
        if event.key.startswith("alt+"):  # bound elsewhere, or nowhere: no letter to type
            event.prevent_default()
            return
        await super()._on_key(event)
        if event.is_printable:
            self.post_message(self.CompletionWanted(asked=False))

    async def _on_paste(self, event: Paste) -> None:
        # what Textual does with it comes by itself, after this
        event.text = event.text.replace("\r\n", "\n").replace("\r", "\n")

    def _take(self, key: str, character: str | None) -> bool:
        """Whether the key was one that is typed in another way than Textual would."""
        match key:
            case "tab" if not self.selection.is_empty:
                self.action_indent()
            case "tab" if self._is_behind_word():
                self.action_complete()
            case "enter":
                row, column = min(self.selection)
                self._type(changes.line_break(self.lines[row], column))
            case "escape":
                self.post_message(self.Left())
            case _:
                return not key.startswith("alt+") and bool(character) and self._pair(character)
        return True

    def _is_behind_word(self) -> bool:
        row, column = self.cursor_location
        word, dotted = word_before(self.lines[row], column)
        return bool(word) or dotted

    def _pair(self, character: str) -> bool:
        """Type a bracket or a quote; whether that was one."""
        if not self.selection.is_empty:
            return self._wrap(character)
        row, column = self.cursor_location
        if character not in "()[]{}\"'":
            return False
        in_string, in_comment = self.code.in_string_or_comment((row, column))
        typed = changes.type_character(
            character, self.lines[row], column, in_string=in_string, in_comment=in_comment
        )
        if typed is None:
            return False
        self._type(typed)
        return True

    def _wrap(self, character: str) -> bool:
        start, end = self.selection
        wrapped = changes.wrap(character, self.selected_text)
        if wrapped is None:
            return False
        self.replace(wrapped, start, end)
        first, last = sorted((start, end))
        last_column = last[1] + 1 if last[0] == first[0] else last[1]
        self.selection = Selection((first[0], first[1] + 1), (last[0], last_column))
        return True

    def _type(self, typed: changes.Typed) -> None:
        if typed.insert:
            self._replace_via_keyboard(typed.insert, *self.selection)
        if typed.back or typed.over:
            row, column = self.cursor_location
            if typed.back > column:  # across the line that Enter began for a closing bracket
                self.move_cursor((row - 1, len(self.lines[row - 1])))
            else:
                self.move_cursor((row, column - typed.back + typed.over))

    def action_delete_left(self) -> None:
        """Delete a character, an indent, or a pair with nothing in it."""
        row, column = self.cursor_location
        if not self.selection.is_empty or column == 0:
            super().action_delete_left()
        else:
            before, behind = changes.characters_before(self.lines[row], column)
            self._delete_via_keyboard((row, column - before), (row, column + behind))

    def action_toggle_comment(self) -> None:
        """Make the selected lines comments, or code again."""
        self._change_lines(changes.toggle_comment)

    def action_indent(self) -> None:
        """Move the selected lines a level to the right."""
        self._change_lines(changes.indent)

    def action_dedent(self) -> None:
        """Move the selected lines a level to the left."""
        self._change_lines(changes.dedent)

    def action_complete(self) -> None:
        """Offer how the word before the cursor can go on."""
        self.post_message(self.CompletionWanted(asked=True))

    def _change_lines(self, change: Callable[[list[str]], list[str]]) -> None:
        """Replace the selected lines in one step; the selection stays around the same text."""
        start, end = self.selection
        first, last = min(start, end), max(start, end)
        bottom = last[0] - (1 if last[0] > first[0] and last[1] == 0 else 0)
        old = self.lines[first[0] : bottom + 1]
        new = change(old)
        if new == old:
            return
        self.replace("\n".join(new), (first[0], 0), (bottom, len(old[-1])))

        def moved(place: Location) -> Location:
            row, column = place
            if row > bottom or column == 0:
                return place
            index = row - first[0]
            return row, max(0, column + len(new[index]) - len(old[index]))

        self.selection = Selection(moved(start), moved(end))

    def replace_text(self, text: str, place: Location | None = None) -> None:
        """Replace what differs of the text in one step that can be undone."""
        place = place or self.cursor_location
        rows = Rows(self.lines)
        if rows.text != text:
            start, old_end, new_end = changes.difference(rows.text, text)
            self.replace(text[start:new_end], rows.location(start), rows.location(old_end))
            self.move_cursor(self.clamp_visitable(place))

    # what is drawn

    def _yield_character_locations(self, start: Location) -> Iterable[tuple[str, Location]]:
        return islice(super()._yield_character_locations(start), BRACKET_CHARACTERS)

    def _yield_character_locations_reverse(self, start: Location) -> Iterable[tuple[str, Location]]:
        return islice(super()._yield_character_locations_reverse(start), BRACKET_CHARACTERS)

    def get_line(self, line_index: int) -> Text:
        """A line with its matches marked."""
        line = super().get_line(line_index)
        if self._rows is not None and self.found.spans:
            style = self.get_component_rich_style("editor-area--found")
            for start, end in self._rows.in_row(line_index, self.found.spans):
                line.stylize(style, start, end)
        return line

    def _exchange_repaint_regions(self) -> Collection[Region]:
        """What is to be painted now, in the colours of now: Textual looks for them afterwards."""
        if self._is_stale:
            self._theme.apply_css(self)
        return super()._exchange_repaint_regions()

    def render_line(self, y: int) -> Strip:
        """A row of the screen; drawn anew only if what it depends on is different."""
        row = self.scroll_offset.y + y
        if row >= self.document.line_count or self._placeholder_shows():
            return super().render_line(y)
        look = self._look_of(row)
        strip = self._line_cache.get(look)
        if strip is None:
            strip = self._line_cache[look] = self._render_line(y).crop(0, self.size.width)
        return strip

    def _placeholder_shows(self) -> bool:
        return self.document.line_count == 1 and not self.lines[0]

    def _look_of(self, row: int) -> tuple[object, ...]:
        """All that the drawing of a row depends on, but for the style of the widget."""
        start, end = self.selection
        top, bottom = sorted((start, end))
        bracket = self._matching_bracket_location
        cursor = (end, self._draw_cursor, self.suggestion, bracket is None, self.has_focus)
        rows, spans = self._rows, self.found.spans
        return (
            row,
            self.lines[row],
            tuple(self._highlights[row]),
            (start, end) if start != end and top[0] <= row <= bottom[0] else None,
            cursor if end[0] == row else None,
            bracket if bracket is not None and bracket[0] == row else None,
            self.marks.at(row),
            tuple(rows.in_row(row, spans)) if rows is not None and spans else None,
            self.scroll_offset.x,
            self.size,
            self.gutter_width,
            self.theme,
        )

    def _render_line(self, y: int) -> Strip:
        strip = super()._render_line(y)
        row = self.scroll_offset.y + y
        mark = self.marks.at(row) if row < self.document.line_count else None
        if mark is None:
            return strip
        colour = Style(color=self._style_of(mark).color, bold=True)
        strip = _with_sign(strip, SIGNS[mark.severity], colour)
        return strip if mark.severity == "warning" else self._annotated(strip, row, mark)

    def _style_of(self, mark: Mark) -> Style:
        return self.get_component_rich_style(f"editor-area--{mark.severity}")

    def _annotated(self, strip: Strip, row: int, mark: Mark) -> Strip:
        """The line with the words of a mark behind its end, as far as there is room."""
        width = cell_len(self.lines[row].expandtabs(self.indent_width))
        start = self.gutter_width + width - self.scroll_offset.x + 2
        room = self.scrollable_content_region.width - start
        if room < ROOM_FOR_WORDS or start < self.gutter_width:
            return strip
        words = Text(f"{SIGNS[mark.severity]} {fence(first_line(mark.message))}")
        words.truncate(room, overflow="ellipsis")
        style = Style(color=self._style_of(mark).color, italic=True)
        total = strip.cell_length
        note = Strip([Segment(words.plain, style)]).apply_style(self.rich_style)
        end = start + note.cell_length
        return Strip.join([strip.crop(0, start), note, strip.crop(end, total)])


def _with_sign(strip: Strip, sign: str, style: Style) -> Strip:
    """The line with a sign in the gutter, between its number and its text."""
    gutter, *rest = list(strip)
    number = gutter.text[:-2]
    signed = [Segment(number, gutter.style), Segment(sign, (gutter.style or Style()) + style)]
    return Strip([*signed, Segment(" ", gutter.style), *rest], strip.cell_length)
