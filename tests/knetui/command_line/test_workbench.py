"""Where the workbench cannot be opened, a line says why."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from knetui.command_line.workbench import attach_workbench, open_workbench


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    path = tmp_path / "work"
    path.mkdir()
    monkeypatch.chdir(path)
    return path


def in_a_terminal(*arguments: str, **variables: str) -> tuple[int, str]:
    """The exit status and all output of `knet-tui ARGUMENTS` in a terminal."""
    master, slave = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "knetui", *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        env={**os.environ, **variables},
    )
    status = process.wait(20)
    output = os.read(master, 1 << 16).decode()
    os.close(master)
    os.close(slave)
    return status, output


def test_without_a_terminal_the_other_ways_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert open_workbench(None) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "knet-tui: the workbench needs a terminal; without one, `knet-tui train housing` "
        "trains and prints, and `knet-tui runs` lists the runs\n"
    )


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_move_its_cursor_is_told_so(term: str) -> None:
    status, output = in_a_terminal(TERM=term)
    assert status == 2
    assert "(TERM is empty or dumb) cannot move its cursor" in output
    assert "`knet-tui repl` work here" in output
    assert "\x1b" not in output


def test_a_folder_is_no_model(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert open_workbench(folder) == 2
    assert capsys.readouterr().err == f"knet-tui: {folder} is a folder; name a model file\n"


def test_a_file_must_be_utf8(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "latin.py"
    path.write_bytes(b"# caf\xe9\n")
    assert open_workbench(path) == 2
    assert capsys.readouterr().err == f"knet-tui: {path} is not text in UTF-8\n"


def test_a_mistyped_word_is_no_file_to_be(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert open_workbench(Path("trian")) == 2
    assert "did you mean `knet-tui train`?" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_a_new_file_needs_its_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert open_workbench(Path("nowhere/model.py")) == 2
    assert capsys.readouterr().err == "knet-tui: there is no folder nowhere\n"


@pytest.mark.parametrize("name", ["new.py", "old.py", "Makefile"])
def test_a_file_that_is_right_comes_as_far_as_the_terminal(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "old.py").write_text("x = 1\n")
    (folder / "Makefile").write_text("all:\n")
    assert open_workbench(Path(name)) == 2
    assert "needs a terminal" in capsys.readouterr().err


def test_a_file_that_may_not_be_read_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "memory.py").symlink_to("/proc/self/mem")  # is there, and unreadable for anyone
    assert open_workbench(folder / "memory.py") == 2
    assert "memory.py cannot be read: " in capsys.readouterr().err


def test_attaching_to_no_run_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert attach_workbench("last") == 2
    assert capsys.readouterr().err == (
        "knet-tui: there are no runs yet; `knet-tui train housing` starts one\n"
    )


def test_a_home_that_cannot_be_made_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    home = str(tmp_path / "file" / "knet")
    status, output = in_a_terminal(TERM="xterm-256color", KNET_HOME=home)
    assert status == 2
    assert "Traceback" not in output
    assert home in output
