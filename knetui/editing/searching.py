"""Find and replace in a text: what is found where, and what is wrong with a pattern.

Patterns are those of the library `regex`, which is `re` with a time limit: a pattern that
backtracks without end must not stop the workbench.
"""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, NamedTuple

FOUND_LIMIT = 10_000
SECONDS = 0.1  # the library looks at the clock seldom: 0.2 became 0.47 measured


class SearchError(Exception):
    """A pattern or a replacement that cannot be used; the message is a line for the user."""


class Wanted(NamedTuple):
    """What is looked for."""

    pattern: str
    match_case: bool = False
    whole_word: bool = False
    regex: bool = False


class Span(NamedTuple):
    """Characters `start` to `end` of a text."""

    start: int
    end: int


@dataclass(frozen=True)
class Found:
    """Where it was found, in order; `complete` unless there were too many."""

    spans: list[Span]
    complete: bool = True

    def after(self, place: int) -> int | None:
        """The index of the first that begins at `place` or behind; the first where none does."""
        if not self.spans:
            return None
        index = bisect_right(self.spans, (place, -1))
        return index if index < len(self.spans) else 0

    def before(self, place: int) -> int | None:
        """The index of the last that begins before `place`; the last where none does."""
        if not self.spans:
            return None
        return (bisect_right(self.spans, (place, -1)) - 1) % len(self.spans)

    def at(self, span: Span) -> int | None:
        """The index of exactly this one, if it is among them."""
        index = bisect_right(self.spans, (span.start, -1))
        there = index < len(self.spans) and self.spans[index] == span
        return index if there else None

    def told(self, current: int | None) -> str:
        """The count in a few words."""
        if not self.spans:
            return "none"
        more = "" if self.complete else "+"
        which = f"{current + 1:,} of " if current is not None else ""
        return f"{which}{len(self.spans):,}{more}"


NOTHING = Found([])


def find(wanted: Wanted, text: str) -> Found:
    """Everything that is wanted in the text; empty matches are passed over."""
    if not wanted.pattern:
        return NOTHING
    spans: list[Span] = []
    try:
        for match in _compiled(wanted).finditer(text, timeout=SECONDS):
            if match.end() == match.start():
                continue
            if len(spans) == FOUND_LIMIT:
                return Found(spans, complete=False)
            spans.append(Span(*match.span()))
    except TimeoutError:
        raise SearchError("this pattern takes too long; make it simpler") from None
    return Found(spans)


def replace_one(wanted: Wanted, text: str, span: Span, replacement: str) -> str:
    """What stands for the match at `span`; in a pattern, `\\1` means its first group."""
    if not wanted.regex:
        return replacement
    _check(replacement)
    try:
        match = _compiled(wanted).match(text, span.start, timeout=SECONDS)
    except TimeoutError:
        raise SearchError("this pattern takes too long; make it simpler") from None
    if match is None or match.end() != span.end:
        raise SearchError("the text has changed there; find it again")
    return _expand(match, replacement)


def replace_all(wanted: Wanted, text: str, replacement: str) -> tuple[str, int]:
    """The text with every match replaced, and how many those were."""
    if not wanted.pattern:
        return text, 0
    if wanted.regex:
        _check(replacement)
    count = 0

    def stand_in(match: Any) -> str:
        nonlocal count
        if match.end() == match.start():
            return match[0]
        count += 1
        return _expand(match, replacement) if wanted.regex else replacement

    try:
        changed = _compiled(wanted).sub(stand_in, text, timeout=SECONDS)
    except TimeoutError:
        raise SearchError("this pattern takes too long; nothing was replaced") from None
    return changed, count


def _compiled(wanted: Wanted) -> Any:
    import regex  # late: 40 ms, which a start without a search need not pay

    pattern = wanted.pattern if wanted.regex else regex.escape(wanted.pattern)
    if wanted.whole_word:
        pattern = rf"(?<!\w)(?:{pattern})(?!\w)"
    flags = regex.MULTILINE | (0 if wanted.match_case else regex.IGNORECASE)
    try:
        return regex.compile(pattern, flags)
    except (regex.error, RecursionError, OverflowError) as problem:
        raise SearchError(_told(problem, pattern, wanted.pattern)) from None


def _told(problem: Exception, compiled: str, typed: str) -> str:
    message = getattr(problem, "msg", None) or str(problem) or type(problem).__name__
    position = getattr(problem, "pos", None)
    if position is None:
        return f"not a pattern: {message}"
    place = min(max(0, position - compiled.index(typed)), len(typed))
    return f"not a pattern: {message} at character {place + 1}"


def _check(replacement: str) -> None:
    if replacement.endswith("\\") and not replacement.endswith("\\\\"):
        raise SearchError("the replacement ends in a single backslash; write \\\\ for one")


def _expand(match: Any, replacement: str) -> str:
    import regex

    try:
        return match.expand(replacement)
    except (regex.error, IndexError) as problem:
        raise SearchError(f"not a replacement: {problem}") from None


class Rows:
    """Translates between characters of a text and rows and columns of its lines."""

    def __init__(self, lines: list[str]) -> None:
        self.text = "\n".join(lines)
        self._starts = [0]
        for line in lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def location(self, index: int) -> tuple[int, int]:
        """Row and column of a character."""
        row = bisect_right(self._starts, index, hi=len(self._starts) - 1) - 1
        return row, index - self._starts[row]

    def index(self, location: tuple[int, int]) -> int:
        """The character at a row and column."""
        row, column = location
        return self._starts[row] + column

    def in_row(self, row: int, spans: list[Span]) -> list[Span]:
        """The columns of a row that the spans cover; of spans in order that do not overlap."""
        start, end = self._starts[row], self._starts[row + 1] - 1
        first = max(0, bisect_right(spans, (start, -1)) - 1)
        columns: list[Span] = []
        for span in spans[first:]:
            if span.start > end:
                break
            if span.end > start:
                columns.append(Span(max(0, span.start - start), min(end, span.end) - start))
        return columns
