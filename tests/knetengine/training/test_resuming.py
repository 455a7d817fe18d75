"""A run that goes on after its process was killed is, to the byte, the run that nobody killed."""

import signal
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from knetengine.training.checkpoint import load
from knetengine.training.folder import RunError, RunFolder, State
from knetengine.training.launch import launch, resume, stop, wait_for
from knetengine.training.metrics import Event, MetricsReader, Report
from knetengine.training.run_checkpoints import checkpoints

PATIENCE = 60.0

# Everything that has a state: shuffled data, dropout, an optimiser, a schedule, sums over an
# epoch, a recurrent state, data in a second loop, and lines that are printed in the midst of it.
MODEL = '''"""A model with everything."""
import os
import time
import numpy as np
import knetengine.numpy as kn
from knetengine import grad, nn, optim
from knetengine.data import minibatch
from knetengine.training import run, script

def loss(w, x, y, state):
    h = nn.dropout(kn.tanh(x @ w["in"] + state[0]), 0.3)
    return kn.mean((h @ w["out"] - y) ** 2)

def main(*, seed: int = 3, epochs: int = 6):
    seconds = float(os.environ.get("SLOWNESS", 0))
    generator = run.generator(seed)
    nn.seed(generator)
    x = generator.standard_normal((64, 5))
    y = x.sum(axis=1, keepdims=True)
    w = {"in": generator.standard_normal((5, 7)), "out": np.zeros((7, 1))}
    optimiser = optim.Adam(lr=0.01)
    state = [np.zeros(7)]
    sums = [0.0, 0]
    run.keep(w=w, optimiser=optimiser, state=state, sums=sums)
    trn = minibatch(x, y, 8, shuffle=True, generator=generator)
    tst = minibatch(x, y, 16)
    print("before the loop", w["in"].sum())
    for epoch in run.epochs(epochs):
        sums[:] = [0.0, 0]
        for a, b in run.steps(trn):
            g = grad(loss)(w, a, b, state)
            optimiser.update(w, g)
            optimiser.lr *= 0.999
            state[0] = state[0] * 0.9 + a.mean()
            sums[0] += float(loss(w, a, b, state))
            sums[1] += 1
            time.sleep(seconds)
            print("step", optimiser.steps, state[0][0])
        error = [0.0]
        run.keep(error=error)
        for a, b in run.steps(tst):
            error[0] += float(loss(w, a, b, state))
            time.sleep(seconds)
        run.report(epoch, trn=sums[0] / sums[1], tst=error[0])
    print("done", generator.standard_normal(), w["out"].sum())

if __name__ == "__main__":
    script(main)
'''


