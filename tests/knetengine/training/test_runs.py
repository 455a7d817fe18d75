"""Runs as real processes: how they end, how they are steered, what is left of them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from knetengine.training.checkpoint import load
from knetengine.training.control import request
from knetengine.training.folder import RunFolder, State, all_runs, find_run
from knetengine.training.launch import launch, stop, stop_now, wait_for
from knetengine.training.metrics import Event, Memory, MetricsReader, Plan, Report

PATIENCE = 30.0

MODEL = '''"""A model that counts."""
import numpy as np
from knetengine import grad
from knetengine.training import run, script

def loss(w):
    return np.sum((w - 3.0) ** 2)

def main(*, epochs: int = 5, seconds: float = 0.0):
    import time
    w = np.zeros(4)
    run.keep(w=w)
    for epoch in run.epochs(epochs):
        w -= 0.1 * grad(loss)(w)
        time.sleep(seconds)
        run.report(epoch, trn=loss(w))

if __name__ == "__main__":
    script(main)
'''


def start(tmp_path: Path, source: str = MODEL, *options: str) -> RunFolder:
    path = tmp_path / "counting.py"
    path.write_text(source)
    return launch(path, source, list(options))


def finish(folder: RunFolder) -> State:
    state = wait_for(folder, PATIENCE, ended=True)
    assert state.has_ended, folder.log.read_text()
    return state


def wait_for_epoch(folder: RunFolder, epoch: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while not any(report.epoch >= epoch for report in reports(folder)):
        assert time.monotonic() < deadline, folder.log.read_text()
        time.sleep(0.02)


def reports(folder: RunFolder) -> list[Report]:
    return [r for r in MetricsReader(folder.metrics).read(1 << 24) if isinstance(r, Report)]


def test_a_run_leaves_everything_in_its_folder(tmp_path: Path) -> None:
    folder = start(tmp_path, MODEL, "--epochs", "7")
    assert finish(folder).status == "finished"
    assert folder.source.read_text() == MODEL
    assert folder.description.options == ["--epochs", "7"]
    assert folder.log.read_text().splitlines()[:2] == [
        "A model that counts.",
        "opts=(:epochs,7)(:seconds,0.0)",
    ]
    records = MetricsReader(folder.metrics).read()
    assert [r.epoch for r in records if isinstance(r, Report)] == list(range(1, 8))
    assert [r.epochs for r in records if isinstance(r, Plan)] == [7]
    memory = [r for r in records if isinstance(r, Memory)][-1]
    assert memory.parameter_bytes == 32
    assert memory.tape_entries >= 4
    assert memory.process_bytes > 1 << 20
    (last,) = sorted(folder.checkpoints.iterdir())[-1:]
    kept, metadata = load(last)
    assert metadata["epoch"] == "7"
    assert kept["w"].sum() == pytest.approx(4 * 3 * (1 - 0.8**7))


def test_the_log_line_is_the_figure(tmp_path: Path) -> None:
    folder = start(tmp_path)
    finish(folder)
    lines = folder.log.read_text().splitlines()[2:]
    expected = [f"(:epoch,{r.epoch},:trn,{r.values['trn']})" for r in reports(folder)]
    assert lines == expected


def test_pause_waits_and_resume_goes_on_and_stop_ends(tmp_path: Path) -> None:
    folder = start(tmp_path, MODEL, "--epochs", "100000", "--seconds", "0.01")
    wait_for_epoch(folder, 3)
    request(folder.control, "pause")
    deadline = time.monotonic() + PATIENCE
    while folder.state().status != "paused":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    paused_at = reports(folder)[-1].epoch
    time.sleep(0.3)
    assert reports(folder)[-1].epoch == paused_at
    request(folder.control, "run")
    wait_for_epoch(folder, paused_at + 2)
    assert folder.state().status == "running"
    assert stop(folder, PATIENCE).status == "stopped"
    last = reports(folder)[-1].epoch
    assert (folder.checkpoints / f"step-{last:010d}.safetensors").exists()
    names = [r.name for r in MetricsReader(folder.metrics).read(1 << 24) if isinstance(r, Event)]
    assert names == ["checkpoint", "checkpoint", "paused", "running", "checkpoint"]


def test_a_paused_run_can_be_stopped(tmp_path: Path) -> None:
    folder = start(tmp_path, MODEL, "--epochs", "100000", "--seconds", "0.01")
    wait_for_epoch(folder, 1)
    request(folder.control, "pause")
    time.sleep(0.2)
    assert stop(folder, PATIENCE).status == "stopped"


@pytest.mark.parametrize("word", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
def test_a_run_outlives_whoever_started_it(tmp_path: Path, home: Path, word: int) -> None:
    """The starter's whole process group is hit, as when a terminal closes."""
    path = tmp_path / "counting.py"
    path.write_text(MODEL)
    starter = subprocess.Popen(
        [sys.executable, "-m", "knetui", "train", path, "--epochs", "100000", "--seconds", "0.01"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + PATIENCE
    while not all_runs():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    (folder,) = all_runs()
    wait_for_epoch(folder, 2)
    os.killpg(starter.pid, word)
    starter.wait(PATIENCE)
    seen = reports(folder)[-1].epoch
    wait_for_epoch(folder, seen + 3)
    assert stop(folder, PATIENCE).status == "stopped"
    epochs = [report.epoch for report in reports(folder)]
    assert epochs == list(range(1, len(epochs) + 1))  # nothing is missing


def test_a_killed_run_is_seen_to_have_died(tmp_path: Path) -> None:
    folder = start(tmp_path, MODEL, "--epochs", "100000", "--seconds", "0.01")
    wait_for_epoch(folder, 2)
    os.kill(folder.state().process, signal.SIGKILL)
    assert finish(folder).status == "died"
    assert folder.written_state().status == "running"


def test_sigterm_ends_a_run_between_two_steps(tmp_path: Path) -> None:
    folder = start(tmp_path, MODEL, "--epochs", "100000", "--seconds", "0.01")
    wait_for_epoch(folder, 2)
    os.kill(folder.state().process, signal.SIGTERM)
    assert finish(folder).status == "stopped"
    last = reports(folder)[-1].epoch
    assert (folder.checkpoints / f"step-{last:010d}.safetensors").exists()


def test_a_step_that_never_ends_is_interrupted_where_it_is(tmp_path: Path) -> None:
    source = MODEL.replace("time.sleep(seconds)", "\n        while True: pass")
    folder = start(tmp_path, source)
    assert wait_for(folder, PATIENCE).status == "running"
    time.sleep(0.5)
    assert stop(folder, patience=0.3).status == "running"
    state = stop_now(folder)
    assert state.status == "stopped"
    assert state.failure is not None
    line = source.splitlines()[state.failure.line - 1] if state.failure.line else ""
    assert "while True" in line


def test_code_that_swallows_interrupts_is_killed(tmp_path: Path) -> None:
    source = MODEL.replace(
        "time.sleep(seconds)",
        """
        while True:
            try:
                time.sleep(0.01)
            except BaseException:
                pass""",
    )
    folder = start(tmp_path, source)
    assert wait_for(folder, PATIENCE).status == "running"
    time.sleep(0.3)
    assert stop_now(folder, patience=0.5).status == "died"


FAULTS = {
    "syntax": ("def main(:\n    pass\n", "SyntaxError", 1, "invalid syntax"),
    "missing loss": (
        MODEL.replace("def loss(w):", "def lost(w):"),
        "NameError",
        14,
        "name 'loss' is not defined",
    ),
    "shapes": (
        MODEL.replace("(w - 3.0)", "(w @ np.zeros((3, 2)))"),
        "ValueError",
        7,
        "matmul",
    ),
    "missing module": ("import no_such_module\n", "ModuleNotFoundError", 1, "no_such_module"),
    "sys.exit": (
        MODEL.replace("time.sleep(seconds)", "import sys; sys.exit(3)"),
        "SystemExit",
        15,
        "sys.exit(3) was called",
    ),
    "no main": ("x = 1\n", "NameError", None, "counting.py has no function `main`"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_kept_with_its_line(tmp_path: Path, fault: str) -> None:
    source, kind, line, words = FAULTS[fault]
    folder = start(tmp_path, source)
    state = finish(folder)
    assert state.status == "failed"
    assert state.failure is not None
    assert state.failure.kind == kind
    assert state.failure.line == line
    assert words in state.failure.message
    log = folder.log.read_text()
    assert words in log
    assert "knetengine/training" not in log  # of our own frames nothing is shown


def test_sys_exit_without_a_fault_is_an_end(tmp_path: Path) -> None:
    folder = start(tmp_path, MODEL.replace("time.sleep(seconds)", "import sys; sys.exit()"))
    assert finish(folder).status == "finished"


def test_what_is_not_finite_is_said_once_and_kept(tmp_path: Path) -> None:
    source = MODEL.replace("trn=loss(w)", "trn=float('nan'), tst=1.0")
    folder = start(tmp_path, source)
    assert finish(folder).status == "finished"
    log = folder.log.read_text()
    assert log.count("warning: trn is nan from epoch 1 on") == 1
    assert [r.values for r in reports(folder)] == [{"trn": "nan", "tst": 1.0}] * 5


def test_a_wrong_option_rejects_the_run(tmp_path: Path) -> None:
    folder = start(tmp_path, MODEL, "--epohcs", "3")
    state = finish(folder)
    assert state.status == "rejected"
    assert state.failure is not None
    assert "Did you mean --epochs?" in state.failure.message


def test_the_source_that_ran_is_shown_even_if_the_file_has_changed(tmp_path: Path) -> None:
    source = MODEL.replace("time.sleep(seconds)", "raise RuntimeError('as it was')")
    path = tmp_path / "counting.py"
    path.write_text("# nothing of it is here any more\n" * 40)
    folder = launch(path, source, [])
    finish(folder)
    assert "raise RuntimeError('as it was')" in folder.log.read_text()


def test_runs_are_numbered_and_found(tmp_path: Path) -> None:
    first, second = start(tmp_path), start(tmp_path)
    finish(first)
    finish(second)
    assert [run.description.number for run in all_runs()] == [1, 2]
    for which, folder in (
        ("1", first),
        ("2", second),
        ("last", second),
        ("0001-counting", first),
        (str(second.path), second),
    ):
        assert find_run(which).path == folder.path


def test_output_below_python_reaches_the_log(tmp_path: Path) -> None:
    source = MODEL.replace("time.sleep(seconds)", "import os; os.write(1, b'from below\\n')")
    folder = start(tmp_path, source)
    finish(folder)
    assert folder.log.read_text().count("from below") == 5


def test_escape_sequences_stay_in_the_log_as_they_are(tmp_path: Path) -> None:
    """The log is the run's own; whoever shows it fences it."""
    folder = start(tmp_path, MODEL.replace("time.sleep(seconds)", r"print('\x1b[2J')"))
    finish(folder)
    assert b"\x1b[2J" in folder.log.read_bytes()
