"""The text of the editor with its syntax tree, quick at any length."""

from collections.abc import Callable
from functools import cache

from rich.cells import cell_len
from textual.document._document import EditResult, Location
from textual.document._syntax_aware_document import SyntaxAwareDocument
from textual.document._wrapped_document import WrappedDocument
from textual.geometry import Size
from textual.widgets import TextArea
from tree_sitter import Language, Node, Query, QueryCursor

Highlight = tuple[int, int | None, str]
OnReplaced = Callable[[Location, Location, Location], None]
BLOCK_ROWS = 4  # queried at once, in 0.1 to 0.2 ms; a screen of them takes less than one of 64


@cache
def python() -> tuple[Language, Query]:
    """The grammar, and what of it is coloured."""
    import tree_sitter_python

    language = Language(tree_sitter_python.language())
    source = TextArea._get_builtin_highlight_query("python")  # pyright: ignore[reportPrivateUsage]
    return language, Query(language, source)


class PythonDocument(SyntaxAwareDocument):
    """A document that remembers, from key to key, what Textual computes anew of all lines.

    Of 5,000 lines, the widths of all took 11 ms a key, their text 0.3 ms for each line drawn. See
    docs/decisions/editor-highlighting.md.
    """

    def __init__(self, text: str, on_replaced: OnReplaced | None = None) -> None:
        super().__init__(text, python()[0])
        self._on_replaced = on_replaced
        self._text: str | None = text
        self._widths: list[int] | None = None
        self._tab_width = 0
        self._sizes = [len(line.encode()) for line in self._lines]  # in bytes

    @property
    def root(self) -> Node:
        """The syntax tree, up to date."""
        return self._syntax_tree.root_node

    @property
    def text(self) -> str:
        """The whole text."""
        if self._text is None:
            self._text = super().text
        return self._text

    def get_size(self, tab_width: int) -> Size:
        """The size in cells."""
        if self._widths is None or tab_width != self._tab_width:
            self._tab_width = tab_width
            self._widths = [self._width(line) for line in self._lines]
        return Size(max(self._widths, default=0), len(self._lines))

    def replace_range(self, start: Location, end: Location, text: str) -> EditResult:
        """Replace a range; then whoever marks lines is told."""
        top, bottom = sorted((start, end))
        self._text = None
        result = super().replace_range(start, end, text)
        new = self._lines[top[0] : result.end_location[0] + 1]
        self._sizes[top[0] : bottom[0] + 1] = [len(line.encode()) for line in new]
        if self._widths is not None:
            self._widths[top[0] : bottom[0] + 1] = [self._width(line) for line in new]
        if self._on_replaced is not None:
            self._on_replaced(top, bottom, result.end_location)
        return result

    def _location_to_byte_offset(self, location: Location) -> int:
        row, column = location
        left = len(self._lines[row][:column].encode()) if row < len(self._lines) else 0
        return sum(self._sizes[:row]) + len(self.newline) * row + left

    def _width(self, line: str) -> int:
        plain = line.isascii() and "\t" not in line
        return len(line) if plain else cell_len(line.expandtabs(self._tab_width))

    def in_string_or_comment(self, location: Location) -> tuple[bool, bool]:
        """Whether text typed at the location would belong to a string, to a comment."""
        row, column = location
        if column == 0 and row == 0:
            return False, False
        place = self._location_to_point(location)
        before = (row, place[1] - 1) if place[1] else (row - 1, len(self._lines[row - 1].encode()))
        node = self.root.descendant_for_point_range(before, place)
        while node is not None:
            if node.type == "comment":
                return False, node.start_point[0] == row
            if node.type == "interpolation":  # of an f-string: code
                return False, False
            if node.type == "string":
                return node.start_point < place < node.end_point, False
            node = node.parent
        return False, False


class UnwrappedDocument(WrappedDocument):
    """Long lines go on to the right: there are as many rows as lines, without counting each."""

    @property
    def height(self) -> int:
        """The rows; Textual counts them anew for each that is drawn, 0.2 ms of 3,000 lines."""
        return self.document.line_count


class VisibleHighlights(dict[int, list[Highlight]]):
    """The coloured pieces of each line, looked for where somebody looks at them."""

    def __init__(self, root: Node, query: Query) -> None:
        super().__init__()
        self._root = root
        self._query = query

    def __bool__(self) -> bool:  # Textual asks whether there are any at all
        return True

    def __missing__(self, row: int) -> list[Highlight]:
        first = row - row % BLOCK_ROWS
        end = first + BLOCK_ROWS
        for known in range(first, end):
            self[known] = []
        cursor = QueryCursor(self._query)
        cursor.set_point_range((first, 0), (end, 0))
        for name, nodes in cursor.captures(self._root).items():
            for node in nodes:
                self._add(name, node, range(first, end))
        return self[row]

    def _add(self, name: str, node: Node, rows: range) -> None:
        (top, left), (bottom, right) = node.start_point, node.end_point
        for row in range(max(top, rows.start), min(bottom + 1, rows.stop)):
            self[row].append((left if row == top else 0, right if row == bottom else None, name))
