"""A run that is steered while it goes on: other code, other numbers, single steps, branches."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from knetengine.training.branching import branch, branch_points
from knetengine.training.control import Sampling, Watch, change, read_control, request
from knetengine.training.folder import RunError, RunFolder
from knetengine.training.launch import launch, stop, stop_now, wait_for
from knetengine.training.metrics import Event, Gradients, MetricsReader, Report
from knetengine.training.run_checkpoints import checkpoints
from knetengine.training.samples import Done, Piece, Text, read_lines
from knetengine.training.swapping import outcome, request_swap

PATIENCE = 60.0

MODEL = '''"""A line through points."""
import time
import numpy as np
from knetengine import grad, nn, optim
from knetengine.training import run, script

def predict(w, x):
    return x @ w[0] + w[1]

def loss(w, x, y):
    return np.mean((predict(w, x) - y) ** 2)

lossgradient = grad(loss)

def train(w, batches, x, y, optimiser, lr):
    for _ in run.steps(batches):
        optimiser.lr = min(optimiser.lr, 1.0)
        g = lossgradient(w, x, y)
        optimiser.update(w, g)
        w[1] -= lr * g[1]
        time.sleep(0.005)

def write(prompt, length, generator, **options):
    yield prompt
    for _ in range(length):
        yield "abc"[int(nn.sample(np.array([0.0, 0.0, 40.0]), generator, **options))]

def main(*, seed: int = 1, epochs: int = 100000, lr: float = 0.0, hidden: int = 7):
    generator = run.generator(seed)
    x = generator.standard_normal((20, 3))
    y = x.sum(axis=1, keepdims=True)
    w = [np.zeros((3, 1)), np.zeros(1)]
    optimiser = optim.SGD(lr=0.01)
    KEEP
    run.writes(write)
    for epoch in run.epochs(epochs):
        train(w, range(4), x, y, optimiser, lr)
        run.report(epoch, trn=loss(w, x, y), lr=lr)

if __name__ == "__main__":
    script(main)
'''.replace("KEEP", "run.keep(w=w, optimiser=optimiser)")


@pytest.fixture(autouse=True)
def twins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading the kernels would be most of the time of these runs."""
    monkeypatch.setenv("KNET_REFERENCE", "1")


@pytest.fixture
def start(tmp_path: Path, home: Path) -> Iterator[Callable[..., RunFolder]]:
    folders: list[RunFolder] = []

    def begin(source: str = MODEL, *options: str) -> RunFolder:
        path = tmp_path / "line.py"
        path.write_text(source)
        folder = launch(path, source, list(options))
        folders.append(folder)
        until(lambda: bool(reports(folder)), folder)
        return folder

    yield begin
    for folder in folders:
        stop_now(folder)


def until(holds: Callable[[], bool], folder: RunFolder) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        state = folder.state()
        assert time.monotonic() < deadline, (state, folder.log.read_text()[-2000:])
        assert not state.has_ended or holds(), (state, folder.log.read_text()[-2000:])
        time.sleep(0.02)


def records(folder: RunFolder) -> list[object]:
    return list(MetricsReader(folder.metrics).read(1 << 30))


def events(folder: RunFolder, name: str) -> list[str]:
    return [r.text for r in records(folder) if isinstance(r, Event) and r.name == name]


def reports(folder: RunFolder) -> list[Report]:
    return [r for r in records(folder) if isinstance(r, Report)]


def heard(folder: RunFolder, name: str) -> str:
    until(lambda: bool(events(folder, name)), folder)
    return events(folder, name)[-1]


def test_other_code_takes_effect_and_the_weights_stay(start: Callable[..., RunFolder]) -> None:
    folder = start()
    before = reports(folder)[-1]
    source = MODEL.replace("return np.mean(", "return 100 + np.mean(")
    number = request_swap(folder, source)
    assert heard(folder, "swapped") == "1: loss"
    until(lambda: reports(folder)[-1].figures()["trn"] >= 100, folder)
    epoch = reports(folder)[-1].epoch
    assert epoch > before.epoch
    found = outcome(folder, number)
    assert found is not None
    assert (found.status, found.changed) == ("accepted", ["loss"])
    assert folder.source.read_text() == source
    assert "+    return 100 + np.mean(" in (folder.swaps / "0001.diff").read_text()
    stop(folder)
    assert reports(folder)[-1].figures()["trn"] < 100 + before.figures()["trn"]


