"""Completes the word before the cursor: when it is asked to, and unasked as one types."""

import asyncio

from knetui.editing.completion import ASKED_SECONDS, LIVE_SECONDS, Ask, completions, word_before
from knetui.widgets.editor.completion_list import CompletionList
from knetui.widgets.editor.editor_area import EditorArea

PAUSE_SECONDS = 0.12
LETTERS = 3  # of a word, before completion is offered unasked


class Completer:
    """Offers words in `popup` for the text in `area`.

    ask: tells the live names that the prompt knows; None where there is no prompt.
    """

    def __init__(self, area: EditorArea, popup: CompletionList) -> None:
        self.ask: Ask | None = None
        self._area, self._popup = area, popup
        self._start = 0  # column of the word that is being completed

    def complete(self, *, asked: bool) -> None:
        """Offer words soon; unasked only where a word is long enough, and in code."""
        area, popup = self._area, self._popup
        row, column = area.cursor_location
        word, dotted = word_before(area.lines[row], column)
        if not asked:
            if popup.is_open and (word or dotted):
                self._offer([w for w in popup.words if w.startswith(word)], asked=False)
            in_string, in_comment = area.code.in_string_or_comment((row, column))
            if (len(word) < LETTERS and not dotted) or in_string or in_comment:
                popup.close()
                return
        area.run_worker(self._complete(asked), group="editor-complete", exclusive=True)

    def take(self, word: str) -> None:
        """Put a word in the place of what was typed of it."""
        row, column = self._area.cursor_location
        result = self._area.replace(word, (row, self._start), (row, column))
        self._area.move_cursor(result.end_location)

    def follow(self) -> None:
        """The text is elsewhere: a list that is open goes along with its word."""
        if self._popup.is_open:
            self._offer(self._popup.words, asked=False)

    async def _complete(self, asked: bool) -> None:
        area = self._area
        row, column = place = area.cursor_location
        line = area.lines[row]
        if not asked:
            await asyncio.sleep(PAUSE_SECONDS)
            if area.cursor_location != place:
                return
        text, patience = "\n".join(area.lines), ASKED_SECONDS if asked else LIVE_SECONDS
        found = await completions(text, line, column, self.ask, patience=patience)
        if area.cursor_location != place or area.lines[row] != line:
            return
        self._start = found.start
        if asked and len(found.matches) == 1:
            self.take(found.matches[0])
        else:
            if asked and not found.matches:
                area.app.bell()
            self._offer(found.matches, asked=asked)

    def _offer(self, words: list[str], *, asked: bool) -> None:
        behind = self._area.cursor_location[1] - self._start
        self._popup.offer(words, self._area.cursor_screen_offset - (behind, 0), asked=asked)
