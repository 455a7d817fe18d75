"""What an editor of Python does with a key, as functions of text: pairs, comments, indents."""

import re
from collections.abc import Sequence
from typing import NamedTuple

INDENT = 4
PAIRS = {"(": ")", "[": "]", "{": "}"}
QUOTES = "\"'"
_CLOSERS = "".join(PAIRS.values())
_ENDS_A_WORD = frozenset(f" \t{_CLOSERS},:;=.")  # before these, an opened pair is closed
_PREFIX = re.compile(r"(?<!\w)(?:[rbfu]|rb|br|rf|fr)$", re.IGNORECASE)
_LEAVES_BLOCK = re.compile(r"\s*(?:return|pass|break|continue|raise)\b")
_COMMENT = re.compile(r"(\s*)#( ?)")


class Typed(NamedTuple):
    """What a key changes: `insert` replaces what stands in the selection.

    The cursor goes `back` so many characters from the end of it, then `over` so many that were
    there already.
    """

    insert: str
    back: int = 0
    over: int = 0


def type_character(
    character: str, line: str, column: int, *, in_string: bool = False, in_comment: bool = False
) -> Typed | None:
    """How brackets and quotes are typed at a cursor; None: as every other character."""
    before, after = line[:column], line[column : column + 1]
    if character in _CLOSERS:
        opener = next(key for key, value in PAIRS.items() if value == character)
        closed = line.count(character) >= line.count(opener)
        return Typed("", over=1) if after == character and closed else None
    if in_comment:
        return None
    ends = not after or after in _ENDS_A_WORD
    if character in PAIRS:
        return Typed(character + PAIRS[character], back=1) if ends else None
    if character in QUOTES:
        return _type_quote(character, before, after, ends=ends, in_string=in_string)
    return None


def _type_quote(
    quote: str, before: str, after: str, *, ends: bool, in_string: bool
) -> Typed | None:
    if in_string:
        escaped = before.endswith("\\") and not before.endswith("\\\\")
        return Typed("", over=1) if after == quote and not escaped else None
    if before.endswith(quote * 2) and not before.endswith(quote * 3):
        return Typed(quote * 4, back=3)  # the third: a string of many lines
    behind_word = before[-1:].isalnum() or before.endswith(("_", quote))
    if not ends or (behind_word and not _PREFIX.search(before)):
        return None
    return Typed(quote * 2, back=1)


def wrap(character: str, selected: str) -> str | None:
    """The selected text between a pair, where `character` opens one."""
    if character in PAIRS:
        return character + selected + PAIRS[character]
    return character + selected + character if character in QUOTES else None


def characters_before(line: str, column: int) -> tuple[int, int]:
    """How much Backspace takes away before and behind the cursor: a pair, an indent, a letter."""
    before, after = line[:column], line[column : column + 1]
    last = before[-1:]
    if last and after and (PAIRS.get(last) == after or (last in QUOTES and last == after)):
        return 1, 1
    if before and not before.strip(" "):
        return (column - 1) % INDENT + 1, 0
    return 1, 0


def line_break(line: str, column: int) -> Typed:
    """What Enter inserts: the indent of the line, deeper behind `:` and within brackets."""
    before, after = line[:column], line[column:].lstrip()
    indent = before[: len(before) - len(before.lstrip())]
    code = before.rstrip()
    if code[-1:] in PAIRS and code:
        deeper = f"\n{indent}{' ' * INDENT}"
        if after[:1] == PAIRS[code[-1]]:  # the closing one goes to a line of its own
            return Typed(f"{deeper}\n{indent}", back=1 + len(indent))
        return Typed(deeper)
    if code.endswith(":"):
        return Typed(f"\n{indent}{' ' * INDENT}")
    if _LEAVES_BLOCK.match(before) and not after:
        return Typed(f"\n{indent[:-INDENT]}")
    return Typed(f"\n{indent}")


def toggle_comment(lines: Sequence[str]) -> list[str]:
    """The lines as comments, at the depth of the least indented; commented ones as code again."""
    full = [line for line in lines if line.strip()]
    if not full:
        return list(lines)
    if all(_COMMENT.match(line) for line in full):
        return [_COMMENT.sub(r"\1", line, count=1) for line in lines]
    depth = min(len(line) - len(line.lstrip()) for line in full)
    return [f"{line[:depth]}# {line[depth:]}" if line.strip() else line for line in lines]


def indent(lines: Sequence[str]) -> list[str]:
    """The lines a level deeper; empty ones stay empty."""
    return [" " * INDENT + line if line.strip() else line for line in lines]


def dedent(lines: Sequence[str]) -> list[str]:
    """The lines a level less deep, as far as they are indented at all."""
    return [_dedent(line) for line in lines]


def _dedent(line: str) -> str:
    if line.startswith("\t"):
        return line[1:]
    spaces = len(line) - len(line.lstrip(" "))
    return line[(spaces - 1) % INDENT + 1 :] if spaces else line


def difference(old: str, new: str) -> tuple[int, int, int]:
    """The texts are the same up to the first number, and from the others to their ends."""
    shorter = min(len(old), len(new))
    start = _same(old, new, shorter)
    end = _same(old[::-1], new[::-1], shorter - start)
    return start, len(old) - end, len(new) - end


def _same(one: str, other: str, limit: int) -> int:
    """How many characters of the beginnings are the same, up to a limit; by halving."""
    least, most = 0, limit
    while least < most:
        middle = (least + most + 1) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least