def test_code_that_runs_is_new_when_it_is_called_again(start: Callable[..., RunFolder]) -> None:
    folder = start()
    request_swap(folder, MODEL.replace("time.sleep(0.005)", "time.sleep(0.004)"))
    assert heard(folder, "swapped") in ("1: train when called again", "1: train")
    request_swap(folder, MODEL.replace("trn=loss", "tst=1.0, trn=loss"))
    until(lambda: len(events(folder, "swapped")) == 2, folder)
    assert events(folder, "swapped")[1].endswith("main when called again")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("return x @ w[0]", "return x @ nothing", "1: line 8: NameError: name 'nothing'"),
        ("return x @ w[0]", "return x @ (w[0]", "1: line 8: SyntaxError: '(' was never closed"),
        ("import time\n", "import time\nimport no_such_module\n", "1: line 3: ModuleNotFound"),
    ],
)
def test_code_that_fails_is_refused_and_the_run_goes_on(
    start: Callable[..., RunFolder], old: str, new: str, words: str
) -> None:
    folder = start()
    request_swap(folder, MODEL.replace(old, new))
    assert heard(folder, "swap rejected").startswith(words)
    epoch = reports(folder)[-1].epoch
    until(lambda: reports(folder)[-1].epoch > epoch + 2, folder)
    assert folder.source.read_text() == MODEL
    assert not events(folder, "resumed")
    request_swap(folder, MODEL.replace("return np.mean(", "return 100 + np.mean("))
    assert heard(folder, "swapped") == "2: loss"


def test_code_that_fails_where_it_cannot_be_held_costs_the_step(
    start: Callable[..., RunFolder],
) -> None:
    folder = start()
    request_swap(folder, MODEL.replace("return np.mean(", "return 1 * ("))  # a vector: no gradient
    assert "an array of shape (20, 1)" in heard(folder, "swap rejected")
    assert events(folder, "resumed")
    epoch = reports(folder)[-1].epoch
    until(lambda: reports(folder)[-1].epoch > epoch + 2, folder)
    assert [r.epoch for r in reports(folder)] == list(range(1, reports(folder)[-1].epoch + 1))


def test_a_run_that_keeps_nothing_ends_there(start: Callable[..., RunFolder]) -> None:
    source = MODEL.replace("run.keep(w=w, optimiser=optimiser)", "pass")
    folder = start(source)
    request_swap(folder, source.replace("return np.mean(", "return 1 * ("))
    state = wait_for(folder, PATIENCE, ended=True)
    assert state.status == "failed"
    assert outcome(folder, 1) is not None
    assert folder.source.read_text() == source


def test_numbers_change_between_two_steps(start: Callable[..., RunFolder]) -> None:
    folder = start()
    until(folder.live.exists, folder)
    offered = msgspec.json.decode(folder.live.read_bytes(), type=dict[str, float])
    assert set(offered) == {
        "lr",  # not hidden, which no loop reads
        "optimiser.lr",
        "optimiser.gclip",
        "optimiser.decay",
    }
    change(folder.control, numbers={"lr": 0.02, "optimiser.lr": 0.5, "w[1][0]": 9.0})
    until(lambda: len(events(folder, "number")) == 3, folder)
    assert events(folder, "number")[:2] == ["lr: 0 -> 0.02", "optimiser.lr: 0.01 -> 0.5"]
    assert events(folder, "number")[2].endswith("-> 9")
    until(lambda: reports(folder)[-1].figures()["lr"] == 0.02, folder)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing", "nothing is no number that the loop reads; there are: lr, optimiser.lr"),
        ("hidden", "hidden is no number that the loop reads"),
        ("w[7][0]", "w[7][0] is not there: list index out of range"),
        ("w[0]", "w[0] is no single number"),
        ("v[0]", "v[0] does not begin with what the run keeps: "),
        ("optimiser.state", "optimiser.state is no number"),
        ("w[__import__('os')]", "is not there"),
    ],
)
def test_a_number_that_is_none_is_refused(
    start: Callable[..., RunFolder], name: str, words: str
) -> None:
    folder = start()
    change(folder.control, numbers={name: 1.0})
    assert words in heard(folder, "number refused")


def test_numbers_that_were_changed_are_kept_over_a_kill(start: Callable[..., RunFolder]) -> None:
    from knetengine.training.launch import resume

    folder = start()
    change(folder.control, numbers={"lr": 0.125, "optimiser.lr": 0.25})
    until(lambda: reports(folder)[-1].figures()["lr"] == 0.125, folder)
    stop(folder)
    count = len(reports(folder))
    resume(folder)
    until(lambda: len(reports(folder)) > count + 2, folder)
    assert reports(folder)[-1].figures()["lr"] == 0.125
    until(lambda: b'"optimiser.lr":0.25' in folder.live.read_bytes(), folder)
    assert len(events(folder, "number")) == 2  # they are not told again


def test_a_paused_run_takes_single_steps(start: Callable[..., RunFolder]) -> None:
    folder = start()
    request(folder.control, "pause")
    heard(folder, "paused")
    until(lambda: folder.state().status == "paused", folder)
    done = int(checkpoints(folder)[-1][5:15])
    for count in range(1, 7):
        change(folder.control, steps=count)
        until(lambda count=count: int(checkpoints(folder)[-1][5:15]) == done + count, folder)
    time.sleep(0.2)
    assert int(checkpoints(folder)[-1][5:15]) == done + 6
    assert folder.state().status == "paused"
    request(folder.control, "run")
    until(lambda: folder.state().status == "running", folder)


