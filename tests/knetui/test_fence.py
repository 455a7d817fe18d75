"""The fence: nothing that steers a terminal gets through, ordinary text does untouched."""

import sys
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from knetui.fence import fence

STEERING = {"Cc", "Cs", "Zl", "Zp"}
MAY_STAY = "\n\u200c\u200d"  # newline, and the joiners of emoji, Persian and Indic scripts


@given(st.text(st.characters(categories=None, exclude_categories=())))
@example("\x1b]52;c;aGk=\x07\x9b2J\x00\x7f\u202eevil\u2066\ufeff\U000e0041\ud800")
def test_no_steering_or_lying_character_survives(text: str) -> None:
    for character in fence(text):
        if character not in MAY_STAY:
            assert unicodedata.category(character) not in STEERING, hex(ord(character))
            assert unicodedata.bidirectional(character) not in {
                "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI",
            }  # fmt: skip


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs"])))
def test_ordinary_text_is_untouched(text: str) -> None:
    assert fence(text) == "".join(
        f"\\u{ord(c):04x}" if c in "\u3164\uffa0" else c for c in text
    )  # the two Hangul fillers are letters by category and blank by looks


@given(st.text(st.characters(categories=None, exclude_categories=())))
def test_fencing_twice_changes_nothing_more(text: str) -> None:
    assert fence(fence(text)) == fence(text)


@pytest.mark.parametrize(
    "text",
    [
        "日本語 한국어",
        "é e\u0301 ñ",
        "👩\u200d👩\u200d👧 ❤\ufe0f 🇹🇷",
        "می\u200cخواهم",
        "שלום سلام",
        "x² ∂f/∂x",
    ],
)
def test_scripts_and_emoji_are_untouched(text: str) -> None:
    assert fence(text) == text


def test_flags_made_of_tags_stay_and_other_tags_show() -> None:
    scotland = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
    assert fence(scotland) == scotland
    assert fence("a\U000e0068\U000e0069") == "a\\U000e0068\\U000e0069"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "␛[31mred"),
        ("\x00\x07\x7f", "␀␇␡"),
        ("\x9b2J", "\\x9b2J"),
        ("abc\u202etxt.exe", "abc\\u202etxt.exe"),
        ("a\tb\n\tc", "a       b\n        c"),
        ("one\r\ntwo\rthree", "one\ntwo␍three"),
        ("\udc80", "\\udc80"),
        ("soft\u00adhyphen", "soft\\xadhyphen"),
    ],
)
def test_stand_ins(text: str, shown: str) -> None:
    assert fence(text) == shown


@pytest.mark.parametrize("line", ["hello \x1b[31m world\n", "日本語\x1b[3mテキスト é🙂\n"])
def test_of_long_text_no_character_is_looked_at_alone(line: str) -> None:
    """A million characters took 12 ms; with a call a character they take 500."""
    assert _calls(line * 10_000) == _calls(line * 10)


def _calls(text: str) -> int:
    """How many functions the fence calls."""
    calls = 0

    def count(_frame: object, event: str, _function: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    fence(text)
    sys.setprofile(before)
    return calls
