"""Charts in braille dots, two across and four down a cell, by numpy.

Five curves that were thinned from 100,000 points take 2 ms on 116 x 34 cells; plotext takes 34 (see
docs/decisions/curves.md). Import this module late: it loads numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, NamedTuple

import numpy as np

from knetui.charts.chart import Chart, Colour, Layout, Line, Scale, Vector, lay_out
from knetui.charts.polyline import column_spans

Ink = Colour | Literal["axis", "mark", "cursor", "title"]
# Unicode counts the dots of a cell down its left side, then down its right, and those of the lowest
# row last. Here a row of SPAN_BITS is where a span of the left dots begins, a column where it ends.
LEFT_DOTS = (0x01, 0x02, 0x04, 0x40)
SPAN_BITS = np.array([[sum(LEFT_DOTS[a:b]) for b in range(5)] for a in range(5)], np.uint8)
TO_THE_RIGHT = np.array(
    [((bits & 0x07) << 3) | ((bits & 0x40) << 1) for bits in range(0x48)], np.uint8
)
SMALLEST = (12, 4)  # columns and rows
LABEL_COLUMNS = 12  # from one label of the horizontal axis to the next
TITLED_LABEL = 5  # columns: charts that stand above one another begin in the same column
BEST, READ = "◆", "●"


class Run(NamedTuple):
    """Cells beside one another in the same ink."""

    text: str
    ink: Ink


@dataclass
class Drawing:
    """A drawn chart: its rows, and where on it the curves are."""

    rows: list[list[Run]]
    layout: Layout
    left: int  # columns left of the curves
    top: int
    columns: int  # of the curves
    lines: int  # rows of the curves

    def value_at(self, column: float) -> float:
        """The x value at a column of the drawing."""
        share = (column - self.left + 0.5) / self.columns
        return self.layout.x.value(min(max(share, 0.0), 1.0))

    def column_around(self, value: float) -> tuple[float, float]:
        """The x values at both edges of the column that an x value is in."""
        share = self.layout.x.place(value)
        column = _cell(0.0 if share is None else share, self.columns)
        value_at = self.layout.x.value
        return value_at(column / self.columns), value_at((column + 1) / self.columns)

    def value_beside(self, value: float, columns: int) -> float:
        """The x value so many columns to the right of another; not outside."""
        share = (self.layout.x.place(value) or 0.0) + columns / self.columns
        return self.layout.x.value(min(max(share, 0.0), 1.0))

    def column_of(self, value: float) -> int | None:
        """The column of the drawing at which an x value is; None where it is not seen."""
        share = self.layout.x.place(value)
        return None if share is None else self.left + _cell(share, self.columns)


def draw(chart: Chart, width: int, height: int, cursor: float | None = None) -> Drawing | None:
    """The chart as `height` rows of `width` cells; None when nothing fits or nothing is seen."""
    rows = height - bool(chart.title)
    if width < SMALLEST[0] or rows < SMALLEST[1] or (layout := lay_out(chart)) is None:
        return None
    lines = rows - 2
    y_ticks = {
        lines - 1 - _cell(share, lines): text for share, text in layout.y.ticks(max(1, lines // 2))
    }
    left = 1 + max(TITLED_LABEL if chart.title else 0, *map(len, y_ticks.values()), 0)
    columns = width - left
    if columns < 4:
        return None
    canvas = Canvas(columns, lines)
    for mark in chart.marks:
        if (share := layout.x.place(mark.x)) is not None:
            canvas.rule(_cell(share, columns), "┊", "mark", mark.letter)
    if cursor is not None and (share := layout.x.place(cursor)) is not None:
        canvas.rule(_cell(share, columns), "│", "cursor")
    for line in layout.lines:
        canvas.line(line, layout.x, layout.y)
    for original in chart.lines:
        _mark_points(canvas, original, layout, cursor)
    body = [
        [Run(f"{y_ticks.get(row, ''):>{left - 1}}{'┤' if row in y_ticks else '│'}", "axis"), *runs]
        for row, runs in enumerate(canvas.rows())
    ]
    title = [[Run(f"{chart.title:<{width}}"[:width], "title")]] if chart.title else []
    axis = _horizontal_axis(layout.x, left, columns, chart.x_name)
    return Drawing([*title, *body, *axis], layout, left, len(title), columns, lines)


def _mark_points(canvas: Canvas, line: Line, layout: Layout, cursor: float | None) -> None:
    """The best point of a line, and the one that is being read."""
    if line.best is not None:
        canvas.point(line.best, layout, BEST, line.colour)
    if cursor is not None and line.name and len(line.x) and line.x[0] <= cursor <= line.x[-1]:
        value = float(np.interp(cursor, line.x, line.y))
        canvas.point((cursor, value), layout, READ, line.colour)


class Canvas:
    """Cells that lines are drawn into; of several lines in a cell, the last gives the colour."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.row_count = columns, rows
        self._dots = np.zeros((rows, columns), np.uint8)
        self._inks = np.zeros((rows, columns), np.intp)
        self._signs: dict[tuple[int, int], tuple[str, Ink]] = {}
        self._rules: dict[int, tuple[str, Ink, str]] = {}
        self._table: list[Ink] = ["axis"]

    def rule(self, column: int, sign: str, ink: Ink, letter: str = "") -> None:
        """A vertical line behind the curves, with a letter at its top."""
        before = self._rules.get(column)
        letter = (before[2] if before else "") or letter  # of several events the first
        self._rules[column] = (sign, ink, letter)

    def line(self, line: Line, x: Scale, y: Scale) -> None:
        """A laid-out line: each column of dots from the lowest to the highest it reaches there."""
        columns, rows = 2 * self.columns, 4 * self.row_count
        low, high = column_spans(x.share(line.x), y.share(line.y), columns)
        seen = np.flatnonzero(~np.isnan(low))
        if not len(seen):
            return
        first = np.full(columns, rows)  # dots from the top; none
        last = np.full(columns, -1)
        first[seen] = rows - 1 - _cells(high[seen], rows)
        last[seen] = rows - 1 - _cells(low[seen], rows)
        above = 4 * np.arange(self.row_count)[:, None]
        dots = SPAN_BITS[(first - above).clip(0, 4), (last + 1 - above).clip(0, 4)]
        bits = dots[:, 0::2] | TO_THE_RIGHT[dots[:, 1::2]]
        self._table.append(line.colour)
        self._dots |= bits
        self._inks[bits > 0] = len(self._table) - 1

    def point(self, at: tuple[float, float], layout: Layout, sign: str, ink: Ink) -> None:
        """A sign over the curves."""
        across, up = layout.x.place(at[0]), layout.y.place(at[1])
        if across is not None and up is not None:
            row = self.row_count - 1 - _cell(up, self.row_count)
            self._signs[row, _cell(across, self.columns)] = (sign, ink)

    def rows(self) -> list[list[Run]]:
        """The cells, in runs of the same ink."""
        codes = (self._dots.astype(np.uint32) + 0x2800).tobytes().decode("utf-32-le")
        inks = self._inks.tolist()
        made: list[list[Run]] = []
        for row in range(self.row_count):
            text = codes[row * self.columns : (row + 1) * self.columns].replace("\u2800", " ")
            if not self._rules and not self._signs:
                made.append(_runs(text, inks[row], self._table))
                continue
            cells = list(text)
            table = list(self._table)
            self._lay_over(row, cells, inks[row], table)
            made.append(_runs("".join(cells), inks[row], table))
        return made

    def _lay_over(self, row: int, cells: list[str], inks: list[int], table: list[Ink]) -> None:
        """Rules where no curve is, letters at the top, signs over everything."""
        for column, (sign, ink, letter) in self._rules.items():
            if (letter and row == 0) or cells[column] == " ":
                cells[column] = letter if letter and row == 0 else sign
                table.append(ink)
                inks[column] = len(table) - 1
        for (sign_row, column), (sign, ink) in self._signs.items():
            if sign_row == row:
                cells[column] = sign
                table.append(ink)
                inks[column] = len(table) - 1


