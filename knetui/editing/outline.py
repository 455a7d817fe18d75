"""The functions and classes of a program, by its syntax tree, and by words where that is torn."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tree_sitter import Node

_DEFINITIONS = {"function_definition": "def", "class_definition": "class"}
_LOOKED_INTO = frozenset(
    (
        *("module", "block", "decorated_definition", "ERROR"),
        *("if_statement", "elif_clause", "else_clause", "with_statement", "try_statement"),
        *("except_clause", "finally_clause", "for_statement", "while_statement"),
        *("match_statement", "case_clause"),
    )
)
_FIRST_WORDS = re.compile(r"([ \t]*)(?:async[ \t]+)?(def|class)[ \t]+([^\W\d]\w*)")


class Entry(NamedTuple):
    """A function or class: `row` is the line of its name, `depth` how many are around it."""

    kind: str
    name: str
    parameters: str
    row: int
    depth: int


def outline(root: Node, lines: Sequence[str]) -> list[Entry]:
    """All functions and classes in the order of the text, of which `root` is the syntax tree."""
    entries = list(_entries(root, 0))
    if root.has_error:  # a bracket left open may have swallowed others
        entries = sorted([*entries, *_missing(entries, lines)], key=lambda entry: entry.row)
    return entries


def _entries(node: Node, depth: int) -> Iterator[Entry]:
    for child in node.named_children:
        kind = _DEFINITIONS.get(child.type)
        if kind is not None:
            yield _entry(child, kind, depth)
            body = child.child_by_field_name("body")
            if body is not None:
                yield from _entries(body, depth + 1)
        elif child.type in _LOOKED_INTO:
            yield from _entries(child, depth)


def _entry(node: Node, kind: str, depth: int) -> Entry:
    name = node.child_by_field_name("name")
    parameters = node.child_by_field_name("parameters") or node.child_by_field_name("superclasses")
    row = (name or node).start_point[0]
    words = "" if parameters is None or parameters.has_error else _in_a_line(parameters)
    return Entry(kind, _text(name) if name else "", words, row, depth)


def _missing(entries: Sequence[Entry], lines: Sequence[str]) -> Iterator[Entry]:
    known = {entry.row for entry in entries}
    for row, line in enumerate(lines):
        if row not in known and (found := _FIRST_WORDS.match(line)):
            depth = len(found[1].expandtabs(4)) // 4
            yield Entry(found[2], found[3], "", row, depth)


def _in_a_line(parameters: Node) -> str:
    """The parameters as they would be on one line, without comments."""
    kept = [_text(node) for node in parameters.named_children if node.type != "comment"]
    return "(" + ", ".join(" ".join(words.split()) for words in kept) + ")"


def _text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace")


def around(entries: Sequence[Entry], row: int) -> int | None:
    """The index of the last that begins at the row or above: where the cursor is."""
    return next((i for i in reversed(range(len(entries))) if entries[i].row <= row), None)
