"""Round numbers along an axis, and how they are written."""

import math


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) within `low` to `high`."""
    if not high > low:
        return [low]
    step = 10.0 ** math.floor(math.log10(high - low) - math.log10(max(most, 1)))
    for factor in (1, 2, 5, 10):
        if (high - low) / (step * factor) <= max(most, 1):
            step *= factor
            break
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)] or [low]


def logarithmic_ticks(low: float, high: float, most: int) -> list[float]:
    """The logarithms of round numbers within `low` to `high`, which are logarithms too."""
    decades = range(math.floor(low), math.ceil(high) + 1)
    for factors in ((1, 2, 5), (1,)):
        ticks = [decade + math.log10(factor) for decade in decades for factor in factors]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if 2 <= len(ticks) <= most:
            return ticks
    if len(ticks) > most:
        return ticks[:: -(-len(ticks) // most)]
    if abs(low) > 300 or abs(high) > 300:  # no room for the numbers themselves
        return ticks or [low]
    return [math.log10(tick) for tick in nice_ticks(10**low, 10**high, most) if tick > 0]


def short(value: float, digits: int = 3) -> str:
    """A number in few characters: `0.25`, `1500`, `2.1e+07`."""
    if value == 0:
        return "0"
    if abs(value) < 1e5 and value == int(value):
        return str(int(value))
    return f"{value:.{digits}g}"


def labels(ticks: list[float]) -> list[str]:
    """The ticks with just so many digits that no two read the same."""
    texts = [short(tick) for tick in ticks]
    for digits in range(4, 16):
        if len(set(texts)) == len(ticks):
            break
        texts = [short(tick, digits) for tick in ticks]
    return texts


def power(exponent: float) -> float:
    """Ten to that power; infinite where no float is."""
    return 10.0**exponent if exponent < 308.25 else math.inf
