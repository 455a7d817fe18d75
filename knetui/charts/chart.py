"""A chart before it is drawn: its lines on their scales, whatever it will be drawn with.

Import this module late: it loads numpy, which takes 120 ms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from knetui.charts.ticks import labels, logarithmic_ticks, nice_ticks, power

Vector = np.ndarray[Any, np.dtype[np.float64]]
Point = tuple[float, float]
Colour = tuple[int, int, int]
LEAST_SPAN = 1e-12  # of the values at the ends: closer together, floats are as few as ticks


class Line(NamedTuple):
    """One curve: finite points in the order of x, and the colour that they are drawn in."""

    name: str
    colour: Colour
    x: Vector
    y: Vector
    best: Point | None = None  # marked


class Mark(NamedTuple):
    """Something that happened at a place of the horizontal axis: a letter on a thin line."""

    x: float
    letter: str


@dataclass
class Chart:
    """What is to be drawn; the lines that come last are drawn over the others."""

    title: str
    lines: list[Line]
    x_name: str = "epoch"
    log_x: bool = False
    log_y: bool = False
    window: tuple[float, float] | None = None  # of x; None: all of it
    marks: list[Mark] = field(default_factory=lambda: list[Mark]())


class Scale(NamedTuple):
    """An axis; `low` and `high` are logarithms on a logarithmic one."""

    low: float
    high: float
    logarithmic: bool = False

    def of(self, values: Vector) -> Vector:
        """The values as they are laid out on this axis; not finite where it has no place."""
        if not self.logarithmic:
            return values
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log10(values)

    def share(self, laid_out: Vector) -> Vector:
        """How far along the axis, from 0 to 1 where it is seen."""
        half = self.high / 2 - self.low / 2  # halves: the largest floats are further apart
        return (laid_out / 2 - self.low / 2) / half

    def place(self, value: float) -> float | None:
        """How far along the axis a single value is; None where it is not seen."""
        if self.logarithmic and value <= 0:
            return None
        laid_out = math.log10(value) if self.logarithmic else value
        share = (laid_out / 2 - self.low / 2) / (self.high / 2 - self.low / 2)
        return share if -1e-9 <= share <= 1 + 1e-9 else None

    def value(self, share: float) -> float:
        """The value so far along the axis."""
        laid_out = self.low + 2 * share * (self.high / 2 - self.low / 2)
        return power(laid_out) if self.logarithmic else laid_out

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """At most about so many round values: how far along, and written out."""
        find = logarithmic_ticks if self.logarithmic else nice_ticks
        ticks = find(self.low, self.high, max(1, most))
        texts = labels([power(tick) if self.logarithmic else tick for tick in ticks])
        shares = self.share(np.array(ticks)).tolist()
        seen = [0 <= round(share, 9) <= 1 for share in shares]
        pairs = zip(shares, texts, seen, strict=True)
        return [(min(max(share, 0.0), 1.0), text) for share, text, inside in pairs if inside]


class Layout(NamedTuple):
    """A chart's scales, and its lines laid out on them."""

    x: Scale
    y: Scale
    lines: list[Line]  # those that are seen


def lay_out(chart: Chart) -> Layout | None:
    """Find the scales that hold what is seen; None when nothing is."""
    x_kind, y_kind = Scale(0, 1, chart.log_x), Scale(0, 1, chart.log_y)
    lines: list[Line] = []
    for line in chart.lines:
        x, y = x_kind.of(line.x), y_kind.of(line.y)
        if chart.log_x or chart.log_y:
            finite = np.isfinite(x) & np.isfinite(y)
            if not finite.all():
                x, y = x[finite], y[finite]
        if len(x):
            lines.append(line._replace(x=x, y=y))
    if not lines:
        return None
    low = min(float(line.x[0]) for line in lines)
    high = max(float(line.x[-1]) for line in lines)
    if chart.window is not None:
        ends = x_kind.of(np.array(chart.window))
        low = float(ends[0]) if np.isfinite(ends[0]) else low
        high = float(ends[1])
    x_scale = Scale(*_apart(low, high, chart.log_x), chart.log_x)
    spans = [span for line in lines if (span := _span(line, x_scale)) is not None]
    if not spans:
        return None
    bottom, top = min(span[0] for span in spans), max(span[1] for span in spans)
    return Layout(x_scale, Scale(*_apart(bottom, top, chart.log_y), chart.log_y), lines)


def _span(line: Line, x: Scale) -> tuple[float, float] | None:
    """The lowest and highest value of what is seen of a line."""
    if line.x[0] > x.high or line.x[-1] < x.low:
        return None
    begin, end = np.searchsorted(line.x, [x.low, x.high], side="left").tolist()
    end = max(end, int(np.searchsorted(line.x, x.high, side="right")))
    seen = line.y[begin:end]
    inside = [max(x.low, float(line.x[0])), min(x.high, float(line.x[-1]))]
    ends = np.interp(inside, line.x, line.y)
    seen = np.concatenate((seen, ends))
    return float(seen.min()), float(seen.max())


def _apart(low: float, high: float, logarithmic: bool) -> tuple[float, float]:
    """The ends of an axis, with room between them: a flat line is in the middle."""
    if high - low > LEAST_SPAN * max(abs(low), abs(high)):
        return low, high
    pad = 1.0 if logarithmic else abs(low) * 0.1 or 1.0
    return max(low - pad, -1.7e308), min(high + pad, 1.7e308)
