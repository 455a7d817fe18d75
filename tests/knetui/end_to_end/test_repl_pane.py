"""The REPL pane: gradients at once, and nothing that is typed there ends the workbench."""

import re
from collections.abc import Callable
from typing import Any

import pytest

Open = Callable[..., Any]


@pytest.fixture
def repl(open_workbench: Open) -> Any:
    """The workbench on the first example, with the keyboard in the REPL."""
    terminal = open_workbench()
    terminal.go_to_pane(2)
    terminal.type("'ready'")  # Enter is refused until the model's names are defined
    terminal.wait_for(lambda _: "'ready'" in said(terminal) or terminal.press("Enter"))
    return terminal


def answers(terminal: Any, code: str, answer: str) -> None:
    """Type a line of code, and wait for a line that is the answer."""
    terminal.type(f"{code}\r")
    terminal.wait_for(lambda _: answer in said(terminal))


def said(terminal: Any) -> list[str]:
    """The lines in the left column, without the frames."""
    return [line.strip("│").strip() for line in terminal.columns(0, 60).splitlines()]


def test_gradients_and_definitions(repl: Any) -> None:
    answers(repl, "grad(lambda x: x**3)(2.0)", "12.0")
    repl.press("def cube(x):", "Enter")
    repl.wait_for(">>> def cube(x):")
    repl.press("return x**3", "Enter")  # indented by the prompt
    repl.press("Enter")
    repl.wait_for("...     return x**3")
    answers(repl, "grad(cube)(3.0)", "27.0")
    repl.paste("def square(x):\n    return x**2\n\nsquare(12)")
    repl.wait_for("square(12)")
    answers(repl, "", "144")


def test_lines_that_arrive_together_stay_in_their_order(repl: Any) -> None:
    repl.type("def cube(x):\rreturn x**3\r\rcube(3)\r")
    repl.wait_for(lambda _: "27" in said(repl))


def test_an_interrupt_keeps_the_names_and_a_crash_is_mended(repl: Any) -> None:
    answers(repl, "mine = 6; mine + 1", "7")
    repl.type("while True: pass\r\r")
    repl.wait_for("running; Ctrl-C interrupts")
    repl.press("Ctrl-C")
    repl.wait_for("KeyboardInterrupt")
    answers(repl, "mine * mine", "36")
    repl.type("import os; os._exit(3)\r")
    repl.wait_for("exited with status 3")
    repl.type("2 ** 10")  # Enter is refused until the model's names are defined again
    repl.wait_for(lambda _: "1024" in said(repl) or repl.press("Enter"))
    repl.type("mine\r")
    repl.wait_for("NameError: name 'mine' is not defined")
    answers(repl, "loss([np.zeros((13, 1)), 1.0], np.zeros((1, 13)), 3.0)", "np.float64(4.0)")


def test_the_names_of_the_model_follow_its_text(open_workbench: Open, write_model: Any) -> None:
    path = write_model(top="def predict(w, x): return w * x")
    terminal = open_workbench(path)
    terminal.go_to_pane(2)
    terminal.type("predict(2, 21)")
    terminal.wait_for(lambda _: "42" in said(terminal) or terminal.press("Enter"))
    terminal.go_to_pane(1)
    terminal.type("def other(x): return 1000 + x\r")
    terminal.wait_for("1000 + x")
    terminal.press("Ctrl-S")
    terminal.go_to_pane(2)
    terminal.type("other(1)")
    terminal.wait_for(lambda _: "1001" in said(terminal) or terminal.press("Enter"))


def test_keys_that_arrive_together_reach_the_repl(open_workbench: Open) -> None:
    terminal = open_workbench()
    terminal.type("\x0f2max(40, 41)\r")  # Ctrl-O, 2, an expression
    terminal.wait_for(lambda _: "41" in said(terminal))


def test_an_expression_waits_for_a_slow_model(open_workbench: Open, write_model: Any) -> None:
    terminal = open_workbench(write_model(top="time.sleep(2)"))
    terminal.go_to_pane(2)
    terminal.type("max(40, 41)\r")
    terminal.wait_for(lambda text: "41" in said(terminal) or "still running" in text)
    assert "41" in said(terminal)


def test_completion_history_and_explanations(repl: Any) -> None:
    repl.type("lossgr")
    repl.wait_for(">>> lossgr")
    repl.press("Tab")
    repl.wait_for(">>> lossgradient")
    repl.press("Ctrl-C")
    repl.wait_for(lambda text: "lossgradient" not in text.split("─ 2 repl")[1])
    answers(repl, "40 + 1", "41")
    repl.press("Up")
    repl.type("1\r")  # the earlier input, and another digit
    repl.wait_for(lambda _: "51" in said(repl))
    repl.type("predict?\r")
    repl.wait_for("predict(w, x)")


def test_a_flood_of_output_does_not_drown_the_workbench(repl: Any) -> None:
    repl.type("for i in range(10**9): print(i)\r\r")
    repl.wait_for(lambda text: re.search(r"│ \d{6,} ", text))
    repl.press("Ctrl-C")
    repl.wait_for("KeyboardInterrupt")
    answers(repl, "'al' + 'ive'", "'alive'")
    repl.type("\x1b[<64;10;30M" * 100)  # the wheel, up
    repl.wait_for("lines passed over")
