"""The memory of a real run, looked at in a real terminal while it trains."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from knetengine.training.folder import all_runs
from knetengine.training.launch import stop_now
from knetui.models import own_copy

Open = Callable[..., Any]
OPTIONS = "--atype KnetArray@cpu --epochs 100000 --hidden [64]"


@pytest.fixture
def train(home: Path, open_workbench: Open) -> Iterator[Callable[..., Any]]:
    """Train the digits with arrays in a pool, and go to the memory pane."""

    def begin(columns: int = 120, rows: int = 40, options: str = OPTIONS) -> Any:
        terminal = open_workbench(own_copy("mnist"), columns=columns, rows=rows)
        terminal.set_options(options)
        terminal.press("F5")
        terminal.wait_for_status("running", "epoch", seconds=90)
        terminal.go_to_pane(6)
        terminal.wait_for("process")
        return terminal

    yield begin
    for folder in all_runs():
        stop_now(folder)


def steps(text: str) -> int:
    """The step that the title tells of."""
    found = re.search(r"(?:in|after) step ([\d,]+)", text)
    return int(found[1].replace(",", "")) if found else 0


def test_the_pool_of_a_run_is_seen_moving_with_its_lines_and_a_limit_is_tried(
    train: Callable[..., Any],
) -> None:
    terminal = train()
    terminal.press("Enter")
    terminal.wait_for(lambda text: "map of cpu: a cell is" in text and " in step " in text)
    for figure in (
        r"requested +[\d.]+ [KM]iB +[\d.]+ [KM]iB",
        r"reserved +[\d.]+ MiB +[\d.]+ MiB",
        r"hit rate +\d+\.\d\d% +of [\d,]+ requests",
        r"fragmented +\d+%",
        r"driver +\d+ +calls",
        r"process +\d+ MiB +\d+ MiB",
        r"machine +[\d.]+ GiB +free of",
        r"workbench +[\d.]+ MiB",
        r"\d+K +\d+ +[\d.]+ KiB",  # a size class
        r"\d+M x1 +█+",
    ):
        terminal.wait_for(lambda text, figure=figure: re.search(figure, text))
    first = steps(terminal.text)
    terminal.wait_for(lambda text: steps(text) > first)
    terminal.press("l")
    terminal.wait_for("mnist.py:13 predict: x = x @ w[i]")
    terminal.type("w1 GiB\r")  # as fast as that
    text = terminal.wait_for("pytorch-like", seconds=40)
    assert re.search(r"default\* +[\d.]+ MiB +\d+ +0  fits", text), text
    needed = re.search(r"need ([\d.]+) MiB", text)
    assert needed
    terminal.press("Ctrl-U")
    terminal.type(f"{float(needed[1]) - 0.1:.2f} MiB\r")
    text = terminal.wait_for("runs out in step", seconds=40)
    assert re.search(r"when [\d.]+ [KM]iB more are asked for", terminal.wait_for("from before"))
    terminal.press("Escape")
    terminal.settle(0.5, 2.0)  # two at once are Alt-Escape
    terminal.press("Escape")
    terminal.wait_for_status("knet-tui", "running")
    terminal.press("F8")
    assert terminal.leave() == 0


def test_a_paused_run_is_stepped_through_in_a_small_terminal(train: Callable[..., Any]) -> None:
    terminal = train(columns=80, rows=24)
    terminal.press("Enter")
    terminal.wait_for(lambda text: "map of cpu" in text and steps(text))
    terminal.press("F6")
    terminal.wait_for("> paused")
    before = steps(terminal.settle(0.8, 4.0))
    terminal.press("F7")
    terminal.wait_for(lambda text: f"step {before + 1:,}" in text)
    for letter, words in (("f", "hit rate"), ("s", "requests"), ("h", "block"), ("w", "a limit")):
        terminal.press(letter)
        terminal.wait_for(words)
    terminal.press("Escape")  # from the line of the limit
    terminal.wait_for("a cell is")
    assert terminal.leave() == 0


def test_a_run_of_numpy_arrays_is_told_how_to_have_a_pool(train: Callable[..., Any]) -> None:
    terminal = train(options="--epochs 100000")
    terminal.press("Enter")
    terminal.wait_for("--atype KnetArray")
    assert terminal.leave() == 0