def _runs(text: str, inks: list[int], table: list[Ink]) -> list[Run]:
    runs: list[Run] = []
    begin = 0
    for number, group in groupby(inks):
        end = begin + len(list(group))
        runs.append(Run(text[begin:end], table[number]))
        begin = end
    return runs


def _horizontal_axis(x: Scale, left: int, columns: int, name: str) -> list[list[Run]]:
    """The line below the curves, and what its ticks mean."""
    room = columns - len(name) - 1
    line = ["─"] * columns
    words = [" "] * (left + columns)
    free = 0
    for share, text in x.ticks(max(1, columns // LABEL_COLUMNS)):
        column = _cell(share, columns)
        line[column] = "┬"
        begin = max(free, min(left + column - len(text) // 2, left + columns - len(text)))
        begin = max(0, begin)
        fits = begin + len(text) <= (left + room if room > 2 * LABEL_COLUMNS else left + columns)
        if fits and abs(begin + len(text) // 2 - left - column) <= len(text):
            words[begin : begin + len(text)] = text
            free = begin + len(text) + 1
    if room > 2 * LABEL_COLUMNS:
        words[-len(name) :] = name
    return [[Run(" " * (left - 1) + "└" + "".join(line), "axis")], [Run("".join(words), "axis")]]


def _cell(share: float, count: int) -> int:
    return min(max(int(share * count), 0), count - 1)


def _cells(shares: Vector, count: int) -> Any:
    """The same of many; a value at the very top is in the topmost."""
    return np.clip((shares * count).astype(np.intp), 0, count - 1)
