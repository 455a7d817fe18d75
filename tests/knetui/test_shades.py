"""Text coloured by what the model thought of each character."""

import pytest
from rich.color import Color

from knetui.shades import CHANCES, LEVELS, by_chance, by_unit


def colours(text, attribute: str) -> list[Color]:
    return [getattr(span.style, attribute) for span in text.spans]


@pytest.mark.parametrize("dark", [True, False])
def test_the_surer_the_bluer(dark: bool) -> None:
    text = by_chance("abc", [0.02, 0.5, 1.0], dark=dark)
    assert text.plain == "abc"
    low, middle, high = (colour.get_truecolor() for colour in colours(text, "color"))
    assert middle == CHANCES[dark][1]
    assert high == CHANCES[dark][2]
    assert low.red > low.blue
    assert high.blue > high.red


def test_what_was_given_is_bold_and_what_is_to_come_is_plain() -> None:
    text = by_chance("abcd", [0.0, 0.0, 1.0], dark=True)
    assert text.plain == "abcd"
    assert [(span.start, span.end, span.style.bold) for span in text.spans] == [
        (0, 2, True),
        (2, 3, None),
    ]


def test_a_unit_colours_the_ground_and_extremes_are_kept_in_bounds() -> None:
    text = by_unit("abcd", [-7.0, 0.0, 1.0, 1.0], dark=True)
    grounds = colours(text, "bgcolor")
    assert len(grounds) == 3
    assert grounds == colours(by_unit("abc", [-1.0, 0.0, 1.0], dark=True), "bgcolor")


def test_many_values_make_few_styles() -> None:
    chances = [(i % 997 + 1) / 997 for i in range(5000)]
    styles = {str(span.style) for span in by_chance("x" * 5000, chances, dark=False).spans}
    assert len(styles) <= 2 * LEVELS
