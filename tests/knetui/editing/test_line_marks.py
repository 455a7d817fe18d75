"""Marks at lines, and where they go when the text is edited."""

import pytest

from knetui.editing.diagnostics import Diagnostic
from knetui.editing.line_marks import LineMarks, Mark, first_line, same_line


@pytest.fixture
def marks() -> LineMarks:
    marks = LineMarks()
    found = [Diagnostic(2, 4, "warning", "unused"), Diagnostic(5, 0, "error", "undefined")]
    marks.set_mistakes(found, 100)
    return marks


def rows(marks: LineMarks) -> list[int]:
    return [mark.row for mark in marks.all()]


@pytest.mark.parametrize(
    ("top", "bottom", "end", "expected"),
    [
        ((0, 0), (0, 0), (1, 0), [3, 6]),  # a line more, above
        ((0, 0), (1, 0), (0, 0), [1, 4]),  # one less
        ((2, 0), (2, 0), (3, 0), [3, 6]),  # before the first marked one
        ((2, 3), (2, 3), (3, 0), [2, 6]),  # within it: it stays where its beginning is
        ((3, 0), (3, 0), (3, 5), [2, 5]),  # typed elsewhere
        ((1, 0), (4, 0), (1, 0), [2]),  # the first is gone with its line
        ((9, 0), (9, 0), (12, 0), [2, 5]),
    ],
)
def test_marks_stay_at_their_text(marks, top, bottom, end, expected) -> None:
    marks.replaced(top, bottom, end)
    assert rows(marks) == expected


def test_where_a_run_failed_is_marked_until_that_line_is_edited(marks: LineMarks) -> None:
    marks.failure = Mark(7, 0, "failure", "ValueError: no")
    marks.replaced((0, 0), (0, 0), (2, 0))
    assert marks.failure is not None
    assert marks.failure.row == 9
    marks.replaced((9, 3), (9, 3), (9, 4))
    assert marks.failure is None


def test_the_gravest_is_shown(marks: LineMarks) -> None:
    marks.failure = Mark(5, 0, "failure", "ValueError: no")
    assert marks.at(5) == marks.failure
    assert marks.at(2) == Mark(2, 4, "warning", "unused")
    assert marks.at(3) is None


def test_what_was_found_anew_says_whether_it_differs(marks: LineMarks) -> None:
    same = [Diagnostic(2, 4, "warning", "unused"), Diagnostic(5, 0, "error", "undefined")]
    assert not marks.set_mistakes(same, 100)
    assert marks.set_mistakes(same, 4)  # the text is shorter than it was
    assert rows(marks) == [2, 3]
    marks.clear()
    assert rows(marks) == []


def test_steps_go_round_the_ends(marks: LineMarks) -> None:
    def step(row: int, way: int) -> int:
        mark = marks.next(row, way)
        assert mark is not None
        return mark.row

    assert [step(0, 1), step(2, 1), step(5, 1)] == [2, 5, 2]
    assert [step(9, -1), step(5, -1), step(2, -1)] == [5, 2, 5]
    assert LineMarks().next(0, 1) is None


def test_what_is_told_is_of_a_run_else_of_the_line_with_the_cursor(marks: LineMarks) -> None:
    assert marks.told(2) == "line 3: unused"
    assert marks.told(0) == "line 6: undefined"
    marks.failure = Mark(8, 0, "failure", "ValueError: no\nmore")
    assert marks.told(0) == "line 9: ValueError: no"
    assert marks.told(5) == "line 9: ValueError: no"  # it is the news
    assert marks.has_errors()
    marks.failure = None
    marks.set_mistakes([Diagnostic(2, 0, "warning", "unused")], 100)
    assert marks.told(0) == "1 line with warnings"
    assert not marks.has_errors()
    assert LineMarks().told(0) == ""
    assert first_line("\n a\nb") == "a"
    assert first_line("") == ""


def test_a_line_of_the_text_that_ran_is_found_in_the_text_as_it_is_now() -> None:
    ran = "a\nb\nc\nd\n"
    assert same_line(3, ran, ran) == 3
    assert same_line(3, ran, "new\na\nb\nc\nd\n") == 4
    assert same_line(3, ran, "a\nb\nX\nd\n") is None
    assert same_line(9, ran, "x\n") is None
