"""What is wrong with a program, without running it."""

import pytest

from knetui.editing.diagnostics import Diagnostic, diagnose


def told(text: str) -> list[tuple[int, str, str]]:
    return [(one.row, one.severity, one.message) for one in diagnose(text)]


def test_a_program_with_nothing_wrong() -> None:
    assert diagnose('"""Words."""\nimport numpy as np\n\nprint(np.pi)\n') == []
    assert diagnose("") == []
    assert diagnose("\ufeffx = 1\n") == []


def test_syntax_is_told_at_its_place() -> None:
    (one,) = diagnose("x = 1\ny = = 2\n")
    assert one == Diagnostic(1, 4, "error", "invalid syntax")
    ((row, severity, _),) = told("def f():\n    return (1\n")
    assert (row, severity) == (1, "error")


@pytest.mark.parametrize(
    ("text", "row", "severity", "message"),
    [
        ("import numpy as np\nnp.sum(wieghts)\n", 1, "error", "undefined name 'wieghts'"),
        ("def f():\n    x = y\n    y = 1\n    return x, y\n", 1, "error", "undefined name 'y'"),
        ("import os\n", 0, "warning", "'os' imported but unused"),
        ("def f():\n    x = 1\n", 1, "warning", "local variable 'x' is assigned to but never used"),
        ("def f(a, a): ...\n", 0, "error", "duplicate argument 'a' in function definition"),
        ("return 1\n", 0, "error", "'return' outside function"),
        ('x = "a" is "b"\n', 0, "warning", '"is" with '),  # more of it in later Pythons
        ("'%s %s' % (1,)\n", 0, "error", "'...' % ... has 2 placeholder(s) but 1 substitution(s)"),
    ],
)
def test_a_mistake_is_told_at_its_line(text: str, row: int, severity: str, message: str) -> None:
    found = [one for one in told(text) if one[:2] == (row, severity)]
    assert any(words.startswith(message) for _, _, words in found)


def test_what_will_raise_is_an_error_and_the_rest_a_warning() -> None:
    text = "import os\nprint(nobody)\n"
    assert [severity for _, severity, _ in told(text)] == ["warning", "error"]


@pytest.mark.parametrize("text", ["x = '\0'", "(" * 5000, "-" * 100_000 + "1", "\ud800"])
def test_what_python_chokes_on_is_told_too(text: str) -> None:
    (one,) = diagnose(text)
    assert one.severity == "error"
    assert one.message


def test_nothing_of_the_program_is_run() -> None:
    assert diagnose("raise SystemExit\n") == []
    assert diagnose("import a_module_that_does_not_exist as m\nm\n") == []
