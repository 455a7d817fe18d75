"""What keys do to a Python text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetui.editing import (
    Typed,
    characters_before,
    dedent,
    difference,
    indent,
    line_break,
    toggle_comment,
    type_character,
    wrap,
)

TEXT = st.text("ab \n#()", max_size=30)
LINES = st.lists(st.text("ab# ", max_size=10), min_size=1, max_size=6)


def after(line: str, column: int, typed: Typed) -> str:
    """The text with `|` where the cursor is then."""
    text = line[:column] + typed.insert + line[column:]
    cursor = column + len(typed.insert) - typed.back + typed.over
    return f"{text[:cursor]}|{text[cursor:]}"


@pytest.mark.parametrize(
    ("before", "character", "then"),
    [
        ("f|", "(", "f(|)"),
        ("f(|)", ")", "f()|"),  # typed over
        ("f(|x", "(", None),  # nothing is closed before a word
        ("f((|)", ")", None),  # one more is open than closed: it is needed
        ("x = |", '"', 'x = "|"'),
        ("x = r|", '"', 'x = r"|"'),  # behind a prefix
        ("it|", "'", None),  # an apostrophe
        ('""|', '"', '"""|"""'),
        ("x[|]", "]", "x[]|"),
        ("x|", "y", None),
    ],
)
def test_pairs_close_themselves(before: str, character: str, then: str | None) -> None:
    column = before.index("|")
    line = before.replace("|", "")
    typed = type_character(character, line, column)
    assert (None if typed is None else after(line, column, typed)) == then


def test_in_a_comment_and_in_a_string_letters_are_letters() -> None:
    assert type_character("(", "# f", 3, in_comment=True) is None
    assert type_character('"', '"it', 3, in_string=True) is None
    assert type_character('"', '"it"', 3, in_string=True) == Typed("", over=1)
    assert type_character('"', '"it\\"', 4, in_string=True) is None  # it is escaped


@pytest.mark.parametrize(
    ("before", "then"),
    [
        ("def f(x):|", "def f(x):\n    |"),
        ("    return x|", "    return x\n|"),
        ("    x = 1|", "    x = 1\n    |"),
        ("f(|)", "f(\n    |\n)"),
        ("f(|", "f(\n    |"),
        ("ab|cd", "ab\n|cd"),
    ],
)
def test_a_new_line_is_as_deep_as_it_should_be(before: str, then: str) -> None:
    column = before.index("|")
    line = before.replace("|", "")
    assert after(line, column, line_break(line, column)) == then


@pytest.mark.parametrize(
    ("before", "expected"),
    [("f(|)", (1, 1)), ("        |x", (4, 0)), ("      |", (2, 0)), ("ab|", (1, 0))],
)
def test_backspace_takes_a_pair_an_indent_or_a_letter(
    before: str, expected: tuple[int, int]
) -> None:
    assert characters_before(before.replace("|", ""), before.index("|")) == expected


def test_what_is_selected_is_put_between_a_pair() -> None:
    assert wrap("(", "a + b") == "(a + b)"
    assert wrap("'", "a") == "'a'"
    assert wrap("x", "a") is None


def test_comments_are_at_the_depth_of_the_least_indented() -> None:
    lines = ["    if x:", "", "        y = 1"]
    assert toggle_comment(lines) == ["    # if x:", "", "    #     y = 1"]


@given(LINES)
def test_commented_twice_is_as_it_was(lines: list[str]) -> None:
    once = toggle_comment(lines)
    if any(line.strip() for line in lines) and not all(
        line.strip().startswith("#") for line in lines if line.strip()
    ):
        assert toggle_comment(once) == lines


@given(LINES)
def test_indented_and_dedented_is_as_it_was(lines: list[str]) -> None:
    full = [line for line in lines if line.strip() and (len(line) - len(line.lstrip())) % 4 == 0]
    assert dedent(indent(full)) == full


@given(TEXT, TEXT)
def test_only_what_differs_is_replaced(old: str, new: str) -> None:
    start, old_end, new_end = difference(old, new)
    assert old[:start] + new[start:new_end] + old[old_end:] == new
    assert start <= old_end
    assert start <= new_end
