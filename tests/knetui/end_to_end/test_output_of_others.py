"""What models, logs and files hold is shown, and never steers or deceives the terminal."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knetengine.training.folder import all_runs

Open = Callable[..., Any]
CLIPBOARD = "\x1b]52;c;c3RvbGVu\x07"  # sets the clipboard
TITLE = "\x1b]0;stolen\x07"
CLEAR = "\x1b[2Jcleared"
C1 = "\x9b2Jcleared"
OVERRIDE = "\u202eesrever"
MARKUP = "[/x][@click=app.quit][red]"
ALL = (CLIPBOARD, TITLE, CLEAR, C1, OVERRIDE, MARKUP)


def assert_fenced(terminal: Any) -> None:
    """See that nothing of ALL has reached the terminal as it is, and that the program lives."""
    sent = terminal.received.decode(errors="replace")
    for harm in ("\x1b]52", "\x1b]0", "\x1b]2;", "\x1b[2Jcleared", "\x9b", "\u202e", "stolen\x07"):
        assert harm not in sent, repr(harm)
    assert terminal.process.poll() is None
    assert "Traceback" not in terminal.text.split("Error")[-1]


def test_a_text_its_log_and_its_figures_are_fenced(open_workbench: Open, write_model: Any) -> None:
    body = "\n".join(
        [
            f"pass  # {MARKUP}{CLIPBOARD}{C1}{OVERRIDE}",
            *(f"print({text!r})" for text in ALL),
            f"run.report(epoch, **{{{MARKUP + CLIPBOARD!r}: 1}})",
        ]
    )
    terminal = open_workbench(write_model(body))
    terminal.wait_for(f"# {MARKUP}␛]52;c")
    terminal.set_options("--epochs 1")
    terminal.press("F5")
    terminal.wait_for_status("run 1 > finished")
    for shown in ("␛]52;c;c3RvbGVu␇", "␛]0;stolen␇", "␛[2Jcleared", "\\u202eesrever", MARKUP):
        terminal.wait_for(lambda _, shown=shown: shown in terminal.columns(60, 120))
    terminal.wait_for(f"── {MARKUP}")
    assert_fenced(terminal)
    assert CLIPBOARD in all_runs()[0].log.read_text()
    assert terminal.leave() == 0


def test_a_failure_is_fenced(open_workbench: Open, write_model: Any) -> None:
    terminal = open_workbench(write_model(f"raise ValueError({MARKUP + CLIPBOARD + OVERRIDE!r})"))
    terminal.press("F5")
    terminal.wait_for_status("run 1 > failed")
    terminal.wait_for(f"line 8: ValueError: {MARKUP}")  # on the editor's border
    terminal.wait_for("F4 goes to the line")
    assert_fenced(terminal)


def test_options_are_fenced(open_workbench: Open, write_model: Any) -> None:
    path = write_model()
    path.write_text(path.read_text().replace("epochs: int = 3", "epochs: int = 3, word: str = ''"))
    terminal = open_workbench(path)
    terminal.set_options(f"--word {MARKUP}")
    terminal.press("F5")
    terminal.wait_for_status("run 1 > finished")
    terminal.press("Ctrl-O", "5", "F9")
    terminal.wait_for(lambda text: "○" in text or "●" in text)
    terminal.set_options(f"--epochs {MARKUP}")  # rejected, and quoted in the notification
    terminal.press("F5")
    terminal.wait_for(lambda text: text.count("[/x][@click") > 1)
    assert_fenced(terminal)


def test_the_repl_is_fenced(open_workbench: Open) -> None:
    terminal = open_workbench()
    terminal.go_to_pane(2)
    terminal.type(f"print({CLIPBOARD + OVERRIDE + MARKUP!r})")
    shown = "␛]52;c;c3RvbGVu␇\\u202eesrever"  # Enter is refused until the model is loaded
    terminal.wait_for(lambda text: shown in text or terminal.press("Enter"))
    terminal.type(f"raise ValueError({MARKUP + CLIPBOARD!r})\r")
    terminal.wait_for(f"ValueError: {MARKUP}␛]52")
    terminal.type(f"type('C', (), dict(__repr__=lambda self: {MARKUP + TITLE!r}))()\r")
    terminal.wait_for(f"{MARKUP}␛]0;stolen␇")
    assert_fenced(terminal)


@pytest.mark.parametrize("name", ["[/x].py", "\x1b]0;stolen\x07\u202e.py"])
def test_a_file_name_is_fenced(
    open_workbench: Open, write_model: Any, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    write_model().rename(path)
    terminal = open_workbench(path)
    terminal.type("# alive\r")
    terminal.wait_for("# alive")
    terminal.press("Ctrl-S")
    terminal.wait_for(lambda _: "saved" in terminal.columns(60, 120))
    terminal.press("F5")
    terminal.wait_for_status("run 1 > finished")
    assert_fenced(terminal)


def test_what_goes_below_python_goes_to_the_log(open_workbench: Open, write_model: Any) -> None:
    """Descriptors 1 and 2 of a run, and of the evaluator that defines the model's names."""
    body = 'import os\nos.write(1, b"written\\n")\nos.system("echo echoed; echo wailed >&2")'
    terminal = open_workbench(write_model(body, top=body.replace("\n", "; ")))
    terminal.set_options("--epochs 1")
    terminal.press("F5")
    terminal.wait_for_status("run 1 > finished")
    terminal.wait_for(lambda text: text.count("wailed") > 1)
    log = all_runs()[0].log.read_text()
    for words in ("written", "echoed", "wailed"):
        assert log.count(f"{words}\n") == 2
    text = terminal.settle()
    lines = [
        line for line in text.splitlines() if {"written", "echoed", "wailed"} & {*line.split()}
    ]
    own = [line for line in lines if "os." in line]  # the model's text itself
    beside = [line for line in lines if line not in own]
    assert beside
    assert all(
        line[60:].lstrip("│ ").startswith(("written", "echoed", "wailed")) for line in beside
    )