def test_a_paused_run_takes_other_code_and_tries_it_in_its_next_step(
    start: Callable[..., RunFolder],
) -> None:
    folder = start()
    request(folder.control, "pause")
    until(lambda: folder.state().status == "paused", folder)
    request_swap(folder, MODEL.replace("return np.mean(", "return 100 + np.mean("))
    time.sleep(0.3)
    assert outcome(folder, 1) is None
    change(folder.control, steps=1)
    assert heard(folder, "swapped") == "1: loss"
    assert folder.state().status == "paused"


def test_a_run_pauses_when_its_loss_is_no_number(start: Callable[..., RunFolder]) -> None:
    folder = start()
    change(folder.control, watch=Watch(not_finite=True))
    change(folder.control, numbers={"w[1][0]": float("1e300")})
    assert heard(folder, "pausing") in ("the loss of a step is inf", "trn is inf")
    until(lambda: folder.state().status == "paused", folder)
    assert read_control(folder.control).wanted == "pause"


def test_gradient_norms_are_written(start: Callable[..., RunFolder]) -> None:
    folder = start()
    until(lambda: any(isinstance(r, Gradients) for r in records(folder)), folder)
    record = next(r for r in records(folder) if isinstance(r, Gradients))
    assert set(record.norms) == {"w[0]", "w[1]"}
    assert all(isinstance(norm, float) and norm > 0 for norm in record.norms.values())
    assert isinstance(record.loss, float)


def test_a_branch_goes_on_beside_its_parent(start: Callable[..., RunFolder]) -> None:
    folder = start()
    until(lambda: len(reports(folder)) > 5, folder)
    request(folder.control, "pause")
    until(lambda: folder.state().status == "paused", folder)
    common = reports(folder)
    new = branch(folder, numbers={"optimiser.lr": 0.2})
    until(lambda: len(reports(new)) > len(common) + 3, new)
    assert new.description.branched_from.startswith(f"{folder.description.number} step-")
    assert reports(new)[: len(common)] == common
    assert heard(new, "branched") == f"from run {new.description.branched_from}"
    assert heard(new, "number") == "optimiser.lr: 0.01 -> 0.2"
    assert folder.state().status == "paused"
    other = branch(folder, source=MODEL.replace("return np.mean(", "return 100 + np.mean("))
    until(lambda: len(reports(other)) > len(common) + 3, other)
    assert reports(other)[-1].figures()["trn"] > 100
    stop_now(new)
    stop_now(other)


def test_a_run_that_is_done_can_be_woken_from_its_end(start: Callable[..., RunFolder]) -> None:
    folder = start(MODEL, "--epochs", "3")
    assert wait_for(folder, PATIENCE, ended=True).status == "finished"
    new = branch(folder, paused=True)
    until(lambda: new.state().status == "paused", new)
    assert len(reports(new)) == 3
    request(new.control, "run")
    assert wait_for(new, PATIENCE, ended=True).status == "finished"
    assert new.log.read_bytes() == folder.log.read_bytes()
    with pytest.raises(RunError, match="is the end of run"):
        branch(folder, checkpoints(folder)[-1])
    assert branch_points(folder) == checkpoints(folder)[:-1]
    (folder.checkpoints / checkpoints(folder)[0]).write_bytes(b"torn")
    assert branch_points(folder) == checkpoints(folder)[1:-1]
    with pytest.raises(RunError, match="has no checkpoint step-7; there are: step-"):
        branch(folder, "step-7")


def test_the_last_piece_is_of_the_trained_model(start: Callable[..., RunFolder]) -> None:
    folder = start(MODEL, "--epochs", "3")
    assert wait_for(folder, PATIENCE, ended=True).status == "finished"
    pieces = [line for line in read_lines(folder.samples) if isinstance(line, Piece)]
    assert [piece.step for piece in pieces] == [0, 15]  # three times four steps and their epoch


def test_a_model_writes_while_it_trains(start: Callable[..., RunFolder]) -> None:
    folder = start()
    change(folder.control, sampling=Sampling(asked=1, every=0, prompt="xy", length=5))

    def asked_for() -> list[object]:
        """What was written from the piece on that was asked for; others come by themselves."""
        lines = read_lines(folder.samples)
        asked = (
            i for i, line in enumerate(lines) if isinstance(line, Piece) and line.sampling.asked
        )
        return list(lines[next(asked, len(lines)) :])

    until(lambda: any(isinstance(line, Done) for line in asked_for()), folder)
    texts = [line for line in asked_for() if isinstance(line, Text)]
    assert "".join(text.text for text in texts).startswith("xyccccc")
    chances = [chance for text in texts for chance in text.chances][:7]
    assert chances == [0.0, 0.0, *[pytest.approx(1.0)] * 5]
    epoch = reports(folder)[-1].epoch
    until(lambda: reports(folder)[-1].epoch > epoch, folder)
