"""The editor as it is used: find, replace, complete, undo, go, another editor, a crash."""

import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Open = Callable[..., Any]
MODEL = """import numpy as np


def predict(w, x):
    return x @ w


def loss(w, x, y):
    return np.mean((predict(w, x) - y) ** 2)


def main(*, epochs: int = 3):
    pass
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.py"
    path.write_text(MODEL)
    return path


@pytest.fixture
def terminal(model: Path, open_workbench: Open) -> Any:
    terminal = open_workbench(model)
    terminal.wait_for("def main(")
    return terminal


def test_words_are_found_and_replaced(terminal: Any, model: Path) -> None:
    terminal.type("\x06")  # Ctrl-F
    terminal.wait_for("find")
    terminal.type("predict")
    terminal.wait_for("1 of 2")
    terminal.press("Down")
    terminal.wait_for("2 of 2")
    terminal.press("Escape")
    terminal.wait_for(lambda text: "2 of 2" not in text)
    terminal.type("\x12")  # Ctrl-R
    terminal.wait_for("with")
    terminal.press("Tab")
    terminal.type("forward")
    terminal.type("\x1ba")  # Alt-A
    terminal.wait_for("def forward(w, x):")
    terminal.press("Escape")
    terminal.wait_for(lambda text: "find  " not in text)
    terminal.press("Ctrl-S")
    terminal.wait_for(lambda _: model.read_text() == MODEL.replace("predict", "forward"))
    terminal.type("\x1a")  # Ctrl-Z: one step, across the save
    terminal.wait_for("def predict(w, x):")
    terminal.wait_for("1 model.py *")


def test_a_pattern_that_is_none_is_told_while_it_is_typed(terminal: Any) -> None:
    terminal.type("\x06")
    terminal.wait_for("find")
    terminal.type("\x1bx")  # Alt-X
    terminal.type("predict(")
    terminal.wait_for("not a pattern: missing )")


def test_a_line_is_gone_to_by_number_and_a_function_by_name(terminal: Any, home: Path) -> None:
    terminal.type("\x07")  # Ctrl-G
    terminal.settle(0.2)
    terminal.type("5\r")
    terminal.type("\x1b[Fz")  # End, and a letter
    terminal.wait_for("return x @ wz")
    terminal.type("\x7f\x1bd")  # Alt-D
    terminal.wait_for("letters of its name")
    terminal.type("loss\r")
    terminal.settle(0.2)
    terminal.type("\x1b[Hq")  # Home
    terminal.wait_for("qdef loss")


def test_keys_and_letters_in_one_packet_are_typed_in_their_order(
    terminal: Any, model: Path
) -> None:
    """As a slow line delivers them: also what opens a field, leaves it, and goes elsewhere."""
    terminal.type("\x1b[1;5H\x1b[Fq\x7f\x1b[B\x1b[Bw")  # Ctrl-Home, End, q, Backspace, Down, Down
    terminal.type("\x06predict\x1b\x0f2x = 7\r\x0f1\x13")  # find, leave, prompt, editor, save
    terminal.wait_for(">>> x = 7")
    terminal.wait_for(lambda _: model.read_text() != MODEL)
    lines = MODEL.splitlines()
    lines[2] = "w"
    assert model.read_text().splitlines() == lines


def test_a_word_is_completed_by_the_live_names(terminal: Any) -> None:
    terminal.type("\x1b[1;5F")  # Ctrl-End
    terminal.type("z = np.linsp\t")
    terminal.wait_for("z = np.linspace")


def test_mistakes_are_marked_while_typing(terminal: Any) -> None:
    terminal.type("\x1b[1;5F")
    terminal.type("print(nonesuch)")
    terminal.wait_for("● undefined name 'nonesuch'")
    terminal.type("\x1b[1;5H")  # Ctrl-Home
    terminal.press("F4")
    terminal.settle(0.3, 2.0)
    terminal.type("\x1b[H# ")
    terminal.wait_for(lambda text: "undefined name" not in text)


def test_brackets_close_and_lines_become_comments(terminal: Any) -> None:
    terminal.type("\x1b[1;5F")
    terminal.type("f((1, 2")
    terminal.wait_for("f((1, 2))")
    terminal.type("\x1f")  # Ctrl-/
    terminal.wait_for("# f((1, 2))")
    terminal.type("\x1f")
    terminal.wait_for(lambda text: "# f((1, 2))" not in text and "f((1, 2))" in text)


def test_another_editor_has_the_terminal_and_gives_it_back(
    model: Path, tmp_path: Path, open_workbench: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "mine"
    editor.write_text('#!/bin/sh\necho "# by mine" >> "$1"\n')
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    terminal = open_workbench(model)
    terminal.wait_for("def main(")
    terminal.type("\x1be")  # Alt-E
    terminal.wait_for("# by mine")
    terminal.type("\x1a")
    terminal.wait_for(lambda text: "# by mine" not in text)


def test_what_was_typed_outlives_kill_9(model: Path, open_workbench: Open) -> None:
    terminal = open_workbench(model)
    terminal.wait_for("def main(")
    terminal.type("\x1b[1;5Fkept = 1")
    terminal.wait_for("kept = 1")
    terminal.settle(0.8, 2.0)
    os.kill(terminal.process.pid, signal.SIGKILL)
    terminal.process.wait()
    assert model.read_text() == MODEL
    again = open_workbench(model)
    again.wait_for("kept = 1")
    again.wait_for("1 model.py *")


def test_ten_thousand_lines_are_edited(tmp_path: Path, open_workbench: Open) -> None:
    path = tmp_path / "long.py"
    path.write_text("\n".join(f"def f{i}(x):\n    return x + {i}" for i in range(5000)) + "\n")
    terminal = open_workbench(path)
    terminal.wait_for("def f0(x):")
    terminal.type("\x07")
    terminal.settle(0.2)
    terminal.type("9999\r")
    terminal.wait_for("def f4999(x):")
    terminal.type("\x1b[Fz")
    terminal.wait_for("def f4999(x):z")
