"""The prompt as its user sees it, in a real terminal."""

import os
import signal
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_the_first_gradient(terminal: Any) -> None:
    terminal.type("grad(lambda x: x**3)(2.0)\r")
    assert ">>> grad(lambda x: x**3)(2.0)\n12.0\n" in terminal.wait_for_prompt(2)
    assert terminal.leave() == 0


def test_what_is_typed_before_the_prompt_is_there_is_answered(
    open_terminal: Callable[..., Any],
) -> None:
    terminal = open_terminal()
    terminal.type("grad(lambda x: x**3)(2.0)\r")
    terminal.wait_for("\n12.0\n")


def test_the_banner_has_two_lines(terminal: Any) -> None:
    banner, hint, prompt = terminal.text.split("\n")
    assert banner.startswith("knet-tui ")
    assert "Ctrl-D leaves" in hint
    assert prompt == ">>> "


def test_a_function_of_several_lines(terminal: Any) -> None:
    terminal.type("def f(x):\rif x > 1:\rreturn x * 2\rreturn x\r\r")
    terminal.wait_for_prompt(2)
    text = terminal.text
    assert ">>> def f(x):\n...     if x > 1:\n...         return x * 2\n...     return x\n" in text
    terminal.type("f(21)\r")
    assert "\n42\n" in terminal.wait_for_prompt(3)


def test_alt_enter_always_begins_a_line(terminal: Any) -> None:
    terminal.type("x = 1\x1b\rx + 1\r")
    assert "... x + 1\n2\n" in terminal.wait_for_prompt(2)


def test_tab_indents_and_backspace_takes_an_indent(terminal: Any) -> None:
    terminal.type("if True:\r\x7f\t\ty = 3\r\x7f\x7f\ry\r")
    assert "\n3\n" in terminal.wait_for_prompt(3)


def test_a_paste_stays_one_input(terminal: Any) -> None:
    terminal.type("\x1b[200~def g(x):\n    y = x\n\n    return y + 1\ng(1)\x1b[201~")
    terminal.wait_for("g(1)")
    terminal.type("\r")
    assert "\n2\n" in terminal.wait_for_prompt(2)


def test_ctrl_c_in_a_loop_keeps_the_names(terminal: Any) -> None:
    terminal.type("kept = 42\r")
    terminal.wait_for_prompt(2)
    terminal.type("while True: pass\r")
    terminal.wait_for("while True: pass")
    time.sleep(0.3)
    terminal.type("\x03")
    assert "KeyboardInterrupt in line 1 of <input 2>" in terminal.wait_for_prompt(3)
    terminal.type("kept\r")
    assert "\n42\n" in terminal.wait_for_prompt(4)


def test_ctrl_c_stops_a_printing_loop(terminal: Any) -> None:
    terminal.type("while True: print('again')\r")
    terminal.wait_for("again\nagain\nagain\n")
    terminal.type("\x03")
    terminal.wait_for("KeyboardInterrupt")
    terminal.type("1 + 1\r")
    terminal.wait_for("\n2\n")


def test_ctrl_c_at_the_prompt_clears_the_line(terminal: Any) -> None:
    terminal.type("garbage(")
    terminal.wait_for("garbage(")
    terminal.type("\x03")
    terminal.wait_for_prompt(2)
    terminal.type("6 * 7\r")
    assert "\n42\n" in terminal.wait_for_prompt(3)


def test_code_that_swallows_interrupts_ends_with_a_second_ctrl_c(terminal: Any) -> None:
    loop = "while True:\n  try:\n    while True: sum(range(1000))\n  except BaseException: pass\n"
    terminal.type(f"\x1b[200~print('be' + 'gun')\n{loop}\x1b[201~")
    terminal.type("\r")
    terminal.wait_for("begun")
    time.sleep(0.3)
    terminal.type("\x03")
    terminal.wait_for("press Ctrl-C again to restart the evaluator")
    terminal.type("\x03")
    assert "a new evaluator has started: the names are lost" in terminal.wait_for_prompt(2)
    terminal.type("1 + 1\r")
    terminal.wait_for("\n2\n")


