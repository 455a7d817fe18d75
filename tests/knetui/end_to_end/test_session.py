"""Closing and opening again: what is still there, and two workbenches at a time."""

import re
import time
from collections.abc import Callable
from typing import Any

from knetengine.training.folder import all_runs

Open = Callable[..., Any]
LOSS_SECONDS = 0.5  # so much typing may be lost when everything is killed


def arrange(terminal: Any) -> None:
    """Make everything differ from how a first start looks, and wait until it shows."""
    terminal.press("F5")
    terminal.wait_for_status("run 1 > finished")
    terminal.press("F5")
    terminal.wait_for_status("run 2 > finished")
    terminal.go_to_pane(5)
    terminal.press("Space")
    terminal.wait_for("○ 2 ")
    terminal.go_to_pane(3)
    terminal.press("l")
    terminal.wait_for("log values")
    terminal.set_options("--lr 0.02 --epochs 7")
    terminal.press("Ctrl-Home")
    terminal.type("# words of mine\r")
    terminal.wait_for("# words of mine")
    terminal.press("Alt-Left")
    terminal.wait_for(lambda text: "# words of mine" in text and "--lr 0.02 --epochs 7" in text)
    terminal.wait_for(lambda _: terminal.screen.display[1].index("╭─ 3") == 54)


def check(terminal: Any) -> None:
    """See that all of it is there."""
    terminal.wait_for("1 housing.py *")
    terminal.wait_for("--lr 0.02 --epochs 7")
    terminal.wait_for(lambda text: "○ 2 " in text and "● 1 " in text)
    terminal.wait_for(lambda text: "1 housing  ── trn" in text and "2 housing  ──" not in text)
    terminal.wait_for("log values")
    assert terminal.screen.display[1].index("╭─ 3") == 54
    terminal.type("here")  # the cursor is where it was, too
    terminal.wait_for(lambda text: re.search("2[ ●] here", text))
    terminal.press("Ctrl-Home")
    terminal.wait_for("1  # words of mine")


def test_all_of_it_is_there_again(open_workbench: Open) -> None:
    first = open_workbench()
    arrange(first)
    assert first.leave() == 0
    check(open_workbench())


def test_all_of_it_is_there_after_a_kill(open_workbench: Open) -> None:
    first = open_workbench()
    arrange(first)
    time.sleep(LOSS_SECONDS)
    first.kill()
    check(open_workbench())


def test_the_text_is_not_scrolled_without_need(open_workbench: Open) -> None:
    first = open_workbench()
    first.type("# words of mine\r# and others")
    first.wait_for("2  # and others")
    assert first.leave() == 0
    second = open_workbench()
    second.wait_for("2  # and others")
    assert "1  # words of mine" in second.text


def test_a_single_pane_is_there_again(open_workbench: Open) -> None:
    first = open_workbench()
    first.go_to_pane(4)
    first.press("F9")
    first.wait_for(lambda text: "4 log" in text and "3 learning curves" not in text)
    assert first.leave() == 0
    second = open_workbench()
    second.wait_for(lambda text: "─ 4 log ─" in text and "learning curves" not in text)
    second.press("F9")
    second.wait_for("learning curves")


def test_text_that_gives_way_to_another_file_is_kept(
    open_workbench: Open, write_model: Any
) -> None:
    first = open_workbench()
    first.type("# words of mine")
    first.wait_for("# words of mine")
    assert first.leave() == 0
    second = open_workbench(write_model(name="other.py"))
    second.wait_for("1 other.py")
    second.wait_for("housing.py.unsaved")


def test_saving_writes_the_file(open_workbench: Open, write_model: Any) -> None:
    path = write_model()
    source = path.read_text()
    terminal = open_workbench(path)
    terminal.type("# words of mine\r")
    terminal.wait_for("1 model.py *")
    terminal.press("Ctrl-S")
    terminal.wait_for(lambda text: "model.py" in text and "model.py *" not in text)
    assert path.read_text() == "# words of mine\n" + source


def test_two_workbenches_keep_a_session_each_and_see_the_same_runs(open_workbench: Open) -> None:
    first = open_workbench()
    first.type("# of the first\r")
    first.wait_for("# of the first")
    second = open_workbench()
    second.wait_for("def predict(w, x):")
    assert "# of the first" not in second.text
    second.type("# of the second\r")
    second.wait_for("# of the second")
    second.press("F5")
    second.wait_for_status("run 1 > finished")
    first.wait_for("○ 1 ")
    first.press("F5")
    first.wait_for_status("run 2 > finished")
    second.wait_for("○ 2 ")
    assert len(all_runs()) == 2
    assert (first.leave(), second.leave()) == (0, 0)
    for words in ("# of the first", "# of the second"):
        again = open_workbench()
        again.press("Ctrl-Home")
        again.wait_for(words)
