"""The words of the command line, and what was probably meant."""

import pytest

from knetui.cli import app
from knetui.command_line.words import WORDS, unknown_word


def test_the_words_are_the_commands() -> None:
    commands = {name for name in app if not name.startswith("-")}
    assert set(WORDS) == commands


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("trian", "train"), ("run", "runs"), ("dcotor", "doctor"), ("atach", "attach")],
)
def test_a_mistyped_word_names_the_nearest(typed: str, meant: str) -> None:
    assert unknown_word(typed) == (
        f"{typed} is neither a command nor a file; did you mean `knet-tui {meant}`? "
        "(`knet-tui --help` lists the commands)"
    )


def test_a_word_like_no_other_names_none() -> None:
    assert unknown_word("xyzzy") == (
        "xyzzy is neither a command nor a file (`knet-tui --help` lists the commands)"
    )
