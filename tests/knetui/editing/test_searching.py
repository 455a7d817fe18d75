"""Find and replace, as far as it is about text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetui.editing.searching import (
    FOUND_LIMIT,
    Rows,
    SearchError,
    Span,
    Wanted,
    find,
    replace_all,
    replace_one,
)

TEXT = "loss = Loss(w)\nlossgradient = grad(loss)\n"


def words(wanted: Wanted, text: str = TEXT) -> list[str]:
    return [text[start:end] for start, end in find(wanted, text).spans]


def test_it_is_found_whatever_its_capitals_unless_they_matter() -> None:
    assert words(Wanted("loss")) == ["loss", "Loss", "loss", "loss"]
    assert words(Wanted("loss", match_case=True)) == ["loss"] * 3
    assert words(Wanted("Loss", match_case=True)) == ["Loss"]


def test_whole_words_only() -> None:
    assert len(words(Wanted("loss", whole_word=True))) == 3
    assert words(Wanted("los", whole_word=True)) == []
    assert len(words(Wanted("a|loss", whole_word=True, regex=True))) == 3


def test_characters_of_patterns_mean_themselves_unless_asked_for() -> None:
    assert words(Wanted("(w)")) == ["(w)"]
    assert words(Wanted(r"\w+\(", regex=True)) == ["Loss(", "grad("]
    assert words(Wanted("^loss", regex=True)) == ["loss", "loss"]  # of lines
    assert words(Wanted("x*", regex=True)) == []  # nothing at all is no match


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("a(b", "not a pattern: missing ) at character 4"),
        ("*", "not a pattern: nothing to repeat at character 1"),
        ("[z-a]", "not a pattern: bad character range"),
    ],
)
def test_a_pattern_that_is_none_is_told_with_the_place(pattern: str, complaint: str) -> None:
    for whole_word in (False, True):
        with pytest.raises(SearchError, match=r"not a pattern") as caught:
            find(Wanted(pattern, whole_word=whole_word, regex=True), TEXT)
    assert str(caught.value).startswith(complaint)


def test_a_pattern_that_would_take_for_ever_ends() -> None:
    with pytest.raises(SearchError, match="takes too long"):
        find(Wanted(r"(a|aa)+$", regex=True), "a" * 100 + "b")
    with pytest.raises(SearchError, match="nothing was replaced"):
        replace_all(Wanted(r"(a|aa)+$", regex=True), "a" * 100 + "b", "")


def test_the_next_and_the_one_before_go_round_the_ends() -> None:
    found = find(Wanted("loss"), TEXT)
    assert found.spans[0] == Span(0, 4)
    assert found.after(0) == 0
    assert found.after(1) == 1
    assert found.after(len(TEXT)) == 0
    assert found.before(0) == len(found.spans) - 1
    assert found.before(7) == 0
    assert found.at(Span(7, 11)) == 1
    assert found.at(Span(7, 10)) is None
    assert find(Wanted("nowhere"), TEXT).after(0) is None


def test_the_count_is_said() -> None:
    found = find(Wanted("loss"), TEXT)
    assert found.told(1) == "2 of 4"
    assert found.told(None) == "4"
    assert find(Wanted("nowhere"), TEXT).told(None) == "none"
    many = find(Wanted("a"), "a" * (FOUND_LIMIT + 1))
    assert not many.complete
    assert many.told(0) == "1 of 10,000+"


def test_one_is_replaced_and_groups_are_put_in() -> None:
    span = find(Wanted("loss"), TEXT).spans[0]
    assert replace_one(Wanted("loss"), TEXT, span, r"\1 cost") == r"\1 cost"
    wanted = Wanted(r"(\w+) = (\w+)\(", regex=True)
    span = find(wanted, TEXT).spans[0]
    assert replace_one(wanted, TEXT, span, r"\2 = \1(") == "Loss = loss("
    with pytest.raises(SearchError, match="the text has changed"):
        replace_one(wanted, "x" + TEXT, Span(2, 9), "")
    for wrong in ("\\", "\\9"):
        with pytest.raises(SearchError, match="replacement"):
            replace_one(wanted, TEXT, span, wrong)


def test_all_are_replaced_and_counted() -> None:
    assert replace_all(Wanted("loss", match_case=True), TEXT, "cost")[1] == 3
    text, count = replace_all(Wanted(r"(\w+)\((\w+)\)", regex=True), TEXT, r"\2.\1()")
    assert text == "loss = w.Loss()\nlossgradient = loss.grad()\n"
    assert count == 2
    assert replace_all(Wanted(""), TEXT, "x") == (TEXT, 0)


@given(st.lists(st.text(alphabet="ab", max_size=5), min_size=1, max_size=6), st.data())
def test_places_are_the_same_as_rows_and_as_characters(
    lines: list[str], data: st.DataObject
) -> None:
    rows = Rows(lines)
    assert rows.text == "\n".join(lines)
    index = data.draw(st.integers(0, len(rows.text)))
    row, column = rows.location(index)
    assert rows.index((row, column)) == index
    assert 0 <= column <= len(lines[row])
    spans = find(Wanted("a[ab\n]?", regex=True), rows.text).spans
    marked = "\n".join(
        "".join(
            "x" if any(s <= c < e for s, e in rows.in_row(r, spans)) else character
            for c, character in enumerate(line)
        )
        for r, line in enumerate(lines)
    )
    assert marked == "".join(
        "x" if character != "\n" and any(s <= i < e for s, e in spans) else character
        for i, character in enumerate(rows.text)
    )
