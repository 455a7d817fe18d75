"""Panes, palettes, help, the welcome and keys of one's own, by keyboard and by mouse."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Open = Callable[..., Any]


def mouse(terminal: Any, *events: tuple[int, int, int, bool]) -> None:
    """Send (button, column, row, pressed), counted from 0; button 32 is a move while pressed."""
    for button, column, row, pressed in events:
        terminal.type(f"\x1b[<{button};{column + 1};{row + 1}{'M' if pressed else 'm'}")
        terminal.settle(0.05, 1.0)


def column_of(terminal: Any, words: str, row: int = 1) -> int:
    return terminal.screen.display[row].index(words)


def test_a_border_is_moved_by_keys_and_by_the_mouse_and_stays(open_workbench: Open) -> None:
    terminal = open_workbench()
    terminal.wait_for("3 learning curves")
    before = column_of(terminal, "╭─ 3 learning curves")
    terminal.press("Alt-Left", "Alt-Left")
    terminal.wait_for(lambda _: column_of(terminal, "╭─ 3 learning curves") < before - 5)
    terminal.settle(0.5, 2.0)
    moved = column_of(terminal, "╭─ 3 learning curves")
    mouse(
        terminal,
        (0, moved - 1, 10, True),
        (32, moved + 5, 10, True),
        (32, moved + 20, 10, True),
        (0, moved + 20, 10, False),
    )
    terminal.wait_for(lambda _: abs(column_of(terminal, "╭─ 3 learning curves") - moved - 21) <= 2)
    dragged = column_of(terminal, "╭─ 3 learning curves")
    terminal.settle(0.4, 2.0)
    assert terminal.leave() == 0
    again = open_workbench()
    again.wait_for("3 learning curves")
    assert column_of(again, "╭─ 3 learning curves") == dragged


def test_a_pane_is_hidden_zoomed_and_brought_back(open_workbench: Open) -> None:
    terminal = open_workbench()
    terminal.go_to_pane(4)
    terminal.press("Ctrl-O", "-")
    terminal.wait_for(lambda text: "─ 4 log" not in text)
    terminal.press("F9")
    terminal.wait_for(lambda text: "─ 3 learning curves" not in text or "─ 5 runs" not in text)
    terminal.press("F9")
    terminal.wait_for(lambda text: "─ 3 learning curves" in text and "─ 5 runs" in text)
    terminal.go_to_pane(4)
    terminal.wait_for("─ 4 log")
    terminal.press("Ctrl-O", "l")
    terminal.wait_for("layout: a model and what it writes")
    terminal.wait_for(lambda text: "─ 5 runs" not in text and "─ 3 learning curves" in text)
    terminal.press("Ctrl-O", "0")
    terminal.wait_for("─ 5 runs")


def test_a_click_goes_to_a_pane_and_a_double_click_on_its_border_zooms(
    open_workbench: Open,
) -> None:
    terminal = open_workbench()
    terminal.wait_for("─ 5 runs")
    row = next(i for i, line in enumerate(terminal.screen.display) if "─ 5 runs" in line)
    column = column_of(terminal, "─ 5 runs", row)
    at = f"{column + 4};{row + 1}"
    click = f"\x1b[<0;{at}M\x1b[<0;{at}m"
    terminal.type(2 * click)  # at once: half a second apart they are two clicks
    terminal.wait_for(lambda text: "─ 5 runs" in text and "─ 3 learning curves" not in text)


@pytest.mark.parametrize(
    ("pane", "words"),
    [
        (1, "The model: a file of plain Python"),
        (4, "log"),
        (7, "What the model writes while it trains"),
    ],
)
def test_f1_explains_the_pane_with_the_keyboard(
    open_workbench: Open, pane: int, words: str
) -> None:
    terminal = open_workbench()
    terminal.go_to_pane(pane)
    terminal.press("F1")
    terminal.wait_for("Escape: back")
    terminal.wait_for(words)
    terminal.press("F1")  # all panes and keys
    terminal.wait_for(lambda text: "Ctrl-P" in text or "keymap" in text)
    terminal.press("Escape")
    terminal.wait_for(lambda text: "Escape: back" not in text)


def test_the_welcome_offers_every_example_and_opens_one(start_workbench: Open, home: Path) -> None:
    terminal = start_workbench(first=True)
    terminal.wait_for("Take an example")
    for name in ("linreg", "housing", "charlm", "reinforce"):
        terminal.wait_for(lambda text, name=name: re.search(rf" {name} +\w+", text))
    terminal.press("Down", "Enter")  # from housing to the next in the order of learning
    terminal.wait_for("1 mnist.py")
    assert (home / "models" / "mnist.py").exists()


def test_palettes_follow_each_other_and_are_remembered(open_workbench: Open, home: Path) -> None:
    terminal = open_workbench()
    names: list[str] = []
    for _ in range(2):
        terminal.type("\x1b[24~")  # F12
        text = terminal.wait_for(lambda text: len(set(names)) < len(set(found(names, text))))
        assert text
    assert len(names) == 2
    terminal.settle(0.4, 2.0)
    assert terminal.leave() == 0
    (session,) = home.glob("session-*.json")
    assert json.loads(session.read_text())["theme"] == names[-1]


def test_timings_are_shown_when_asked_for(open_workbench: Open) -> None:
    terminal = open_workbench()
    terminal.type("\x1bh")  # Alt-H
    terminal.press("x")
    terminal.wait_for(lambda _: re.search(r"frame \d+ ms, 95%: \d+  key \d+ ms", terminal.status))
    terminal.type("\x1bh")
    terminal.wait_for(lambda _: "frame" not in terminal.status)


def found(names: list[str], text: str) -> list[str]:
    """The names of palettes that were told so far."""
    for name in re.findall(r"colours: ([\w-]+)", text):
        if name not in names:
            names.append(name)
    return names


def test_keys_of_ones_own_work_and_the_footer_says_them(open_workbench: Open, home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "keymap.toml").write_text('"run.train" = "ctrl+t"\n"run.stpo" = "f8"\n')
    (home / "session-1.json").write_text("{}")
    terminal = open_workbench()
    terminal.wait_for("^t Train")
    terminal.wait_for("run.stpo")  # an entry that means nothing is named, and what was meant
    terminal.type("\x14")
    terminal.wait_for_status("run 1 > finished")
