"""A map of a pool: its segments, cell by cell, by the size class of the segment.

States are letters, so that a row is a string: what is in use, what waits for a stream, what is free
but split off a segment that is in use (it cannot go back to the device), and what is wholly free.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # the workbench starts without the engine's arrays, which saves 50 ms
    from knetengine.gpu.memory import Segment

IN_USE, WAITING, SPLIT, FREE = "A", "W", "S", "F"
END = "a"  # the last cell of a block in use, where another follows
GAP = " "  # between two segments

GLYPHS = {IN_USE: "█", END: "▊", WAITING: "▚", SPLIT: "▒", FREE: "░", GAP: " "}
WORDS = {IN_USE: "in use", SPLIT: "split off", FREE: "free", WAITING: "waits"}
LEAST_CELL = 512  # bytes: addresses of blocks are multiples of it
LABEL = 9  # columns: `≤256M x12`


class Row(NamedTuple):
    """A row of the map: the size or class and the number of its segments, or nothing; cells."""

    label: str
    cells: str


class Map(NamedTuple):
    """Rows of cells of so many bytes each. left_out: segments for which there was no room."""

    cell_bytes: int
    rows: list[Row]
    left_out: int


class SizeClass(NamedTuple):
    """Pieces of more than half of `size` bytes, up to all of it; counts, and bytes together.

    requests: how many blocks of it have been asked for since the beginning.
    """

    size: int
    used: int
    used_bytes: int
    split: int
    split_bytes: int
    free: int
    free_bytes: int
    requests: int

    @property
    def bytes(self) -> int:
        """Of all its pieces."""
        return self.used_bytes + self.split_bytes + self.free_bytes


def pieces_of(segment: Segment) -> list[tuple[int, str]]:
    """The pieces of a segment: their bytes, and their states."""
    if len(segment.pieces) == 1 and segment.pieces[0].state == "free":
        return [(segment.pieces[0].nbytes, FREE)]
    states = {"used": IN_USE, "waiting": WAITING, "free": SPLIT}
    return [(piece.nbytes, states[piece.state]) for piece in segment.pieces]


def class_of(nbytes: int) -> int:
    """The power of two that so many bytes are rounded up to."""
    return 1 << max(0, nbytes - 1).bit_length()


def size_classes(segments: Sequence[Segment], requests: dict[int, int]) -> list[SizeClass]:
    """The pieces of all segments by their size, the smallest first."""
    counts: dict[int, list[int]] = {}
    for segment in segments:
        for nbytes, state in pieces_of(segment):
            row = counts.setdefault(class_of(nbytes), [0] * 6)
            place = {SPLIT: 2, FREE: 4}.get(state, 0)
            row[place] += 1
            row[place + 1] += nbytes
    found: list[SizeClass] = []
    for size in sorted(counts.keys() | requests.keys()):
        used, used_bytes, split, split_bytes, free, free_bytes = counts.get(size, [0] * 6)
        asked = requests.get(size, 0)
        found.append(SizeClass(size, used, used_bytes, split, split_bytes, free, free_bytes, asked))
    return found


def draw_map(
    segments: Sequence[Segment], width: int, height: int, label: Callable[[int], str]
) -> Map:
    """The map with the smallest cells with which all segments fit into so many rows and columns.

    label: how a size is written in a few characters.
    """
    room = max(1, width - LABEL - 1)
    ordered = sorted(segments, key=lambda segment: -class_of(segment.nbytes))
    classes = [list(group) for _, group in groupby(ordered, key=lambda s: class_of(s.nbytes))]
    sizes = [[segment.nbytes for segment in group] for group in classes]
    cells = [LEAST_CELL << power for power in range(40)]
    fits = bisect_left(cells, True, key=lambda cell: _rows(sizes, cell, room) <= height)
    cell = cells[min(fits, len(cells) - 1)]
    rows: list[Row] = []
    left_out = 0
    for group in classes:
        lines = _wrapped(_line(group, cell), room)
        alike = len({segment.nbytes for segment in group}) == 1
        size = label(group[0].nbytes) if alike else f"≤{label(class_of(group[0].nbytes))}"
        words = f"{size} x{len(group)}"[:LABEL]
        new = [Row(words if i == 0 else "", line) for i, line in enumerate(lines)]
        if len(rows) + len(new) > height:
            kept = max(0, height - len(rows))
            shown = sum(len(row.cells.replace(GAP, "")) for row in new[:kept])
            left_out += len(group) - min(len(group), shown)
            new = new[:kept]
        rows += new
    return Map(cell, rows, left_out)


def _rows(classes: list[list[int]], cell: int, room: int) -> int:
    """How many rows it takes."""
    total = 0
    for sizes in classes:
        gap = 0 if all(size <= cell for size in sizes) else 1
        length = sum(max(1, round(size / cell)) + gap for size in sizes) - gap
        total += -(-length // room)
    return total


def _line(group: Sequence[Segment], cell: int) -> str:
    """The cells of all segments of a class; those of one cell need no gaps between them."""
    gap = "" if all(segment.nbytes <= cell for segment in group) else GAP
    return gap.join(_cells(segment, cell) for segment in group)


def _wrapped(line: str, room: int) -> list[str]:
    return [line[start : start + room] for start in range(0, len(line), room)]


def _cells(segment: Segment, cell: int) -> str:
    """The cells of a segment, each with the state of most of its bytes."""
    pieces = pieces_of(segment)
    count = max(1, round(segment.nbytes / cell))
    stride = segment.nbytes / count
    shares: list[dict[str, float]] = [{} for _ in range(count)]
    ends: set[int] = set()
    start = 0
    for place, (nbytes, state) in enumerate(pieces):
        end = start + nbytes
        first, last = int(start / stride), min(count - 1, int((end - 1) / stride))
        for at in range(first, last + 1):
            covered = min(end, (at + 1) * stride) - max(start, at * stride)
            shares[at][state] = shares[at].get(state, 0.0) + covered
        follows = place + 1 < len(pieces) and pieces[place + 1][1] == IN_USE
        if state == IN_USE and follows and last > first:
            ends.add(last if (last + 1) * stride - end < stride / 2 else last - 1)
        start = end
    letters = [max(share, key=lambda state: share[state]) for share in shares]
    return "".join(
        END if at in ends and letter == IN_USE else letter for at, letter in enumerate(letters)
    )
