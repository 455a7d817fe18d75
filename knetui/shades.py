"""Colours for text: how sure the model was of each character, or what a hidden unit thought.

From orange by grey to blue, which the colour-blind can tell apart, and which differ in brightness.
"""

from collections.abc import Callable, Sequence

from rich.color import Color
from rich.style import Style
from rich.text import Text

Colour = tuple[int, int, int]
LEVELS = 8  # so many steps on either side of the middle; more make more pieces to draw

# low, middle, high; on dark ground and on light
CHANCES: dict[bool, tuple[Colour, Colour, Colour]] = {
    True: ((240, 165, 40), (190, 190, 190), (95, 190, 245)),
    False: ((140, 80, 0), (85, 85, 85), (0, 80, 150)),
}
UNITS: dict[bool, tuple[Colour, Colour, Colour]] = {
    True: ((150, 85, 0), (30, 30, 30), (0, 85, 150)),
    False: ((255, 205, 120), (245, 245, 245), (150, 210, 250)),
}
SURE = 0.5  # a chance of a half is the middle


def by_chance(text: str, chances: Sequence[float], *, dark: bool) -> Text:
    """The text coloured by the chance of each character; what was given is bold."""

    def style(chance: float) -> Style:
        if chance <= 0:
            return Style(bold=True)
        return Style(color=_mixed(CHANCES[dark], (chance - SURE) / SURE))

    return _styled(text, [_level(chance) for chance in chances], style)


def by_unit(text: str, units: Sequence[float], *, dark: bool) -> Text:
    """The text on grounds coloured by a value from -1 to 1 for each character."""

    def style(value: float) -> Style:
        return Style(bgcolor=_mixed(UNITS[dark], value))

    return _styled(text, [round(max(-1.0, min(1.0, u)) * LEVELS) / LEVELS for u in units], style)


def _level(chance: float) -> float:
    if chance <= 0:
        return 0.0
    return max(1, round(chance * 2 * LEVELS)) / (2 * LEVELS)


def _styled(text: str, values: Sequence[float], style: Callable[[float], Style]) -> Text:
    """The text with a style for each stretch of equal values; what has no value has no style."""
    styled = Text(text[len(values) :])
    parts = Text()
    start = 0
    for end in range(1, len(values) + 1):
        if end == len(values) or values[end] != values[start]:
            parts.append(text[start:end], style(values[start]))
            start = end
    return parts.append_text(styled)


def _mixed(colours: tuple[Colour, Colour, Colour], value: float) -> Color:
    """The colour for a value from -1 to 1."""
    low, middle, high = colours
    end, share = (high, value) if value > 0 else (low, -value)
    return Color.from_rgb(
        *(a + (b - a) * min(1.0, share) for a, b in zip(middle, end, strict=True))
    )
