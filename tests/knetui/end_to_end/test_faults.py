"""Faulty models: the workbench stays, names line and message, and F4 goes there."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from knetengine.training.folder import all_runs

Open = Callable[..., Any]

FAULTS = {  # each raises on a line of its own; and what is said of it
    "loss(epoch)": "NameError: name 'loss' is not defined",
    "np.ones((2, 3)) @ np.ones((4, 5))": "ValueError: matmul",
    "raise SystemExit(3)": "sys.exit(3) was called",
    "import nonesuch": "No module named 'nonesuch'",
}


def test_failures_name_their_line(open_workbench: Open, write_model: Any) -> None:
    cases = "\n".join(f"if fault == {i}:\n    {line}" for i, line in enumerate(FAULTS, 1))
    path = write_model(cases)
    source = path.read_text().replace("epochs: int = 3", "epochs: int = 3, fault: int = 0")
    path.write_text(source)
    terminal = open_workbench(path)
    for number, (fault, message) in enumerate(FAULTS.items(), 1):
        line = next(i for i, text in enumerate(source.splitlines(), 1) if text.strip() == fault)
        terminal.set_options(f"--fault {number}")
        terminal.press("F5")
        terminal.wait_for_status(f"run {number} > failed")
        terminal.wait_for(f"─ line {line}: ")  # on the editor's border
        terminal.wait_for(f"run {number} model failed (F4 goes to the line)")
        terminal.wait_for(lambda _, message=message: message in notified(terminal))
        terminal.press("F4")
        terminal.type("#")
        terminal.wait_for(f" #{fault}")
        log = all_runs()[-1].log.read_text()
        assert "Traceback" in log
        assert message in log
        terminal.press("Backspace")
    assert path.read_text() == source
    assert all_runs()[-1].source.read_text() == source


def notified(terminal: Any) -> str:
    """The words on the screen, as one line: notifications are folded."""
    return " ".join(" ".join(terminal.columns(60, 120).replace("▌", " ").split()).split("│"))


def test_a_syntax_error_is_shown_before_anything_runs(
    open_workbench: Open, write_model: Any
) -> None:
    path = write_model("x = = 3")
    line = 1 + path.read_text().splitlines().index("        x = = 3")
    terminal = open_workbench(path)
    terminal.press("F5")
    terminal.wait_for(f"line {line}: invalid syntax")
    terminal.wait_for("This is not Python yet")
    terminal.type("here")
    terminal.wait_for(" herex = = 3")
    assert not all_runs()


def test_nan_is_warned_of(open_workbench: Open, write_model: Any) -> None:
    path = write_model("run.report(0, loss=np.nan)")
    terminal = open_workbench(path)
    terminal.press("F5")
    terminal.wait_for_status("run 1 > finished")
    terminal.wait_for("warning: loss is nan from epoch 0 on")


def test_an_endless_step_is_ended_by_stopping_twice(open_workbench: Open, write_model: Any) -> None:
    terminal = open_workbench(write_model("while True: pass"))
    terminal.press("F5")
    terminal.wait_for_status("run 1 > running")
    terminal.press("F8")
    assert "running" in terminal.status
    terminal.press("F8")
    terminal.wait_for_status("run 1 > stopped")


def test_a_model_that_kills_its_process_is_noticed(open_workbench: Open, write_model: Any) -> None:
    terminal = open_workbench(write_model("import os; os._exit(3)"))
    terminal.press("F5")
    terminal.wait_for_status("run 1 > died")
    terminal.wait_for("is gone")
    assert terminal.leave() == 0


def test_a_model_that_ends_the_evaluator_does_not_end_the_workbench(
    open_workbench: Open, write_model: Any
) -> None:
    terminal = open_workbench(write_model())
    terminal.go_to_pane(2)
    terminal.type("1234 * 2\r")
    terminal.wait_for("2468")
    terminal.go_to_pane(1)
    terminal.press("Ctrl-Home")
    terminal.type("import os; os._exit(3)\r")
    terminal.wait_for("1  import os")
    terminal.press("Ctrl-S")
    terminal.wait_for("exited with status 3")
    terminal.type("# alive")
    terminal.wait_for("# alive")
    assert terminal.leave() == 0


def test_a_message_with_half_a_character_is_still_a_failure(
    open_workbench: Open, write_model: Any
) -> None:
    terminal = open_workbench(write_model("raise ValueError('odd \\udc80 byte')"))
    terminal.press("F5")
    terminal.wait_for(lambda _: "failed" in terminal.status or "died" in terminal.status)
    assert "run 1 > failed" in terminal.status


def test_a_file_name_that_is_not_text_is_refused_in_a_line(tmp_path: Path) -> None:
    odd = bytes(tmp_path) + b"/\xff.py"
    Path(os.fsdecode(odd)).write_text("x = 1\n")
    done = subprocess.run(
        [sys.executable, "-m", "knetui", odd], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "is not text in UTF-8; rename the file" in done.stderr


def test_a_run_that_someone_removes_is_forgotten(open_workbench: Open) -> None:
    terminal = open_workbench()
    terminal.press("F5")
    terminal.wait_for_status("run 1 > finished")
    shutil.rmtree(all_runs()[0].path)
    terminal.wait_for(lambda text: "● 1 " not in text)
    terminal.type("# alive")
    terminal.wait_for("# alive")
    assert terminal.leave() == 0


def test_a_state_that_cannot_be_read_is_no_reason_to_die(open_workbench: Open) -> None:
    terminal = open_workbench()
    terminal.set_options("--epochs 100000000")
    terminal.press("F5")
    terminal.wait_for_status("run 1 > running")
    state = all_runs()[0].path / "state.json"
    kept = state.read_bytes()
    state.write_bytes(b"")
    terminal.settle(1.0, 1.0)
    terminal.type("# alive")
    terminal.wait_for("# alive")
    state.write_bytes(kept)
    terminal.press("F8")
    terminal.wait_for_status("run 1 > stopped")
