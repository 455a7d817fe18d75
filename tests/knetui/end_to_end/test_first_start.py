"""The first minutes: what is there, what F5 does, and a second run beside the first."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knetengine.training.folder import all_runs

Open = Callable[..., Any]
BRAILLE = re.compile("[\u2801-\u28ff]")
KEYS_OF_A_SECOND = "\x1bOR--lr 0.03\x1b[15~"  # F3, the options, F5
RIGHT = (60, 120)  # columns of the panes of runs, at 120 columns


def train(terminal: Any, options: str = "") -> None:
    """Type the options, train, and wait for the end."""
    number = len(all_runs()) + 1
    if options:
        terminal.set_options(options)
    terminal.press("F5")
    terminal.wait_for_status(f"run {number} > finished")


def test_the_first_start_shows_a_model_and_trains_it(open_workbench: Open) -> None:
    terminal = open_workbench()
    terminal.wait_for("def predict(w, x):")
    terminal.wait_for("F5 trains the model")
    for key in ("f1 Help", "f3 Options", "f5 Train", "f6 Pause", "f8 Stop", "^s Save"):
        assert key in terminal.screen.display[-1]
    for title in ("1 housing.py", "2 repl", "3 learning curves", "4 log", "5 runs", "6 memory"):
        assert title in terminal.text
    train(terminal)
    assert "epoch 20/20" in terminal.status
    terminal.wait_for("(:epoch,20,:trn,")  # the first lines may have scrolled away by now
    terminal.wait_for(lambda text: re.search(r"── trn [\d.]+  ── tst [\d.]+", text))
    terminal.wait_for(lambda _: len(BRAILLE.findall(terminal.columns(*RIGHT))) > 40)
    terminal.wait_for(lambda text: re.search(r"● 1 +finished +20 ", text))
    terminal.wait_for(lambda text: re.search(r"process +[\d.]+ MiB", text))
    assert terminal.leave() == 0


def test_the_log_follows_the_first_run_to_its_end(open_workbench: Open) -> None:
    terminal = open_workbench()
    train(terminal)
    terminal.wait_for("(:epoch,20,:trn,")


def test_the_memory_pane_shows_all_its_figures(open_workbench: Open) -> None:
    terminal = open_workbench()
    train(terminal)
    for figure in (r"process +[\d.]+ MiB", r"tape +[\d.]+ [KM]?i?B", r"weights +[\d.]+ [KM]?i?B"):
        terminal.wait_for(re.compile(figure).search)


def test_the_memory_pane_shows_the_pool_of_a_device(open_workbench: Open) -> None:
    terminal = open_workbench()
    terminal.press("F3")
    terminal.type("--atype KnetArray@cpu")
    terminal.press("Enter")
    train(terminal)
    for figure in (r"cpu pool +[\d.]+ [KM]?i?B", r"  peak +[\d.]+ [KM]?i?B", r"reuse +9\d\.\d\d%"):
        terminal.wait_for(re.compile(figure).search)


def test_options_can_be_read_while_they_are_typed(open_workbench: Open) -> None:
    terminal = open_workbench()
    terminal.press("F3")
    terminal.type("--lr 0.03")
    terminal.wait_for("--lr 0.03")


def test_keys_that_arrive_together_take_effect_in_their_order(open_workbench: Open) -> None:
    terminal = open_workbench()  # over a slow line, what was typed in a second is one packet
    terminal.type(KEYS_OF_A_SECOND)
    terminal.wait_for_status("run 1 > finished")
    assert all_runs()[0].description.options == ["--lr", "0.03"]
    assert "1 housing.py *" not in terminal.text


def test_a_second_run_is_drawn_beside_the_first(open_workbench: Open) -> None:
    terminal = open_workbench()
    train(terminal)
    train(terminal, "--lr 0.03")
    terminal.wait_for(lambda text: "● 1 " in text and "● 2 " in text)
    terminal.wait_for(lambda text: "1 housing  ── trn" in text and "2 housing  ── trn" in text)
    assert [run.description.options for run in all_runs()] == [[], ["--lr", "0.03"]]
    assert "(:lr,0.03)" in all_runs()[1].log.read_text()
    terminal.go_to_pane(5)
    terminal.press("Space")  # the newest run is the one under the cursor
    terminal.wait_for(lambda text: "○ 2 " in text and "● 1 " in text)
    terminal.wait_for(lambda text: "2 housing  ──" not in text)
    terminal.press("Down")
    terminal.wait_for_status("run 1 > finished")


def test_a_wrong_option_says_so_and_leaves_no_run(open_workbench: Open) -> None:
    terminal = open_workbench()
    terminal.set_options("--epocs 3")
    terminal.press("F5")
    terminal.wait_for("--epocs")
    terminal.wait_for("--epochs?")
    terminal.wait_for(lambda _: not all_runs())
    terminal.wait_for(lambda _: "run 1" not in terminal.status)


def test_an_edited_loss_trains_without_being_saved(open_workbench: Open, home: Path) -> None:
    terminal = open_workbench()
    train(terminal, "--seed 1")
    path = home / "models" / "housing.py"
    source = path.read_text()
    row = next(i for i, line in enumerate(source.splitlines()) if "return np.mean" in line)
    right, down = "\x1b[C", "\x1b[B"
    terminal.press("Ctrl-Home", down * row + right * len("    return "))
    terminal.type("3 * ")
    terminal.wait_for("return 3 * np.mean")
    terminal.wait_for("1 housing.py *")
    train(terminal)
    assert path.read_text() == source
    first, second = (first_loss(run.log) for run in all_runs())
    assert second == pytest.approx(3 * first)


def first_loss(log: Path) -> float:
    match = re.search(r"\(:epoch,0,:trn,([\d.]+)", log.read_text())
    assert match is not None
    return float(match[1])
