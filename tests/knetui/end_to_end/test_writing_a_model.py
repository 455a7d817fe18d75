"""A model is written in the workbench: mistakes are made, told at their lines, and mended."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

Open = Callable[..., Any]
Write = Callable[..., Path]
TOP = "table = np.zeros(3)\n\ndef loss(w, x):\n    return w * x\n"


def row_of(terminal: Any, text: str) -> str:
    """The row of the screen that holds the text."""
    return next(row for row in terminal.text.splitlines() if text in row)


def test_what_is_saved_can_be_undone_and_saved_again(
    open_workbench: Open, write_model: Write
) -> None:
    path = write_model()
    source = path.read_text()
    terminal = open_workbench(path)
    terminal.type("# one ")
    terminal.press("Ctrl-S")
    terminal.wait_for("saved")
    terminal.type("# two\r")
    terminal.press("Ctrl-S")
    terminal.wait_for(lambda _: path.read_text() == f"# one # two\n{source}")
    for _ in range(6):
        terminal.press("Ctrl-Z")
    terminal.wait_for("1 model.py *")
    terminal.press("Ctrl-S")
    terminal.wait_for(lambda _: path.read_text() == source)


def test_keys_of_a_second_take_effect_in_their_order(
    open_workbench: Open, write_model: Write
) -> None:
    path = write_model(top=TOP)
    terminal = open_workbench(path)  # over a slow line, what was typed in a second is one packet
    terminal.type("\x06zeros\x1b[B")  # Ctrl-F, the word, Down
    terminal.type("\x07" + "1\r# of mine: \x13")  # Ctrl-G, a line, words, Ctrl-S
    terminal.wait_for(lambda _: path.read_text().startswith("# of mine: import time"))


def test_a_run_that_fails_is_told_at_its_line(open_workbench: Open, write_model: Write) -> None:
    path = write_model("x = 1 / (epoch - 2)")
    terminal = open_workbench(path)
    terminal.press("F5")
    terminal.wait_for_status("run 1 > failed")
    terminal.wait_for("× ZeroDivisionError: div")
    terminal.wait_for("line 8: ZeroDivisionError: division by zero")
    row = row_of(terminal, "× Zero")
    assert "8× " in row
    assert "x = 1 / (epoch - 2)" in row
    terminal.press("F4")
    terminal.type("# ")
    terminal.wait_for(lambda text: "×" not in text)  # it is being mended
    terminal.wait_for("# x = 1 / (epoch - 2)")
    terminal.press("F5")
    terminal.wait_for_status("run 2 > finished")


def test_code_that_a_run_refuses_is_told_at_its_line(
    open_workbench: Open, write_model: Write
) -> None:
    path = write_model("f(epoch)\ntime.sleep(0.05)", top="def f(epoch):\n    return 1\n")
    terminal = open_workbench(path)
    terminal.set_options("--epochs 100000")
    terminal.press("F5")
    terminal.wait_for_status("run 1 > running")
    terminal.press("Ctrl-G", "5", "Enter", "End")
    terminal.type(" / 0")
    terminal.press("Ctrl-S")
    terminal.wait_for("swap rejected")
    terminal.wait_for("× ZeroDivisionError: div")
    assert "5× " in row_of(terminal, "× Zero")
    terminal.wait_for_status("run 1 > running")
    terminal.press("F8")
    terminal.wait_for_status("run 1 > stopped")


def test_an_editor_that_is_not_there_is_told(
    open_workbench: Open, write_model: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "no-such-editor")
    monkeypatch.delenv("VISUAL", raising=False)
    terminal = open_workbench(write_model())
    terminal.press("Alt-E")
    terminal.wait_for("no-such-editor")
    terminal.type("# still here")
    terminal.wait_for("# still here")


def test_the_child_that_finds_mistakes_ends_with_a_killed_workbench(
    open_workbench: Open, write_model: Write
) -> None:
    terminal = open_workbench(write_model())
    terminal.type("nobody ")
    terminal.wait_for("line 1: ")
    children = [pid for pid, words in processes() if "knetui.editing.checker" in words]
    (mine,) = [pid for pid in children if parent_of(pid) == terminal.process.pid]
    terminal.kill()
    deadline = time.monotonic() + 10
    while mine in [pid for pid, words in processes() if "knetui.editing.checker" in words]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def processes() -> list[tuple[int, str]]:
    found = psutil.process_iter(["pid", "cmdline"])
    return [(process.pid, " ".join(process.info["cmdline"] or [])) for process in found]


def parent_of(pid: int) -> int:
    return psutil.Process(pid).ppid()


def test_a_file_of_3000_lines_is_edited_like_any_other(
    open_workbench: Open, write_model: Write
) -> None:
    functions = "\n".join(f"def f{i}(x):\n    return x + {i}\n" for i in range(1000))
    path = write_model(top=functions)
    terminal = open_workbench(path)
    terminal.press("Ctrl-G")
    terminal.type("1500\r")
    terminal.wait_for("1500 ")
    terminal.press("End")
    terminal.type("  # 1500")
    terminal.wait_for("  # 1500")
    terminal.press("Ctrl-F")
    terminal.type("def f900(")
    terminal.wait_for("1 of 1")
    terminal.press("Escape")
    terminal.wait_for(lambda text: "│ find " not in text)
    terminal.type("\x1bdf77\r")
    terminal.wait_for("def f77(x):")
    terminal.press("Down", "End")
    terminal.type(" + nobody")
    terminal.wait_for("undefined name 'nobody'")
    terminal.press("Ctrl-S")
    terminal.wait_for(lambda _: "    return x + 77 + nobody\n" in path.read_text())
