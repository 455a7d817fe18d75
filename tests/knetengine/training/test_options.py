"""The keyword arguments of a main as options, through real processes."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from knetengine.training import run, script

HEAD = "from knetengine.training import run, script\n"
TAIL = "\nif __name__ == '__main__':\n    script(main)\n"
MODEL = '''"""A model of its options.

More about it.
"""
from knetengine.training import run, script

def main(*, epochs: int = 5, lr: float = 0.5, name: str = "x", layers: tuple[int, ...] = (4, 2),
         fast: bool = False):
    """Show the options.

    Parameters
    ----------
    lr:
        How far a step goes.
    """
    if not fast:
        print(repr((epochs, lr, name, layers)))
    for epoch in run.epochs(epochs):
        pass

script(main)
'''


class Done(NamedTuple):
    """How a script ended, and what it printed."""

    status: int
    out: str
    err: str


@pytest.fixture
def run_model(tmp_path: Path) -> Callable[..., Done]:
    """What comes of `python model.py OPTIONS`."""

    def run_it(source: str, *options: str) -> Done:
        path = tmp_path / "model.py"
        path.write_text(source, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, path, *options], capture_output=True, text=True, check=False
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run_it


def test_defaults_are_printed_in_the_decks_format(run_model: Callable[..., Done]) -> None:
    done = run_model(MODEL)
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines() == [
        "A model of its options.",
        'opts=(:epochs,5)(:lr,0.5)(:name,"x")(:layers,[4,2])(:fast,false)',
        "(5, 0.5, 'x', (4, 2))",
    ]


def test_options_have_the_types_of_main(run_model: Callable[..., Done]) -> None:
    done = run_model(MODEL, "--epochs", "3", "--lr=1e-2", "--name", "a b", "--layers", "1")
    assert done.out.splitlines()[1:] == [
        'opts=(:epochs,3)(:lr,0.01)(:name,"a b")(:layers,[1])(:fast,false)',
        "(3, 0.01, 'a b', (1,))",
    ]


def test_types_may_be_left_to_the_defaults(run_model: Callable[..., Done]) -> None:
    source = HEAD + "def main(epochs=5, lr=0.5): print(repr((epochs, lr)))" + TAIL
    assert run_model(source, "--epochs", "2").out.splitlines()[-1] == "(2, 0.5)"


def test_fast_prints_the_time_alone(run_model: Callable[..., Done]) -> None:
    done = run_model(MODEL, "--fast")
    assert re.fullmatch(r" *\d+\.\d{6} seconds\n", done.out)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--epohcs", "3"], "Did you mean --epochs?"),
        (["--epochs", "three"], "three"),
        (["--epochs"], "--epochs"),
        (["stray"], "stray"),
    ],
)
def test_a_wrong_option_is_said_in_a_line(
    run_model: Callable[..., Done], options: list[str], words: str
) -> None:
    done = run_model(MODEL, *options)
    assert (done.status, done.out) == (2, "")
    (line,) = done.err.splitlines()
    assert line.startswith("model: ")
    assert words in line
    assert line.endswith("(`--help` lists the options)")


def test_a_required_option_is_asked_for(run_model: Callable[..., Done]) -> None:
    source = HEAD + "def main(*, epochs: int): print(epochs)" + TAIL
    done = run_model(source)
    assert done.status == 2
    assert "--epochs" in done.err
    assert run_model(source, "--epochs", "7").out.splitlines()[-1] == "7"


def test_help_lists_the_options_and_runs_nothing(run_model: Callable[..., Done]) -> None:
    done = run_model(MODEL, "--help")
    assert done.status == 0
    assert "Show the options." in done.out
    assert "How far a step goes." in done.out
    for option in ("--epochs", "--lr", "--name", "--layers", "--fast"):
        assert option in done.out
    assert "opts=" not in done.out


@pytest.mark.parametrize(
    "docstring",
    [
        "",
        '"""   """\n',
    ],
)
def test_without_a_docstring_the_file_gives_the_name(
    run_model: Callable[..., Done], docstring: str
) -> None:
    done = run_model(docstring + HEAD + "def main(): print('ran')" + TAIL)
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines() == ["model", "opts=", "ran"]


def test_what_main_raises_is_pythons_own_traceback(run_model: Callable[..., Done]) -> None:
    done = run_model(HEAD + "def main(): 1 / 0" + TAIL)
    assert done.status == 1
    assert done.err.splitlines()[-1] == "ZeroDivisionError: division by zero"


def test_a_model_can_be_tried_in_a_test_of_the_users(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def main(*, epochs: int = 5) -> None:
        print("main", epochs)

    monkeypatch.setattr(run, "was_scripted", False)
    monkeypatch.setattr(sys, "argv", ["model.py", "--epochs", "3"])
    script(main)
    assert capsys.readouterr().out.splitlines()[-1] == "main 3"
