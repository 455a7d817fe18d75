"""Tunes in ABC notation: what is music, and what is not."""

from fractions import Fraction

import pytest

from knetengine.data.abc_notation import _length, read_tune, tunes

HEAD = "X:1\nT:Alexander's\nM:C|\nL:1/8\nK:D Major\n"


def test_the_notes_and_the_full_bars_are_counted() -> None:
    tune = read_tune(HEAD + "(3ABc|dAFA DFAd|fdcd FAdf|gfge fefd|(3efe dc d2:|!")
    assert tune.fault == ""
    assert (tune.notes, tune.bars, tune.full) == (33, 5, 3)  # a beginning and an end are shorter


@pytest.mark.parametrize(
    ("note", "length"),
    [
        ("A", Fraction(1)),
        ("A3", Fraction(3)),
        ("A/", Fraction(1, 2)),
        ("A//", Fraction(1, 4)),
        ("A3/2", Fraction(3, 2)),
        ("^c'/4", Fraction(1, 4)),
    ],
)
def test_a_note_lasts_what_stands_behind_it(note: str, length: Fraction) -> None:
    assert _length(note) == length


FAULTS = {
    "hello": "line 1: the header ends without a key, K:",
    "T:no number\nK:D\nA": "line 1: a tune begins with its number, X:1",
    "X:one\nT:a\nK:D\nA": "line 1: X:one is not a number",
    "X:1\nK:D\nA": "there is no title, T:",
    "X:1\nT:a\nK:Q sharp\nA": "K:Q sharp is not a key",
    "X:1\nT:a\nM:four\nK:D\nA": "M:four is not a metre",
    "X:1\nT:a\nL:1/9\nK:D\nA": "L:1/9 is not a length of notes",
    "X:1\nT:a": "there is no key, K:",
    HEAD: "there are no notes",
    HEAD + "| | |": "there are no notes",
    HEAD + "dAFA\nDF@d": "line 7, column 3: '@' is not music",
    HEAD + "dAFs|": "line 6, column 4: 's' is not music",
}


@pytest.mark.parametrize("text", FAULTS)
def test_what_is_not_music_is_told(text: str) -> None:
    assert read_tune(text).fault == FAULTS[text]


def test_a_book_is_divided_into_tunes() -> None:
    book = f"a preface\n\n{HEAD}A\n\n\n{HEAD}B\n\nX:7\nT:cut"
    assert [read_tune(tune).fault for tune in tunes(book)] == ["", "", "there is no key, K:"]
    assert len(tunes(book.replace("\n", "\r\n"))) == 3
