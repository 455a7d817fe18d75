"""Curves as a newcomer meets them: train, read, compare, export, open again."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_train_read_the_curves_and_take_them_along(
    open_workbench: Callable[..., Any], home: Path
) -> None:
    terminal = open_workbench()
    terminal.press("F5")
    terminal.wait_for_status("finished")
    terminal.go_to_pane(3)
    terminal.wait_for("── trn")
    terminal.press("End", "Left")
    text = terminal.wait_for("epoch 19  step")
    row = next(line for line in text.splitlines() if "(:epoch,19," in line)
    value = row.split(":trn,")[1].split(",")[0]
    assert f"trn {float(value):.6g}" in text  # the legend reads what the log says
    terminal.press("l")
    terminal.wait_for("log values")
    terminal.press("g")
    terminal.wait_for("gradient norms")
    terminal.wait_for("w[0]")
    terminal.press("g", "e")
    terminal.wait_for("exported")
    (run,) = (home / "runs").glob("0*")
    assert {path.suffix for path in run.glob("curves*")} == {".svg", ".png", ".csv"}
    assert len((run / "curves.csv").read_text().splitlines()) == 1 + 21
    assert terminal.leave() == 0

    (events,) = run.glob("events.out.tfevents.*")  # as TensorBoard wants it
    content, count = events.read_bytes(), 0
    while content:
        (length,) = struct.unpack_from("<Q", content)
        content, count = content[16 + length :], count + 1
    assert count == 2 + 21

    again = open_workbench()
    again.wait_for("log values")


def test_two_runs_are_raced_on_one_chart(open_workbench: Callable[..., Any]) -> None:
    terminal = open_workbench()
    terminal.press("F5")
    terminal.wait_for_status("run 1", "finished")
    terminal.set_options("--lr 0.03")
    terminal.press("F5")
    terminal.wait_for_status("run 2", "finished")
    terminal.go_to_pane(3)
    text = terminal.wait_for(lambda text: "1 housing  ──" in text and "2 housing  ──" in text)
    assert "learning curves" in text
