"""Curves as text with colours: the only module that knows plotext.

plotext 5 keeps one figure for the whole process; each chart is therefore built in one call and
leaves nothing behind. Import this module late: plotext costs 60 ms.
"""

import math
from typing import Any, NamedTuple

import plotext

Colour = tuple[int, int, int]
Points = list[tuple[float, float]]

_plot: Any = plotext


class Series(NamedTuple):
    """One curve: its points and the colour that it is drawn in."""

    points: Points
    colour: Colour


def draw(series: list[Series], width: int, height: int, *, logarithmic: bool = False) -> str:
    """The chart as `height` lines of `width` cells with ANSI colours; empty when nothing fits.

    Points must be finite. On a logarithmic axis those at or below zero are left out.
    """
    if logarithmic:
        series = [Series(_logarithms(s.points), s.colour) for s in series]
    shown = [s for s in series if s.points]
    if not shown or width < 12 or height < 4:
        return ""
    lowest = min(y for s in shown for _, y in s.points)
    highest = max(y for s in shown for _, y in s.points)
    if lowest == highest:  # a flat line in the middle, not on the frame
        pad = 1.0 if logarithmic else abs(lowest) * 0.1 or 1.0
        lowest, highest = lowest - pad, highest + pad
    _plot.clear_figure()
    _plot.limit_size(False, False)  # of the terminal, which need not be where the chart goes
    _plot.theme("clear")
    _plot.plot_size(width, height)
    for points, colour in shown:
        _plot.plot(*zip(*points, strict=True), marker="braille", color=colour)
    ticks = nice_ticks(lowest, highest, height // 3)
    if logarithmic:
        ticks = _powers(lowest, highest) or ticks
    _plot.yticks(ticks, [short(_power(tick) if logarithmic else tick) for tick in ticks])
    first = min(s.points[0][0] for s in shown)
    last = max(s.points[-1][0] for s in shown)
    marks = [tick for tick in nice_ticks(first, last, width // 12) if first <= tick <= last]
    _plot.xticks(marks, [short(mark) for mark in marks])
    _plot.ylim(lowest, highest)
    chart = _plot.build()
    _plot.clear_figure()
    return chart.rstrip("\n")


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) within `low` to `high`."""
    if not high > low:
        return [low]
    step = 10.0 ** math.floor(math.log10((high - low) / max(most, 1)))
    for factor in (1, 2, 5, 10):
        if (high - low) / (step * factor) <= max(most, 1):
            step *= factor
            break
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)] or [low]


def short(value: float) -> str:
    """A number in at most seven characters: `0.25`, `1500`, `2.1e+07`."""
    if value == 0:
        return "0"
    if abs(value) < 1e5 and value == int(value):
        return str(int(value))
    return f"{value:.3g}"


def _power(exponent: float) -> float:
    return 10.0**exponent if exponent < 308 else math.inf


def _powers(low: float, high: float) -> list[float]:
    """The logarithms of 1, 2 and 5 times the powers of ten between `low` and `high`."""
    decades = range(math.floor(low), math.ceil(high) + 1)
    factors = (1, 2, 5) if high - low < 4 else (1,)
    ticks = [decade + math.log10(factor) for decade in decades for factor in factors]
    return [tick for tick in ticks if low <= tick <= high]


def _logarithms(points: Points) -> Points:
    return [(x, math.log10(y)) for x, y in points if y > 0]
