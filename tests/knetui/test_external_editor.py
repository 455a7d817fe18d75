"""The user's own editor."""

from pathlib import Path

import pytest

from knetui.external_editor import NoEditor, editor_command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two commands."""
    for name in ("vim", "mine"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def test_visual_goes_before_editor_and_the_line_is_told_to_those_that_know_it(folder: Path) -> None:
    where = {"PATH": str(folder), "VISUAL": "vim -n", "EDITOR": "mine"}
    assert editor_command("a b.py", 7, where) == ["vim", "-n", "+7", "a b.py"]
    assert editor_command("a.py", 7, where | {"VISUAL": ""}) == ["mine", "a.py"]
    assert editor_command("a.py", 7, {"PATH": str(folder)}) == ["vim", "+7", "a.py"]


def test_what_is_missing_is_said(folder: Path) -> None:
    with pytest.raises(NoEditor, match=r"\$EDITOR is 'nonesuch', and there is no such command"):
        editor_command("a.py", 1, {"PATH": str(folder), "EDITOR": "nonesuch"})
    with pytest.raises(NoEditor, match="No closing quotation"):
        editor_command("a.py", 1, {"PATH": str(folder), "EDITOR": "'vim"})
    with pytest.raises(NoEditor, match="set EDITOR"):
        editor_command("a.py", 1, {"PATH": str(folder / "nowhere")})
