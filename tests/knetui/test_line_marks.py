"""Marks at lines: mistakes, where a run failed, and how edits move them."""

import pytest

from knetui.diagnostics import Diagnostic, diagnose
from knetui.line_marks import LineMarks, Mark, same_line
from knetui.line_place import place_of


def mistakes(text: str) -> list[tuple[int, str, str]]:
    return [(one.row, one.severity, one.message) for one in diagnose(text)]


def test_syntax_is_told_with_its_line() -> None:
    ((row, severity, message),) = mistakes("x = 1\nif x\n    y = 2\n")
    assert (row, severity, message) == (1, "error", "expected ':'")


def test_names_that_nobody_defines_and_those_that_nobody_uses() -> None:
    text = "import os\ndef f(x):\n    return x + los\n"
    assert mistakes(text) == [
        (0, "warning", "'os' imported but unused"),
        (2, "error", "undefined name 'los'"),
    ]
    assert mistakes("def f(x):\n    return x\n") == []


@pytest.mark.parametrize("text", ["\0", "(" * 300 + ")" * 300, "return 1", "\ufeffx = 1\n"])
def test_nothing_that_is_typed_ends_the_checker(text: str) -> None:
    assert all(one.severity == "error" for one in diagnose(text))


def marks() -> LineMarks:
    marks = LineMarks()
    marks.set_mistakes(
        [Diagnostic(1, 4, "error", "undefined name 'x'"), Diagnostic(5, 0, "warning", "unused")], 9
    )
    marks.failure = Mark(3, 0, "failure", "ValueError: shapes\nmore")
    return marks


def test_a_failed_run_is_told_first_and_then_the_line_of_the_cursor() -> None:
    these = marks()
    assert these.told(1) == "line 4: ValueError: shapes"
    these.failure = None
    assert these.told(1) == "line 2: undefined name 'x'"
    assert these.told(5) == "line 2: undefined name 'x'"  # an error before a warning
    these.set_mistakes([Diagnostic(5, 0, "warning", "unused")], 9)
    assert these.told(0) == "line 6: unused" or these.told(0) == "1 line with warnings"
    assert not these.has_errors()


def test_marks_move_with_their_lines() -> None:
    these = marks()
    these.replaced((0, 0), (0, 0), (2, 0))  # two lines are put before all
    assert [mark.row for mark in these.all()] == [3, 5, 7]
    these.replaced((2, 1), (4, 0), (2, 1))  # the line of the error is taken away
    assert [mark.row for mark in these.all()] == [3, 5]


def test_the_mark_of_a_failure_goes_when_its_line_is_edited() -> None:
    these = marks()
    these.replaced((3, 2), (3, 2), (3, 3))
    assert these.failure is None
    assert [mark.row for mark in these.all()] == [1, 5]


def test_the_next_mark_and_the_one_before_go_round() -> None:
    these = marks()
    seen = [these.next(row, 1) for row in (0, 1, 5)]
    assert [mark and mark.row for mark in seen] == [1, 3, 1]
    before = these.next(1, -1)
    assert before is not None
    assert before.row == 5
    assert LineMarks().next(0, 1) is None


def test_a_line_of_an_old_text_is_found_in_the_new_one() -> None:
    old = "a\nb\nc\n"
    assert same_line(3, old, old) == 3
    assert same_line(3, old, "new\na\nb\nc\n") == 4
    assert same_line(2, old, "a\nc\n") is None


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("7", (6, 0)),
        ("7:3", (6, 2)),
        ("+2", (12, 0)),
        ("-3", (7, 0)),
        ("1000", (19, 0)),
        ("0", (0, 0)),
        ("seven", None),
    ],
)
def test_places_by_number(words: str, place: tuple[int, int] | None) -> None:
    assert place_of(words, 10, 20) == place
