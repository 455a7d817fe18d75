"""What may be typed to go to a line."""

import pytest

from knetui.editing.line_place import place_of


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("1", (0, 0)),
        (" 12 ", (11, 0)),
        ("12:5", (11, 4)),
        ("12,5", (11, 4)),
        ("+3", (8, 0)),
        ("-3", (2, 0)),
        ("-99", (0, 0)),
        ("0", (0, 0)),
        ("1000", (99, 0)),
        ("", None),
        ("x", None),
        ("1.5", None),
    ],
)
def test_places_from_row_5_of_100(words: str, place: tuple[int, int] | None) -> None:
    assert place_of(words, 5, 100) == place
