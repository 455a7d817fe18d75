"""What is said at the lines of a text: mistakes, and where a run failed. Edits move it along."""

import difflib
from collections.abc import Sequence
from typing import Literal, NamedTuple

from knetui.editing.diagnostics import Diagnostic

Location = tuple[int, int]
Severity = Literal["failure", "error", "warning"]
_RANK: dict[Severity, int] = {"failure": 0, "error": 1, "warning": 2}
FAILURE_CONTEXT = 20_000  # lines; comparing more texts than that would be felt


class Mark(NamedTuple):
    """One thing that is wrong in a row, which counts from 0."""

    row: int
    column: int
    severity: Severity
    message: str


class LineMarks:
    """The marks of a text; those of a run stay until the next, or until their line is edited."""

    def __init__(self) -> None:
        self._mistakes: list[Mark] = []
        self.failure: Mark | None = None

    def __len__(self) -> int:
        return len(self.all())

    def clear(self) -> None:
        """Forget all: the text is another."""
        self._mistakes, self.failure = [], None

    def all(self) -> list[Mark]:
        """All marks in the order of the text."""
        return sorted([*self._mistakes, *self._failures()])

    def _failures(self) -> list[Mark]:
        return [self.failure] if self.failure is not None else []

    def set_mistakes(self, found: Sequence[Diagnostic], line_count: int) -> bool:
        """Replace what was found before; whether that changes anything."""
        mistakes = [
            Mark(min(one.row, line_count - 1), one.column, one.severity, one.message)
            for one in found
        ]
        changed = mistakes != self._mistakes
        self._mistakes = mistakes
        return changed

    def replaced(self, top: Location, bottom: Location, end: Location) -> None:
        """The text from `top` to `bottom` was replaced by one that ends at `end`."""
        moved = (_moved(mark, top, bottom, end) for mark in self._mistakes)
        self._mistakes = [mark for mark in moved if mark is not None]
        if self.failure is not None and _is_edited(self.failure.row, top, bottom, end):
            self.failure = None
        if self.failure is not None:
            self.failure = _moved(self.failure, top, bottom, end)

    def at(self, row: int) -> Mark | None:
        """The gravest mark of a row."""
        here = [mark for mark in (*self._failures(), *self._mistakes) if mark.row == row]
        return min(here, key=lambda mark: _RANK[mark.severity], default=None)

    def next(self, row: int, step: int) -> Mark | None:
        """The nearest mark in another row, forwards or backwards, around the ends of the text."""
        rows = sorted({mark.row for mark in self.all()})
        beyond = [there for there in rows if (there - row) * step > 0]
        if step < 0:
            rows.reverse()
            beyond.reverse()
        return self.at((beyond or rows)[0]) if rows else None

    def told(self, row: int) -> str:
        """What to say of the text while the cursor is in that row, in a line.

        Where a run failed is the news, whatever else is wrong.
        """
        here = self.at(row)
        first_error = next((mark for mark in self._mistakes if mark.severity == "error"), None)
        mark = self.failure or here or first_error
        if mark is not None:
            return f"line {mark.row + 1}: {first_line(mark.message)}"
        warned = len({mark.row for mark in self._mistakes})
        return f"{warned} line{'s' if warned > 1 else ''} with warnings" if warned else ""

    def has_errors(self) -> bool:
        """Whether there is more than warnings."""
        return self.failure is not None or any(m.severity == "error" for m in self._mistakes)


def first_line(message: str) -> str:
    """The first line of a message, which may be empty."""
    return message.strip().partition("\n")[0]


def same_line(line: int, source: str, text: str) -> int | None:
    """Where line `line` of `source` is in a later `text`, both from 1; None where it is gone."""
    if source == text:
        return line
    before, after = source.split("\n"), text.split("\n")
    if line > len(before) or len(before) + len(after) > FAILURE_CONTEXT:
        return None
    blocks = difflib.SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    for block in blocks:
        if block.a < line <= block.a + block.size:
            return line - block.a + block.b
    return None


def _is_edited(row: int, top: Location, bottom: Location, end: Location) -> bool:
    return top[0] <= row <= bottom[0] and not _is_pushed(row, top, bottom, end)


def _is_pushed(row: int, top: Location, bottom: Location, end: Location) -> bool:
    """Whether whole lines were put in before the row, or taken away, and it stayed as it was."""
    return row == bottom[0] and bottom[1] == end[1] == 0 and top[1] == 0


def _moved(mark: Mark, top: Location, bottom: Location, end: Location) -> Mark | None:
    row = mark.row
    if row < top[0] or (row == top[0] and not _is_pushed(row, top, bottom, end)):
        return mark
    if row < bottom[0]:
        return None
    return mark._replace(row=row + end[0] - bottom[0])
