"""The command of the user's own editor."""

from pathlib import Path

import pytest

from knetui.editing.external_editor import NoEditor, editor_command


@pytest.fixture
def programs(tmp_path: Path) -> str:
    """A folder with some editors, as PATH."""
    for name in ("nano", "code", "vim"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    return str(tmp_path)


def test_the_users_choice_comes_first_with_its_options_and_the_line(programs: str) -> None:
    choice = {"PATH": programs, "EDITOR": "vim -u 'my rc'"}
    assert editor_command("m.py", 7, choice) == ["vim", "-u", "my rc", "+7", "m.py"]
    choice["VISUAL"] = "code --wait"  # which takes no +7
    assert editor_command("m.py", 7, choice) == ["code", "--wait", "m.py"]


def test_without_a_choice_it_is_what_is_there(programs: str) -> None:
    assert editor_command("m.py", 7, {"PATH": programs}) == ["nano", "+7", "m.py"]


@pytest.mark.parametrize(
    ("editor", "complaint"),
    [
        ("emacs", r"\$EDITOR is 'emacs', and there is no such command"),
        ("vim 'x", r"\$EDITOR is \"vim 'x\": No closing quotation"),
    ],
)
def test_a_choice_that_cannot_be_is_told(programs: str, editor: str, complaint: str) -> None:
    with pytest.raises(NoEditor, match=complaint):
        editor_command("m.py", 1, {"PATH": programs, "EDITOR": editor})


def test_where_there_is_none_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoEditor, match="export EDITOR=nano"):
        editor_command("m.py", 1, {"PATH": str(tmp_path / "nothing")})
