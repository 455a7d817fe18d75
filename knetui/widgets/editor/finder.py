"""Finding and replacing: what the find bar wants, done in the text."""

from textual.document._document import Selection

from knetui.editing.searching import (
    NOTHING,
    Found,
    Rows,
    SearchError,
    Span,
    Wanted,
    find,
    replace_all,
    replace_one,
)
from knetui.widgets.editor.editor_area import EditorArea
from knetui.widgets.editor.find_bar import FindBar


class Finder:
    """Keeps what was found beside the text in which it was."""

    def __init__(self, area: EditorArea, bar: FindBar) -> None:
        self._area = area
        self._bar = bar
        self._origin = (0, 0)  # from where it is looked for while the pattern is typed
        self._wanted = Wanted("")
        self._rows = Rows([""])
        self._found: Found = NOTHING
        self._is_stale = True
        bar.seeker = self

    def open(self, *, replacing: bool) -> None:
        """Begin where the cursor is, with the selected words."""
        selected = self._area.selected_text
        self._origin = min(self._area.selection)
        self._bar.open(replacing=replacing, pattern="" if "\n" in selected else selected)

    def close(self) -> None:
        """Back to the text, at what was found last."""
        self._bar.close()
        self._area.forget_found()
        self._area.redraw_lines()
        self._area.screen.set_focus(self._area)

    def pattern_changed(self) -> None:
        """Go to the first match from where the cursor was when this began."""
        self._is_stale = True
        if self._look():
            self._go(self._found.after(self._rows.index(self._area.clamp_visitable(self._origin))))

    def text_changed(self) -> None:
        """The text was edited: what was found is elsewhere now."""
        self._is_stale = True

    def refresh(self) -> None:
        """Look again, without going anywhere."""
        if self._is_stale and self._bar.is_open and self._look():
            self._tell(self._found.at(self._selected()))

    def step(self, *, forward: bool) -> bool:
        """Go to the next match or the one before; whether there is any."""
        if not self._look() or not self._found.spans:
            return False
        start, end = sorted(self._area.selection)
        if forward:
            is_match = self._found.at(self._selected()) is not None
            place = self._rows.index(end if is_match else start)
            self._go(self._found.after(place))
        else:
            self._go(self._found.before(self._rows.index(start)))
        self._origin = min(self._area.selection)
        return True

    def replace(self) -> None:
        """Replace the match that is selected, and go to the next; go to one first if none is."""
        if not self._look():
            return
        span = self._selected()
        if self._found.at(span) is None:
            self.step(forward=True)
            return
        try:
            words = replace_one(self._wanted, self._rows.text, span, self._bar.replacement)
        except SearchError as problem:
            self._bar.tell("", str(problem))
            return
        start, end = (self._rows.location(place) for place in span)
        result = self._area.replace(words, start, end)
        self._area.move_cursor(result.end_location)
        self._origin = result.end_location
        self.pattern_changed()

    def replace_everywhere(self) -> None:
        """Replace all matches in one step that can be undone."""
        if not self._look():
            return
        try:
            text, count = replace_all(self._wanted, self._rows.text, self._bar.replacement)
        except SearchError as problem:
            self._bar.tell("", str(problem))
            return
        self._area.replace_text(text, min(self._area.selection))
        self._is_stale = True
        self._look()
        self._bar.tell(f"{count:,} replaced")

    def _look(self) -> bool:
        """Look through the text as it is now; whether the pattern could be used."""
        wanted = self._bar.wanted
        if not self._is_stale and wanted == self._wanted:
            return True
        self._wanted = wanted
        self._rows = Rows(self._area.lines)
        self._is_stale = False
        try:
            self._found = find(wanted, self._rows.text)
        except SearchError as problem:
            self._found = NOTHING
            self._area.show_found(NOTHING, self._rows)
            self._bar.tell("", str(problem))
            return False
        if self._bar.is_open:
            self._area.show_found(self._found, self._rows)
        self._tell(None)
        return True

    def _selected(self) -> Span:
        start, end = sorted(self._area.selection)
        return Span(self._rows.index(start), self._rows.index(end))

    def _go(self, index: int | None) -> None:
        self._tell(index)
        if index is None:
            return
        start, end = (self._rows.location(place) for place in self._found.spans[index])
        top = self._area.scroll_offset.y
        is_visible = top <= start[0] < top + self._area.size.height
        self._area.selection = Selection(start, end)
        if not is_visible:
            self._area.scroll_cursor_visible(center=True)

    def _tell(self, index: int | None) -> None:
        self._bar.tell(self._found.told(index) if self._wanted.pattern else "")
