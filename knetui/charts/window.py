"""The part of a horizontal axis that is looked at: zooming and panning."""

import math

from knetui.charts.ticks import power

Window = tuple[float, float]
NARROWEST = 1e-6  # of the whole


def zoomed(window: Window | None, whole: Window, at: float, factor: float, log: bool) -> Window:
    """The window `factor` times as wide, with `at` staying where it is on the screen."""
    low, high = _laid_out(window or whole, log)
    least, most = _laid_out(whole, log)
    (fixed,) = (min(max(place, low), high) for place in _laid_out((at,), log))
    factor = max(factor, NARROWEST * (most - least) / (high - low) if high > low else 1.0)
    return _kept(fixed - (fixed - low) * factor, fixed + (high - fixed) * factor, whole, log)


def panned(window: Window | None, whole: Window, share: float, log: bool) -> Window:
    """The window moved by a share of its width."""
    low, high = _laid_out(window or whole, log)
    by = share * (high - low)
    return _kept(low + by, high + by, whole, log)


def is_whole(window: Window, whole: Window, log: bool) -> bool:
    """Whether nothing is left out."""
    low, high = _laid_out(window, log)
    least, most = _laid_out(whole, log)
    slack = 1e-6 * (most - least)
    return low <= least + slack and high >= most - slack


def _kept(low: float, high: float, whole: Window, log: bool) -> Window:
    """The same width, moved to where there is something to see."""
    least, most = _laid_out(whole, log)
    width = min(high - low, most - least)
    low = min(max(low, least), most - width)
    return (power(low), power(low + width)) if log else (low, low + width)


def _laid_out(places: tuple[float, ...], log: bool) -> tuple[float, ...]:
    return tuple(math.log10(max(p, 1e-300)) for p in places) if log else places
