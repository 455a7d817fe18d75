"""Several runs from the user's seat: a form, two at once, a filter, names, deleting and undoing."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knetengine.training.folder import all_runs
from knetengine.training.trash import deleted_runs

Open = Callable[..., Any]
MODEL = """\
import time
from knetengine.training import run, script

def main(
    *,
    epochs: int = 100_000,  # how long it counts
    lr: float = 0.1,
    kind: str = "lstm",
):
    w = [0.0]
    run.keep(w=w)
    for epoch in run.epochs(epochs):
        time.sleep(0.02)
        run.report(epoch, trn=lr / epoch, acc=1 - lr)

if __name__ == "__main__":
    script(main)
"""


def open_form(terminal: Any) -> None:
    terminal.press("Alt-O")
    terminal.wait_for("options of counts.py")


def fill_in(terminal: Any, text: str, down: int = 0) -> None:
    """Replace what is in a field of the form, so many below: what one comes to is selected."""
    terminal.press(*["Down"] * down)
    terminal.type(text)
    terminal.wait_for(f" {text} ")


def table(terminal: Any) -> list[str]:
    """The numbers of the runs as the table has them."""
    return re.findall(r"│[▲ ][●○] (\d+) ", terminal.text)


def test_a_run_is_started_from_the_form(open_workbench: Open, model: Path) -> None:
    terminal = open_workbench(model)
    open_form(terminal)
    terminal.wait_for("how long it counts")
    fill_in(terminal, "7")
    fill_in(terminal, "fast", down=1)
    terminal.wait_for("unable to convert")
    terminal.press("F5")
    terminal.settle()
    assert all_runs() == []
    terminal.press("Ctrl-R")  # the cursor went to the mistake
    terminal.wait_for(lambda text: "unable to convert" not in text)
    terminal.type("50")
    terminal.wait_for("0.150")
    terminal.press("F5")
    terminal.wait_for_status("run 1 > finished", "7/7")
    (folder,) = all_runs()
    assert folder.description.options == ["--epochs", "7", "--lr", "0.150"]
    terminal.wait_for("--epochs 7 --lr 0.150")  # in the line, too
    open_form(terminal)
    fill_in(terminal, "gru", down=2)
    terminal.press("Escape")
    terminal.wait_for("--epochs 7 --lr 0.150 --kind gru")
    assert len(all_runs()) == 1


def test_two_runs_at_once_and_a_third_that_waits(
    open_workbench: Open, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNET_RUNS", "2")
    terminal = open_workbench(model)
    for number in (1, 2):
        terminal.press("F5")
        terminal.wait_for_status(f"run {number} > running")
    assert [folder.state().status for folder in all_runs()] == ["running", "running"]
    terminal.press("F5")
    terminal.wait_for_status("run 3 > waiting")
    terminal.go_to_pane(5)
    terminal.press("F9")
    terminal.wait_for(lambda text: text.count("running") >= 2 and "waiting" in text)
    terminal.wait_for(lambda _: table(terminal) == ["3", "2", "1"])
    terminal.wait_for(lambda text: text.count("/s") >= 2)  # the speed of both
    terminal.press("Down")
    terminal.wait_for_status("run 2 > running", "ETA")
    terminal.press("F8")
    terminal.wait_for_status("run 2 > stopped")
    terminal.press("Up")
    terminal.wait_for_status("run 3 > running")
    terminal.press("Down", "F6")  # it goes on from its checkpoint, once there is a core
    terminal.wait_for_status("run 2 > waiting")


def test_runs_are_kept_in_order_over_a_re_open(open_workbench: Open, model: Path) -> None:
    terminal = open_workbench(model)
    for number, rate in enumerate(("0.05", "0.2", "0.3"), 1):
        terminal.set_options(f"--epochs 3 --lr {rate}")
        terminal.press("F5")
        terminal.wait_for_status(f"run {number} > finished")
    terminal.go_to_pane(5)
    terminal.press("F9")
    terminal.wait_for(lambda _: table(terminal) == ["3", "2", "1"])
    terminal.press("/")
    terminal.type("lr>=0.1 and acc<0.9")
    terminal.wait_for(lambda _: table(terminal) == ["3", "2"])
    terminal.press("Enter")
    terminal.wait_for(lambda text: "2 of 3: lr>=0.1 and acc<0.9" in text and "esc Back" not in text)
    terminal.press("Down", "n")
    terminal.type("the good one")
    terminal.press("Enter")
    terminal.wait_for(lambda text: "▲" not in text and "the good one" in text)
    terminal.press("p")
    terminal.wait_for(lambda _: "▲" in terminal.text and table(terminal) == ["2", "3"])
    assert terminal.leave() == 0

    again = open_workbench(model)
    again.wait_for("2 of 3: lr>=0.1 and acc<0.9")
    again.wait_for(lambda text: "▲● 2" in text and "the good one" in text and "▲● 3" not in text)
    again.press("d")
    again.wait_for("run 2 counts is in the trash; U brings it back")
    again.wait_for("1 of 2: lr>=0.1")
    assert [run.folder.description.number for run in deleted_runs()] == [2]
    assert again.leave() == 0

    third = open_workbench(model)
    third.wait_for("1 of 2: lr>=0.1")
    third.press("u")
    third.wait_for("run 2 counts is back")
    third.wait_for(lambda text: "▲○ 2" in text and "the good one" in text)


def test_a_run_is_started_again_with_other_options(open_workbench: Open, model: Path) -> None:
    terminal = open_workbench(model)
    terminal.set_options("--lr 0.2")
    terminal.press("F5")
    terminal.wait_for_status("run 1 > running")
    terminal.set_options("--epochs 9")  # of the next run, not of this one
    terminal.press("Alt-R")
    terminal.wait_for("run 1 counts again")
    terminal.wait_for("stop run 1 counts first")
    fill_in(terminal, "5")
    terminal.press("F5")
    terminal.wait_for_status("run 2 > finished", "5/5")
    first, second = all_runs()
    assert first.state().status == "stopped"
    assert sorted(second.description.options) == ["--epochs", "--lr", "0.2", "5"]


def test_keys_that_come_in_one_burst_find_their_fields(open_workbench: Open, model: Path) -> None:
    """As over a line that stalls: what is typed behind a key is for where that key leads."""
    terminal = open_workbench(model)
    open_form(terminal)
    terminal.type("7\x1b[B0.5\x1b[Bgru\x1b[15~")  # with Down between, and F5 behind
    terminal.wait_for_status("run 1 > finished", "7/7")
    (folder,) = all_runs()
    assert folder.description.options == ["--epochs", "7", "--lr", "0.5", "--kind", "gru"]
    terminal.go_to_pane(5)
    terminal.type("/name==dud\r")  # not: sort, delete, undo
    terminal.wait_for("0 of 1: name==dud")
    terminal.press("/", *["Backspace"] * 9, "Enter")
    terminal.wait_for(lambda text: table(terminal) == ["1"] and "esc Back" not in text)
    terminal.type("nspud\r")
    terminal.press("F9")
    terminal.wait_for("spud")
    assert len(all_runs()) == 1
    terminal.press("F5")
    terminal.wait_for_status("run 2 > finished")
    terminal.go_to_pane(5)
    terminal.wait_for(lambda _: table(terminal) == ["2", "1"])
    terminal.type("\x1b[Bnlower\rp")  # Down is for the table, n for all the pane
    terminal.wait_for(lambda text: "lower" in text and "▲● 1" in text)
    terminal.wait_for(lambda _: table(terminal) == ["1", "2"])
