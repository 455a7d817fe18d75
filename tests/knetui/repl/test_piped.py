"""Statements from a pipe."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from knetui.repl.piped import StatementSplitter

PROGRAM = (
    "import sys; from pathlib import Path; from knetui.repl.prompt import run_repl; "
    "sys.exit(run_repl(*map(Path, sys.argv[1:])))"
)
COMMAND = [sys.executable, "-c", PROGRAM]


def evaluate(text: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, *arguments], input=text, capture_output=True, text=True, check=False
    )


def test_the_first_gradient() -> None:
    ended = evaluate("grad(lambda x: x**3)(2.0)\n")
    assert (ended.stdout, ended.stderr, ended.returncode) == ("12.0\n", "", 0)


def test_statements_run_in_order_and_blank_lines_may_stand_in_blocks() -> None:
    ended = evaluate(
        "def f(x):\n    y = x\n\n    return 2 * y\nf(3)\nprint('a')\nfor i in (1, 2):\n  i"
    )
    assert (ended.stdout, ended.stderr, ended.returncode) == ("6\na\n", "", 0)


def test_the_status_is_that_of_the_last_statement() -> None:
    failed = evaluate("1\n1/0\n# a comment\n")
    mended = evaluate("1/0\n2\n")
    assert (failed.stdout, failed.returncode) == ("1\n", 1)
    assert "ZeroDivisionError" in failed.stderr
    assert (mended.stdout, mended.returncode) == ("2\n", 0)


def test_a_syntax_error_does_not_stop_what_follows() -> None:
    ended = evaluate("x = = 1\n3\n")
    assert (ended.stdout, ended.returncode) == ("3\n", 0)
    assert "SyntaxError" in ended.stderr


def test_a_dead_evaluator_ends_it() -> None:
    ended = evaluate("import os; os._exit(5)\n1\n")
    assert (ended.stdout, ended.returncode) == ("", 1)
    assert "the evaluator exited with status 5" in ended.stderr


def test_words_besides_python() -> None:
    ended = evaluate("np.linalg.det?\nexit\n1\n")
    assert ended.stdout.startswith("np.linalg.det(a)")
    assert "\n1\n" not in ended.stdout
    assert evaluate("").returncode == 0


def test_a_model_file(tmp_path: Path) -> None:
    model = tmp_path / "model.py"
    model.write_text("def predict(w, x): return w * x\n")
    assert evaluate("predict(6, 7)", str(model)).stdout == "42\n"
    missing = evaluate("1", str(tmp_path / "none.py"))
    assert missing.returncode == 2
    assert "cannot read" in missing.stderr


def test_results_come_while_the_pipe_is_open() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"6 * 7\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"42\n"
        process.stdin.close()


def test_ctrl_c_ends_it() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"print('begun')\nwhile True: pass\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"begun\n"
        time.sleep(0.1)
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(5) == 130
        process.stdin.close()


def test_a_reader_that_leaves_ends_it() -> None:
    shell = f'yes "print(1)" | "{sys.executable}" -c "$PROGRAM" | head -3'
    ended = subprocess.run(
        ["sh", "-c", shell],
        env={**os.environ, "PROGRAM": PROGRAM},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (ended.stdout, ended.stderr) == ("1\n1\n1\n", "")


@pytest.mark.parametrize(
    ("lines", "statements"),
    [
        ("x = 1\ny = 2", ["x = 1", "y = 2"]),
        ("if a:\n  b\nelse:\n  c\nd", ["if a:\n  b\nelse:\n  c", "d"]),
        ("try:\n  b\nexcept E:\n  c\n\n\nd", ["try:\n  b\nexcept E:\n  c\n\n", "d"]),
        ("f(\n1,\n)\ng", ["f(\n1,\n)", "g"]),
        ("s = '''\na\n\nb'''\nt", ["s = '''\na\n\nb'''", "t"]),
        ("@d\ndef f():\n  pass\nf?", ["@d\ndef f():\n  pass", "f?"]),
        ("# one\n\nx", ["x"]),
        ("def f():\n  a\n# note\n  b\nc", ["def f():\n  a\n# note\n  b", "c"]),
    ],
)
def test_splitting(lines: str, statements: list[str]) -> None:
    splitter = StatementSplitter()
    found = [whole for line in lines.split("\n") for whole in splitter.feed(line)]
    assert [*found, *splitter.finish()] == statements
