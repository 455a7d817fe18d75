"""Find and replace."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetui.searching import (
    FOUND_LIMIT,
    NOTHING,
    Rows,
    SearchError,
    Span,
    Wanted,
    find,
    replace_all,
    replace_one,
)

TEXT = "loss = 1\nLoss = loss + 2\nglossy"
LINES = st.lists(st.text("ab(", max_size=8), min_size=1, max_size=6)


def starts(wanted: Wanted) -> list[int]:
    return [span.start for span in find(wanted, TEXT).spans]


def test_letters_words_and_patterns() -> None:
    assert starts(Wanted("loss")) == [0, 9, 16, 26]
    assert starts(Wanted("loss", match_case=True)) == [0, 16, 26]
    assert starts(Wanted("loss", match_case=True, whole_word=True)) == [0, 16]
    assert starts(Wanted(r"^\w+ =", regex=True)) == [0, 9]
    assert starts(Wanted(r"x*", regex=True)) == []  # empty matches are none
    assert find(Wanted(""), TEXT) is NOTHING


@given(LINES, st.text("ab(", min_size=1, max_size=2))
def test_plain_words_are_found_as_python_finds_them(lines: list[str], word: str) -> None:
    text = "\n".join(lines)
    expected = [match.span() for match in re.finditer(re.escape(word), text)]
    assert [tuple(span) for span in find(Wanted(word, match_case=True), text).spans] == expected
    changed, count = replace_all(Wanted(word, match_case=True), text, "X")
    assert (changed, count) == (text.replace(word, "X"), len(expected))


@given(LINES)
def test_characters_have_a_row_and_a_column(lines: list[str]) -> None:
    rows = Rows(lines)
    for index in range(len(rows.text) + 1):
        row, column = rows.location(index)
        assert rows.index((row, column)) == index
        assert 0 <= column <= len(lines[row])


def test_a_match_over_two_lines_is_marked_in_both() -> None:
    rows = Rows(["ab", "cd"])
    spans = find(Wanted("b\nc"), rows.text).spans
    assert [rows.in_row(row, spans) for row in (0, 1)] == [[Span(1, 2)], [Span(0, 1)]]


def test_the_next_and_the_one_before_go_round() -> None:
    found = find(Wanted("loss", match_case=True), TEXT)
    assert [found.after(place) for place in (0, 1, 27)] == [0, 1, 0]
    assert found.before(0) == -1
    assert found.before(17) == 1
    assert found.told(1) == "2 of 3"
    assert NOTHING.after(0) is NOTHING.before(0) is None
    assert find(Wanted("a"), "a" * (FOUND_LIMIT + 1)).told(None) == "10,000+"


def test_groups_of_a_pattern_are_put_back() -> None:
    wanted = Wanted(r"(\w+) = (\d)", regex=True)
    assert replace_all(wanted, "a = 1, b = 2", r"\2 = \1") == ("1 = a, 2 = b", 2)
    assert replace_one(wanted, "a = 1, b = 2", Span(7, 12), r"\1") == "b"
    assert replace_one(Wanted("a"), "a", Span(0, 1), r"\1") == r"\1"  # no pattern: as typed


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("a(", "not a pattern: missing \\) at character 3"),
        ("(a+)+b", "this pattern takes too long; make it simpler"),
    ],
)
def test_what_is_wrong_with_a_pattern_is_said(pattern: str, words: str) -> None:
    with pytest.raises(SearchError, match=words):
        find(Wanted(pattern, regex=True), "a" * 5000)


def test_what_is_wrong_with_a_replacement_is_said() -> None:
    with pytest.raises(SearchError, match="ends in a single backslash"):
        replace_all(Wanted("a", regex=True), "a", "\\")
    with pytest.raises(SearchError, match="not a replacement"):
        replace_all(Wanted("a", regex=True), "a", r"\7")
    with pytest.raises(SearchError, match="the text has changed there"):
        replace_one(Wanted("b", regex=True), "a", Span(0, 1), "")
