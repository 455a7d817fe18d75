"""What a run holds, and what if it had less, by the command line; of real runs."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from knetengine.training.control import request
from knetengine.training.folder import RunFolder
from knetengine.training.launch import launch, stop_now
from knetui.command_line import memory
from knetui.command_line.memory import show_memory

MODEL = '''"""Holds an array, and asks for others in each step."""
import time
import numpy as np
from knetengine.gpu import KnetArray
from knetengine.training import run, script

def step(held):
    return [held + n for n in range(4)]

def main(*, epochs: int = 100000, pooled: bool = True):
    held = np.ones(65536)  # 512 KiB
    if pooled:
        held = KnetArray(held, device="cpu")
    for epoch in run.epochs(epochs):
        for _ in run.steps(range(5)):
            kept = step(held)
            time.sleep(0.002)
        run.report(epoch, trn=1.0)

if __name__ == "__main__":
    script(main)
'''


def figures(folder: RunFolder) -> str:
    return folder.metrics.read_text() if folder.metrics.exists() else ""


Start = Callable[..., RunFolder]


@pytest.fixture
def start(tmp_path: Path, home: Path) -> Iterator[Start]:
    """Start a run, and wait until it trains; or until it has ended."""
    path = tmp_path / "holds.py"
    path.write_text(MODEL)
    begun: list[RunFolder] = []

    def begin(*options: str) -> RunFolder:
        begun.append(launch(path, MODEL, list(options)))
        ends = "--epochs" in options
        deadline = time.monotonic() + 60
        while not (begun[-1].state().has_ended if ends else "report" in figures(begun[-1])):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return begun[-1]

    yield begin
    for folder in begun:
        stop_now(folder)


def test_a_run_that_trains_shows_its_pool_and_which_lines_hold_most(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    start()
    assert show_memory("last", "", "") == 0
    said = capsys.readouterr().out
    assert re.match(r"run 1 holds, (in|after) step \d+\n\nthe pool of cpu\n", said)
    assert re.search(r"\nrequested +[\d.]+ [KM]iB +[\d.]+ MiB\n", said)
    assert "workbench" not in said
    line = r"\n +[\d.]+ MiB +\d+ x 512 KiB +holds\.py:8 (step|<listcomp>): return \[held \+ n for"
    assert re.search(line, said)


def test_a_limit_is_tried_on_a_trace_that_is_recorded_for_it(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = start()
    assert show_memory("last", "64MiB", "") == 0
    output = capsys.readouterr()
    assert "recording 20 steps of run 1 holds" in output.err
    assert re.match(r"under 64\.0 MiB: steps \d+ to \d+ need \d\.\d0 MiB", output.out)
    assert re.search(r"\ndefault\* .* fits\n", output.out)
    stop_now(folder)
    assert show_memory("1", "3MiB", "cpu") == 1  # the trace is there, though the run has ended
    output = capsys.readouterr()
    assert output.err == ""
    assert re.search(r"\ndefault\* .* runs out in step \d+\n", output.out)
    assert show_memory("1", "1MiB", "cuda:3") == 1
    assert "no trace of 'cuda:3'" in capsys.readouterr().err


def test_what_cannot_be_shown_is_said(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    start("--epochs", "1")
    start("--no-pooled")
    for words, status, expected in [
        (("1", "", ""), 1, "nobody looked at its memory while it trained"),
        (("1", "1MiB", ""), 1, "has ended, and no trace of it was recorded"),
        (("2", "1MB", ""), 1, "run 2 holds has no trace: "),
        (("2", "", "cuda:0"), 1, "run 2 holds has no pool on cuda:0; its devices: none"),
        (("2", "much", ""), 2, "'much' is no size"),
        (("77", "", ""), 2, "no run '77'"),
    ]:
        assert show_memory(*words) == status
        assert expected in capsys.readouterr().err
    assert show_memory("2", "", "") == 0
    assert "no array of this run is in a pool: train with --atype" in capsys.readouterr().out


def test_of_a_paused_run_no_trace_is_waited_for(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = start()
    request(folder.control, "pause")
    deadline = time.monotonic() + 60
    while folder.state().status != "paused":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert show_memory("last", "1MiB", "") == 1
    assert "run 1 holds is paused, and its steps are to be recorded" in capsys.readouterr().err
    assert show_memory("last", "", "") == 0


def test_a_run_in_a_long_step_is_not_waited_for_without_end(
    start: Start, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start()
    monkeypatch.setattr(memory, "PATIENCE", 0.0)
    assert show_memory("last", "", "") == 1
    assert "it was in one step for all of 0 seconds" in capsys.readouterr().err