@pytest.fixture(autouse=True)
def twins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading the kernels would be most of the time of these runs."""
    monkeypatch.setenv("KNET_REFERENCE", "1")


def start(tmp_path: Path, source: str, *options: str) -> RunFolder:
    path = tmp_path / "everything.py"
    path.write_text(source)
    return launch(path, source, list(options))


def finish(folder: RunFolder) -> State:
    state = wait_for(folder, PATIENCE, ended=True)
    assert state.has_ended, folder.log.read_text()
    return state


def kill_after(folder: RunFolder, seconds: float) -> None:
    """Kill the process of a run, at whatever it is by then, and wait until it is gone."""
    deadline = time.monotonic() + PATIENCE
    while not (number := folder.written_state().process):
        assert time.monotonic() < deadline, folder.log.read_text()
        time.sleep(0.005)
    process = psutil.Process(number)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE)


def figures(folder: RunFolder) -> list[tuple[int, dict[str, float]]]:
    records = MetricsReader(folder.metrics).read(1 << 24)
    return [(r.epoch, r.figures()) for r in records if isinstance(r, Report)]


def events(folder: RunFolder, name: str) -> list[str]:
    records = MetricsReader(folder.metrics).read(1 << 24)
    return [r.text for r in records if isinstance(r, Event) and r.name == name]


def test_twenty_kills_at_random_moments_leave_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = start(tmp_path, MODEL)
    assert finish(whole).status == "finished", whole.log.read_text()
    monkeypatch.setenv("SLOWNESS", "0.25")  # 18 seconds of steps, each life after imports
    broken = start(tmp_path, MODEL)
    generator = np.random.default_rng(1)
    places: list[str] = []
    for _ in range(20):
        kill_after(broken, generator.uniform(0.0, 1.2))  # 12 seconds in all
        assert broken.state().status == "died", broken.log.read_text()
        resume(broken)
        places += events(broken, "resumed")[-1:]
    monkeypatch.delenv("SLOWNESS")
    kill_after(broken, 0)
    resume(broken)
    assert finish(broken).status == "finished", broken.log.read_text()
    assert len(set(places)) > 5, "the kills were all at the same place"
    assert broken.log.read_bytes() == whole.log.read_bytes()
    assert figures(broken) == figures(whole)
    assert checkpoints(broken)[-1] == (last := checkpoints(whole)[-1])
    assert (broken.checkpoints / last).read_bytes() == (whole.checkpoints / last).read_bytes()


def test_a_stopped_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = start(tmp_path, MODEL)
    finish(whole)
    monkeypatch.setenv("SLOWNESS", "0.02")
    stopped = start(tmp_path, MODEL)
    deadline = time.monotonic() + PATIENCE
    while not events(stopped, "checkpoint"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert stop(stopped, PATIENCE).status == "stopped"
    assert "done" in stopped.log.read_text()  # what comes after the loops is printed
    monkeypatch.delenv("SLOWNESS")
    resume(stopped)
    assert finish(stopped).status == "finished", stopped.log.read_text()
    assert stopped.log.read_bytes() == whole.log.read_bytes()  # and cut off again


def test_without_a_seed_the_entropy_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLOWNESS", "0.02")
    folder = start(tmp_path, MODEL, "--seed", "-1")
    deadline = time.monotonic() + PATIENCE
    while not events(folder, "checkpoint"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    before = next(line for line in folder.log.read_text().splitlines() if "before" in line)
    steps = [line for line in folder.log.read_text().splitlines() if line.startswith("step 1 ")]
    kill_after(folder, 0)
    resume(folder)
    monkeypatch.delenv("SLOWNESS")
    assert finish(folder).status == "finished"
    log = folder.log.read_text().splitlines()
    assert log.count(before) == 1
    assert not steps or steps[0] in log


def test_a_run_without_a_checkpoint_starts_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = start(tmp_path, MODEL)
    finish(whole)
    monkeypatch.setenv("SLOWNESS", "0.02")
    folder = start(tmp_path, MODEL)
    kill_after(folder, 0)
    for name in checkpoints(folder):
        (folder.checkpoints / name).unlink()
    monkeypatch.delenv("SLOWNESS")
    resume(folder)
    assert finish(folder).status == "finished"
    assert folder.log.read_bytes() == whole.log.read_bytes()


def test_a_damaged_checkpoint_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = start(tmp_path, MODEL)
    finish(whole)
    monkeypatch.setenv("SLOWNESS", "0.05")
    folder = start(tmp_path, MODEL)
    deadline = time.monotonic() + PATIENCE
    while len(checkpoints(folder)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    kill_after(folder, 0)
    first, *_, last = checkpoints(folder)
    (folder.checkpoints / last).write_bytes(b"half of it")
    monkeypatch.delenv("SLOWNESS")
    resume(folder)
    assert finish(folder).status == "finished"
    assert events(folder, "resumed") == [first]
    assert folder.log.read_bytes() == whole.log.read_bytes()


def test_a_fault_after_the_return_is_in_the_log(tmp_path: Path) -> None:
    source = MODEL.replace('print("done"', 'raise RuntimeError("at the end")\n    print("done"')
    folder = start(tmp_path, source)
    assert finish(folder).status == "failed"
    assert folder.log.read_text().count("at the end") == 2  # its line and its message
    resume(folder)
    assert finish(folder).status == "failed"
    assert folder.log.read_text().count("at the end") == 2


def test_a_program_that_takes_another_way_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = MODEL.replace("for epoch in", 'for epoch in [] if os.environ.get("OTHER") else')
    monkeypatch.setenv("SLOWNESS", "0.02")
    folder = start(tmp_path, source)
    deadline = time.monotonic() + PATIENCE
    while not events(folder, "checkpoint"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    kill_after(folder, 0)
    monkeypatch.setenv("OTHER", "1")
    resume(folder)
    state = finish(folder)
    assert state.status == "failed"
    assert state.failure is not None
    assert "without coming by the loop" in state.failure.message


def test_what_is_complete_is_not_resumed(tmp_path: Path) -> None:
    folder = start(tmp_path, MODEL, "--epochs", "1")
    finish(folder)
    with pytest.raises(RunError, match="1 everything is finished: there is nothing left to do"):
        resume(folder)


def test_the_file_says_what_it_is(tmp_path: Path) -> None:
    folder = start(tmp_path, MODEL, "--epochs", "2")
    finish(folder)
    kept, metadata = load(folder.checkpoints / checkpoints(folder)[-1])
    assert metadata["source"] == MODEL
    assert metadata["options"] == '["--epochs","2"]'
    assert metadata["epoch"] == "2"
    assert kept["optimiser"]["steps"] == 16
    assert kept["w"]["in"].shape == (5, 7)
    assert kept["sums"][1] == 8


def test_a_full_disk_does_not_end_the_training(tmp_path: Path) -> None:
    """The limit of a file's size is met as a full disk is."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))"
    source = MODEL.replace("generator = run", f"{limit}\n    generator = run", 1)
    folder = start(tmp_path, source.replace('"out": np', '"more": np.ones(900), "out": np'))
    state = finish(folder)
    log = folder.log.read_text()
    assert state.status == "failed"  # the last one could not be written
    assert "the last checkpoint was not written" in log
    assert "step-0000000001.safetensors was not written" in log
    assert "File too large; what was there before is untouched; make room" in log
    assert "Traceback" not in log
    assert checkpoints(folder) == []
