"""The words that steer a run: set, swap, step, branch."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from knetengine.training.folder import RunFolder, find_run
from knetengine.training.launch import launch, stop_now
from knetui.command_line.steering import branch_run, set_numbers, step_run, swap_code
from knetui.runs.steering import AssignmentError, assignment

MODEL = '''"""Counts."""
import time
import numpy as np
from knetengine.training import run, script

def loss(w):
    return float(w[0].sum())

def main(*, epochs: int = 100000, lr: float = 0.5):
    w = [np.zeros(2)]
    run.keep(w=w)
    for epoch in run.epochs(epochs):
        w[0] += lr
        run.report(epoch, trn=loss(w))
        time.sleep(0.01)

if __name__ == "__main__":
    script(main)
'''


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "count.py"
    path.write_text(MODEL)
    return path


@pytest.fixture
def folder(model: Path, home: Path) -> Iterator[RunFolder]:
    folder = launch(model, MODEL, [])
    until(folder.live.exists)
    yield folder
    stop_now(folder)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        ("lr=0.05", "lr", 0.05),
        (" optimiser.lr = 1e-3 ", "optimiser.lr", 1e-3),
        ("w['a b'][3, 5]=-1", "w['a b'][3, 5]", -1.0),
    ],
)
def test_an_assignment_has_a_name_and_a_value(words: str, name: str, value: float) -> None:
    assert assignment(words) == (name, value)


@pytest.mark.parametrize("words", ["lr", "=3", "lr=", "lr=fast", "3=4", "lr==3"])
def test_other_words_are_none(words: str) -> None:
    with pytest.raises(AssignmentError):
        assignment(words)


def test_numbers_are_listed_set_and_refused(folder: RunFolder, capsys) -> None:
    assert set_numbers("last", ()) == 0
    assert capsys.readouterr().out == "lr = 0.5\n"
    assert set_numbers("last", ("lr=0.25", "w[0][1]=7")) == 0
    assert "lr: 0.5 -> 0.25" in capsys.readouterr().out
    assert set_numbers("last", ("nothing=1",)) == 1
    assert "nothing is no number that the loop reads; there are: lr" in capsys.readouterr().err
    assert set_numbers("last", ("lr",)) == 2
    assert "write lr=0.05" in capsys.readouterr().err


def test_code_is_swapped_from_the_file(folder: RunFolder, model: Path, capsys) -> None:
    model.write_text(MODEL.replace("w[0].sum()", "w[0].mean()"))
    assert swap_code("last", None) == 0
    assert capsys.readouterr().out == f"run {folder.title}: swapped 1: loss\n"
    other = model.with_name("other.py")
    other.write_text(MODEL.replace("w[0].sum()", "w[0].no_such_method()"))
    assert swap_code("last", other) == 1
    assert "swap rejected 2: line 7: AttributeError" in capsys.readouterr().out
    assert swap_code("last", Path("missing.py")) == 2
    assert "missing.py" in capsys.readouterr().err


def test_steps_and_a_branch(folder: RunFolder, capsys) -> None:
    assert step_run("last", 3) == 0
    assert "waits after 3 steps more" in capsys.readouterr().out
    until(lambda: folder.state().status == "paused")
    assert step_run("last", 0) == 2
    assert branch_run("last", "", ("lr=0.125",), None, paused=True) == 0
    said = capsys.readouterr()
    new = find_run("last")
    assert new.description.number == folder.description.number + 1
    assert f"from run {folder.description.number} step-" in said.out
    assert branch_run(str(folder.description.number), "step-99", (), None, paused=False) == 2
    assert "has no checkpoint step-99" in capsys.readouterr().err
    stop_now(new)


def test_a_run_that_has_ended_is_not_steered(folder: RunFolder, capsys) -> None:
    stop_now(folder)
    for word in (lambda: set_numbers("last", ()), lambda: swap_code("last", None)):
        assert word() == 2
        assert "has ended" in capsys.readouterr().err