def test_a_crash_is_told_and_mended(terminal: Any) -> None:
    terminal.type("import os; os._exit(7)\r")
    text = terminal.wait_for_prompt(2)
    assert "the evaluator exited with status 7" in text
    assert "a new evaluator has started" in text


def test_completion_shows_the_live_names(terminal: Any) -> None:
    terminal.type("weights_of_encoder = weights_of_decoder = 1\r")
    terminal.wait_for_prompt(2)
    terminal.type("weigh\t")
    terminal.wait_for(">>> weights_of_")
    terminal.type("\t")
    terminal.wait_for(
        lambda text: text.count("weights_of_encoder") > 1 and text.count("weights_of_decoder") > 1
    )


def test_a_single_completion_is_taken(terminal: Any) -> None:
    terminal.type("np.linalg.matrix_ra\t")
    terminal.wait_for("np.linalg.matrix_rank")
    terminal.type("(np.eye(3))\r")
    terminal.wait_for("\nnp.int64(3)\n")


def test_history_survives_a_restart(open_terminal: Callable[..., Any], tmp_path: Path) -> None:
    first = open_terminal()
    first.wait_for_prompt(1)
    first.type("def f(x):\rreturn 10 * x\r\r")
    first.wait_for_prompt(2)
    first.type("1 + 1\r")
    first.wait_for_prompt(3)
    assert first.leave() == 0
    assert (tmp_path / "home" / "repl_history").stat().st_mode & 0o077 == 0

    second = open_terminal()
    second.wait_for_prompt(1)
    second.type("def\x1b[A")  # the prefix, and Up
    second.wait_for("return 10 * x")
    second.type("\r\r")
    second.wait_for_prompt(2)
    second.type("f(5)\r")
    second.wait_for("\n50\n")


def test_ctrl_r_searches_the_history(terminal: Any) -> None:
    terminal.type("40 + 2\r")
    terminal.wait_for_prompt(2)
    terminal.type("\x12+ 2")
    terminal.wait_for("I-search backward: + 2")
    terminal.type("\r\r")
    assert terminal.wait_for_prompt(3).count(">>> 40 + 2\n42\n") == 2


def test_history_is_suggested(terminal: Any) -> None:
    terminal.type("suggested_name = 5\r")
    terminal.wait_for_prompt(2)
    terminal.type("sugg")
    terminal.wait_for(lambda text: text.count("suggested_name = 5") == 2)
    terminal.type("\x1b[C\r")
    terminal.wait_for_prompt(3)


def test_a_name_is_explained(terminal: Any) -> None:
    terminal.type("def f(x: int) -> int: 'Twice x.'; return 2 * x\r")
    terminal.wait_for_prompt(2)
    terminal.type("?f\r")
    assert "f(x: int) -> int\n\nTwice x.\n" in terminal.wait_for_prompt(3)
    terminal.type("nowhere?\r")
    terminal.wait_for("nowhere: not defined")


def test_output_is_fenced(terminal: Any) -> None:
    terminal.type("print('\\x1b]0;title\\x07\\x1b[2J')\r")
    assert "␛]0;title␇␛[2J" in terminal.wait_for_prompt(2)
    assert b"\x1b]0;title" not in terminal.received


def test_output_without_a_newline_leaves_the_prompt_alone(terminal: Any) -> None:
    terminal.type("print('no newline', end='')\r")
    assert "\nno newline\n>>> " in terminal.wait_for_prompt(2)


def test_farewells(open_terminal: Callable[..., Any]) -> None:
    for word in ("exit", "quit()"):
        terminal = open_terminal()
        terminal.wait_for_prompt(1)
        terminal.type(word + "\r")
        assert terminal.ended() == 0


def test_sigterm_leaves_the_terminal_as_it_was(terminal: Any) -> None:
    os.kill(terminal.process.pid, signal.SIGTERM)
    assert terminal.ended() == 128 + signal.SIGTERM
    assert termios.tcgetattr(terminal.slave) == terminal.settings


def test_a_models_names_are_there(open_terminal: Callable[..., Any], tmp_path: Path) -> None:
    model = tmp_path / "model.py"
    model.write_text("def predict(w, x): return w * x\n")
    terminal = open_terminal(str(model))
    terminal.wait_for_prompt(1)
    terminal.type("predict(6, 7)\r")
    terminal.wait_for("\n42\n")
