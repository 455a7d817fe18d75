"""Terminals of all sizes: something usable in each, and no size that ends the workbench."""

import random
from collections.abc import Callable
from typing import Any

import pytest

Open = Callable[..., Any]


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (40, 10)])
def test_every_pane_is_within_reach(open_workbench: Open, columns: int, rows: int) -> None:
    terminal = open_workbench(columns=columns, rows=rows)
    terminal.type("# mine\r")
    terminal.wait_for("# mine")
    terminal.press("F5")
    for number, words in ((2, ">>>"), (3, "epoch │"), (4, "(:epoch"), (5, "finished"), (6, "MiB")):
        terminal.go_to_pane(number)
        terminal.wait_for(words)
        terminal.wait_for(f"╭─ {number} ")
    terminal.press("F1")
    terminal.wait_for("What the selected run")  # of the memory pane
    terminal.press("Tab")
    terminal.wait_for("The model is")
    terminal.press("Escape")
    terminal.wait_for("MiB")
    assert terminal.leave() == 0
    assert b"Traceback" not in terminal.received


def test_the_smallest_terminal_shows_some_text(open_workbench: Open) -> None:
    terminal = open_workbench(columns=20, rows=5)
    terminal.type("# mine\r")
    terminal.wait_for("# mine")
    assert terminal.process.poll() is None


def test_resizing_during_a_run(open_workbench: Open) -> None:
    terminal = open_workbench()
    terminal.set_options("--epochs 100000000")
    terminal.press("F5")
    terminal.wait_for_status("run 1 > running")
    generator = random.Random(1)
    for _ in range(50):
        terminal.resize(generator.randrange(1, 160), generator.randrange(1, 60))
        terminal.read(0.05)
    terminal.resize(120, 40)
    terminal.wait_for_status("run 1 > running", "epoch")
    terminal.wait_for("3 learning curves")
    terminal.wait_for("def predict(w, x):")
    terminal.press("F8")
    terminal.wait_for_status("run 1 > stopped")
    assert b"Traceback" not in terminal.received
