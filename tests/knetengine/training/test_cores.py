"""Several runs at a time: as many as there are cores, the others wait their turn."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from knetengine.training.control import request
from knetengine.training.cores import Queue, runs_at_a_time
from knetengine.training.folder import RunFolder, State, create_run
from knetengine.training.launch import launch, resume, stop, stop_now, wait_for

PATIENCE = 30.0
MODEL = """\
import os, time
from knetengine.training import run, script

def main(*, epochs: int = 100_000):
    print("threads", os.environ["OPENBLAS_NUM_THREADS"])
    for epoch in run.epochs(epochs):
        time.sleep(0.01)
        run.report(epoch, trn=1.0)

if __name__ == "__main__":
    script(main)
"""


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., RunFolder]:
    """Start a run on a machine of two cores that trains one at a time."""
    path = tmp_path / "model.py"
    path.write_text(MODEL)
    monkeypatch.setenv("KNET_RUNS", "1")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    return lambda *options: launch(path, MODEL, list(options))


def wait_until(folder: RunFolder, *statuses: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while folder.state().status not in statuses:
        assert time.monotonic() < deadline, (folder.state(), folder.log.read_text())
        time.sleep(0.02)


def test_a_run_waits_until_the_one_before_it_has_ended(begin: Callable[..., RunFolder]) -> None:
    first = begin()
    wait_until(first, "running")
    second = begin()
    assert wait_for(second, PATIENCE).status == "waiting"
    third = begin()
    wait_until(third, "waiting")
    stop(first)
    wait_until(second, "running")
    assert third.state().status == "waiting"  # its turn comes later
    stop_now(third)
    assert third.state().status == "stopped"
    assert third.log.read_text() == ""
    stop(second)


def test_a_run_that_waits_begins_when_the_other_is_killed(begin: Callable[..., RunFolder]) -> None:
    first = begin()
    wait_until(first, "running")
    second = begin("--epochs", "3")
    wait_until(second, "waiting")
    os.killpg(first.state().process, signal.SIGKILL)
    wait_until(second, "finished")


def test_the_core_of_a_paused_run_is_free(begin: Callable[..., RunFolder]) -> None:
    first = begin()
    wait_until(first, "running")
    second = begin("--epochs", "3")
    wait_until(second, "waiting")
    request(first.control, "pause")
    wait_until(second, "finished")
    assert first.state().status == "paused"
    stop(first)


def test_a_run_that_waits_can_be_stopped_and_goes_on_later(
    begin: Callable[..., RunFolder],
) -> None:
    first = begin()
    wait_until(first, "running")
    second = begin("--epochs", "3")
    wait_until(second, "waiting")
    assert stop(second).status == "stopped"
    stop(first)
    resume(second)
    wait_until(second, "finished")


def test_each_run_gets_its_share_of_the_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue(tmp_path / "cores")
    folders = [create_run("model", "", Path("/model.py"), []) for _ in range(4)]
    for folder in folders:
        folder.write_state(State("running", host="elsewhere"))
    cores = list(range(8))
    assert [queue.enter(folder, cores, i) for i, folder in enumerate(folders)] == [8, 4, 2, 2]
    monkeypatch.setenv("KNET_RUNS", "4")
    fifth = create_run("model", "", Path("/model.py"), [])
    assert queue.enter(fifth, cores, 9.0) is None
    assert queue.enter(fifth, [20, 21], 9.0) == 2  # the cores of another batch job
    queue.leave(fifth)


def test_who_asked_first_is_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNET_RUNS", "1")
    queue = Queue(tmp_path / "cores")
    first, second, third = (create_run("model", "", Path("/model.py"), []) for _ in range(3))
    for folder in (first, second, third):
        folder.write_state(State("waiting", host="elsewhere"))
    assert queue.enter(first, [0], 1.0) == 1
    assert queue.enter(second, [0], 2.0) is None
    assert queue.enter(third, [0], 3.0) is None
    first.write_state(State("finished"))
    assert queue.enter(third, [0], 3.0) is None
    assert queue.enter(second, [0], 2.0) == 1


def test_a_run_that_goes_on_has_the_threads_that_it_had(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "cores")
    folder = create_run("model", "", Path("/model.py"), [])
    folder.write_description(msgspec.structs.replace(folder.description, threads=3))
    assert queue.enter(folder, list(range(8)), 1.0) == 3


@pytest.mark.parametrize(("words", "expected"), [("", 2), ("5", 5), ("0", 2), ("many", 2)])
def test_how_many_at_a_time(monkeypatch: pytest.MonkeyPatch, words: str, expected: int) -> None:
    monkeypatch.setenv("KNET_RUNS", words)
    assert runs_at_a_time([0, 1]) == expected
