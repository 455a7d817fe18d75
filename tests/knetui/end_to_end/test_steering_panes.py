"""A run that is steered from the workbench while it trains."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knetengine.training.folder import RunFolder, all_runs
from knetengine.training.metrics import MetricsReader, Report

Open = Callable[..., Any]

MODEL = '''LEVEL = 100.0
"""A model that counts, and writes what it counted."""
import time
import numpy as np
from knetengine import nn
from knetengine.training import run, script

def loss(w):
    return LEVEL + float(w[0].sum())

def write(prompt, length, generator, **options):
    yield prompt
    for _ in range(length):
        yield "xyz"[int(nn.sample(np.array([0.0, 1.0, 9.0]), generator, **options))]

def main(*, epochs: int = 100000, lr: float = 0.125):
    w = [np.zeros(2)]
    run.keep(w=w)
    run.writes(write)
    for epoch in run.epochs(epochs):
        w[0] += lr
        run.report(epoch, trn=loss(w))
        time.sleep(0.02)

if __name__ == "__main__":
    script(main)
'''


@pytest.fixture
def terminal(model: Path, open_workbench: Open) -> Any:
    terminal = open_workbench(model)
    terminal.wait_for("def loss(w):")
    terminal.press("F5")
    terminal.wait_for_status("run 1 > running")
    terminal.wait_for("(:epoch,")
    return terminal


def reports(folder: RunFolder) -> list[Report]:
    records = MetricsReader(folder.metrics).read(1 << 30)
    return [record for record in records if isinstance(record, Report)]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_saving_gives_the_run_the_new_code(terminal: Any) -> None:
    (folder,) = all_runs()
    terminal.press("Ctrl-Home", "End", "e", "3")
    terminal.wait_for("LEVEL = 100.0e3")
    terminal.press("Ctrl-S")
    until(lambda: reports(folder)[-1].figures()["trn"] > 90_000)
    terminal.wait_for("new code")


def test_code_that_fails_is_told_at_its_line_and_the_run_goes_on(terminal: Any) -> None:
    (folder,) = all_runs()
    terminal.press("Ctrl-Home", *["Down"] * 8, "End")
    terminal.type(" + wrong")
    terminal.wait_for("w[0].sum()) + wrong")
    terminal.press("Ctrl-S")
    terminal.wait_for("swap rejected")
    terminal.wait_for("─ line 9: NameError: name 'wrong'")  # at its line
    epoch = reports(folder)[-1].epoch
    until(lambda: reports(folder)[-1].epoch > epoch + 5)
    terminal.wait_for_status("run 1 > running")


def test_steps_are_taken_one_at_a_time(terminal: Any) -> None:
    (folder,) = all_runs()
    terminal.press("F6")
    terminal.wait_for_status("run 1 > paused")
    epoch = reports(folder)[-1].epoch
    for count in (1, 2, 3):
        terminal.press("F7")
        until(lambda count=count: reports(folder)[-1].epoch == epoch + count)
    terminal.wait_for_status("run 1 > paused")


def test_numbers_change_while_it_trains(terminal: Any) -> None:
    terminal.press("Alt-N")
    terminal.wait_for("numbers of run 1 counts")
    terminal.wait_for("lr")
    terminal.press("0", ".", "5", "Enter")
    terminal.wait_for("lr: 0.125 -> 0.5")
    terminal.press("Down")
    terminal.type("w[0][1]=-5000")
    terminal.wait_for("w[0][1]=-5000")
    terminal.press("Enter")
    terminal.wait_for("w[0][1]: ")
    terminal.press("Ctrl-U")
    terminal.type("nothing=1")
    terminal.wait_for(" nothing=1")
    terminal.press("Enter")
    terminal.wait_for("is no number that the loop reads")
    terminal.press("Escape")
    terminal.wait_for(lambda text: "numbers of run 1" not in text)


def test_a_branch_is_drawn_beside_its_parent(terminal: Any) -> None:
    terminal.press("F6")
    terminal.wait_for_status("run 1 > paused")
    terminal.press("Ctrl-B")
    terminal.wait_for("branch of run 1 counts")
    terminal.type("lr=2")
    terminal.press("Enter")
    terminal.wait_for_status("run 2 > running")
    first, second = all_runs()
    until(lambda: len(reports(second)) > len(reports(first)) + 3)
    terminal.wait_for(lambda text: "1 counts" in text and "2 counts" in text)
    assert second.description.branched_from.startswith("1 step-")


def test_what_the_model_writes_is_read_and_asked_for(terminal: Any) -> None:
    terminal.wait_for("7 samples")
    terminal.wait_for("zzzz")
    terminal.go_to_pane(7)
    terminal.type("pBEGINp ")  # in one burst, as a slow line delivers them
    terminal.wait_for("BEGINp")
    terminal.press("Enter")
    terminal.wait_for(lambda text: text.count("BEGIN") == 2)  # in the line, and in the piece
    terminal.press("Left")
    terminal.wait_for(lambda text: text.count("BEGIN") == 1)
    terminal.press("End")
    terminal.wait_for(lambda text: text.count("BEGIN") == 2)
    terminal.press("T", "T")
    terminal.wait_for("temperature 1.2")
