"""What keys do to Python text: pairs, quotes, indents, comments."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from knetui.editing.changes import (
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


def after_typing(character: str, line: str, **settings: bool) -> str:
    """The line after a key, `|` for the cursor in both."""
    column = line.index("|")
    text = line.replace("|", "", 1)
    typed = type_character(character, text, column, **settings) or Typed(character)
    text = text[:column] + typed.insert + text[column:]
    column += len(typed.insert) - typed.back + typed.over
    return f"{text[:column]}|{text[column:]}"


@pytest.mark.parametrize(
    ("character", "before", "after"),
    [
        ("(", "f|", "f(|)"),
        ("[", "x = |", "x = [|]"),
        ("{", "f(|)", "f({|})"),
        ("(", "f|x", "f(|x"),  # before a word: that is to be put into brackets by hand
        (")", "f(|)", "f()|"),
        (")", "f(g(|)", "f(g()|)"),  # the bracket that is there is not the partner of this one
        ("]", "f(|)", "f(]|)"),
        ('"', "x = |", 'x = "|"'),
        ("'", "f(|)", "f('|')"),
        ("'", "don|", "don'|"),
        ('"', "f|", 'f"|"'),  # a prefix of a string
        ('"', "rb|", 'rb"|"'),
        ('"', "self|", 'self"|'),
        ('"', '""|', '"""|"""'),
        ("'", "|x", "'|x"),
    ],
)
def test_brackets_and_quotes_close_themselves(character: str, before: str, after: str) -> None:
    assert after_typing(character, before) == after


def test_nothing_closes_itself_in_a_comment() -> None:
    assert after_typing("(", "# as in |", in_comment=True) == "# as in (|"
    assert after_typing("'", "# |", in_comment=True) == "# '|"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('x = "a|"', 'x = "a"|'),
        ('x = "a\\|"', 'x = "a\\"|"'),
        ('x = "a\\\\|"', 'x = "a\\\\"|'),
        ('x = "a|', 'x = "a"|'),
    ],
)
def test_a_quote_ends_the_string_that_it_is_in(before: str, after: str) -> None:
    assert after_typing('"', before, in_string=True) == after


def test_selected_text_is_put_between_a_pair() -> None:
    assert wrap("(", "x + 1") == "(x + 1)"
    assert wrap('"', "x") == '"x"'
    assert wrap("a", "x") is None
    assert wrap(")", "x") is None


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ("f(|)", (1, 1)),
        ('""|', (1, 0)),
        ('x = "|"', (1, 1)),
        ("        |x", (4, 0)),
        ("      |x", (2, 0)),
        ("x  |", (1, 0)),
        ("f(|]", (1, 0)),
    ],
)
def test_backspace_takes_pairs_and_indents(line: str, taken: tuple[int, int]) -> None:
    assert characters_before(line.replace("|", ""), line.index("|")) == taken


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("    x = 1|", "    x = 1\n    |"),
        ("def f(x):|", "def f(x):\n    |"),
        ("    if x:  |", "    if x:  \n        |"),
        ("        return x|", "        return x\n    |"),
        ("    returned = 1|", "    returned = 1\n    |"),
        ("f(|)", "f(\n    |\n)"),
        ("    f(|x)", "    f(\n        |x)"),
        ("    pass|", "    pass\n|"),
        ("|", "\n|"),
    ],
)
def test_enter_indents_as_the_code_asks_for(line: str, after: str) -> None:
    column = line.index("|")
    text = line.replace("|", "", 1)
    typed = line_break(text, column)
    joined = text[:column] + typed.insert + text[column:]
    place = column + len(typed.insert) - typed.back
    assert f"{joined[:place]}|{joined[place:]}" == after


def test_lines_become_comments_at_the_least_depth_and_code_again() -> None:
    code = ["    if x:", "", "        y = 1  # why"]
    commented = ["    # if x:", "", "    #     y = 1  # why"]
    assert toggle_comment(code) == commented
    assert toggle_comment(commented) == code
    assert toggle_comment(["# a", "b"]) == ["# # a", "# b"]  # not all were comments
    assert toggle_comment(["#a"]) == ["a"]
    assert toggle_comment([""]) == [""]


@given(st.lists(st.text(alphabet="ab #\t", max_size=12), min_size=1, max_size=6))
@example(["#", " # x"])
def test_a_comment_twice_is_what_it_was(lines: list[str]) -> None:
    if any(line.strip() and not line.lstrip().startswith("#") for line in lines):
        assert toggle_comment(toggle_comment(lines)) == lines


def test_lines_move_a_level() -> None:
    assert indent(["a", "", "  b"]) == ["    a", "", "      b"]
    assert dedent(["    a", "", "      b", "  c", "\td", "e"]) == ["a", "", "    b", "c", "d", "e"]


@given(st.text(alphabet="ab\n", max_size=30), st.text(alphabet="ab\n", max_size=30))
def test_the_difference_of_two_texts_is_all_that_is_replaced(old: str, new: str) -> None:
    start, old_end, new_end = difference(old, new)
    assert old[:start] + new[start:new_end] + old[old_end:] == new
    if old == new:
        assert start == old_end == new_end
    elif start < min(old_end, new_end):  # and it is the least there is
        assert old[start] != new[start]
        assert old[old_end - 1] != new[new_end - 1]
