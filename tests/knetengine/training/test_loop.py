"""The loop of a model: alone it only prints, in a run folder it is written down and steered."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knetengine.training.checkpoint import load
from knetengine.training.control import POLL_SECONDS, request
from knetengine.training.folder import RunFolder, create_run
from knetengine.training.loop import Run
from knetengine.training.metrics import MetricsReader, Plan, Report
from knetengine.training.recorder import Recorder
from knetengine.training.run_checkpoints import checkpoints
from knetengine.training.state import StateError


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return create_run("model", "", tmp_path / "model.py", [])


@pytest.fixture
def recorded(folder: RunFolder) -> Run:
    """A run that writes into `folder`."""
    run = Run()
    run.recorder = Recorder(folder)
    return run


def end(run: Run) -> None:
    assert run.recorder is not None
    run.recorder.end("finished")


def figures(folder: RunFolder) -> list[tuple[int, dict[str, float]]]:
    records = MetricsReader(folder.metrics).read()
    return [(r.epoch, r.figures()) for r in records if isinstance(r, Report)]


def test_text_is_printed_a_piece_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    """Each character stands on the screen before the next one is asked for."""
    seen: list[str] = []

    def write(
        prompt: str, length: int, generator: np.random.Generator, top_k: int
    ) -> Iterator[str]:
        yield prompt
        for _ in range(length):
            seen.append(capsys.readouterr().out)
            yield str(top_k + int(generator.integers(1)))

    run = Run()
    with pytest.raises(RuntimeError, match=r"needs run\.writes"):
        run.write("ab", 3, np.random.default_rng(1))
    run.writes(write)
    assert run.write("ab", 3, np.random.default_rng(1), top_k=7) == "ab777"
    assert seen == ["ab", "7", "7"]
    assert capsys.readouterr().out == "7\n"


def test_epochs_are_counted_from_one() -> None:
    assert list(Run().epochs(3)) == [1, 2, 3]
    assert list(Run().epochs(0)) == []


def test_epochs_cannot_be_fewer_than_none() -> None:
    with pytest.raises(ValueError, match="epochs must be 0 or more, not -1"):
        list(Run().epochs(-1))


def test_steps_pass_any_batches_on_one_at_a_time() -> None:
    taken: list[int] = []

    def batches() -> Iterator[int]:
        for number in range(5):
            taken.append(number)
            yield number

    steps = Run().steps(batches())
    assert next(steps) == 0
    assert taken == [0]  # a minibatch is made when it is needed
    assert list(steps) == [1, 2, 3, 4]


def test_the_time_of_a_loop_adds_up_even_when_it_is_left_early() -> None:
    run = Run()
    for _ in run.epochs(2):
        time.sleep(0.02)
    first = run.training_seconds
    assert 0.04 <= first < 0.4
    for _ in run.epochs(100):
        time.sleep(0.02)
        break
    assert 0.02 <= run.training_seconds - first < 0.2


def test_a_report_is_the_decks_line(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run()
    run.report(3, trn=np.float64(0.1) + 0.2, tst=np.float32(0.1))
    run.report(4, loss=1)
    run.report(5)
    assert capsys.readouterr().out == (
        "(:epoch,3,:trn,0.30000000000000004,:tst,0.1)\n(:epoch,4,:loss,1)\n(:epoch,5)\n"
    )


def test_alone_a_run_is_never_stopping_and_keeps_no_checkpoints(tmp_path: Path) -> None:
    run = Run()
    run.keep(w=np.zeros(3))
    assert not run.stopping
    assert list(tmp_path.rglob("*.safetensors")) == []


def test_reports_and_plans_reach_the_folder(folder: RunFolder, recorded: Run) -> None:
    for epoch in recorded.epochs(3):
        recorded.report(epoch, trn=1 / epoch, tst=np.array(0.5))
    end(recorded)
    assert figures(folder) == [(epoch, {"trn": 1 / epoch, "tst": 0.5}) for epoch in (1, 2, 3)]
    assert [r.epochs for r in MetricsReader(folder.metrics).read() if isinstance(r, Plan)] == [3]


NO_NUMBERS = {
    "vector": (np.ones(2), r"report\(trn=...\) takes one number, not an array of shape \(2,\)"),
    "text": ("much", r"report\(trn=...\) takes one number, not a str"),
    "nothing": (None, r"report\(trn=...\) takes one number, not a NoneType"),
    "list": ([1.0], r"report\(trn=...\) takes one number, not a list"),
}


@pytest.mark.parametrize("what", NO_NUMBERS)
def test_what_is_not_a_number_is_named(what: str, folder: RunFolder, recorded: Run) -> None:
    value, message = NO_NUMBERS[what]
    with pytest.raises(ValueError, match=message):
        recorded.report(1, trn=value)
    end(recorded)
    assert figures(folder) == []


@pytest.mark.parametrize("what", NO_NUMBERS)
def test_what_is_not_a_number_is_named_in_a_plain_script_too(what: str) -> None:
    value, message = NO_NUMBERS[what]
    with pytest.raises(ValueError, match=message):
        Run().report(1, trn=value)


@pytest.mark.parametrize("shape", [(1,), (1, 1)])
def test_an_array_of_one_number_is_a_number(
    shape: tuple[int, ...], folder: RunFolder, recorded: Run
) -> None:
    recorded.report(1, trn=np.full(shape, 0.5))
    end(recorded)
    assert figures(folder) == [(1, {"trn": 0.5})]


@pytest.mark.parametrize("loop", ["epochs", "steps"])
def test_a_stop_ends_the_loop_before_its_next_step(
    loop: str, folder: RunFolder, recorded: Run
) -> None:
    endless: Any = recorded.epochs(10**9) if loop == "epochs" else recorded.steps(iter(int, 1))
    counted = 0
    for _ in endless:
        counted += 1
        if counted == 3:
            request(folder.control, "stop")
            time.sleep(POLL_SECONDS)
            assert not recorded.stopping  # it looks between two steps, not within one
    assert counted == 3
    assert recorded.stopping
    assert list(recorded.epochs(5)) == []  # loops after it do not begin
    end(recorded)


def test_the_first_state_the_last_and_that_of_the_end_are_kept(
    folder: RunFolder, recorded: Run
) -> None:
    for epoch in recorded.epochs(50):
        recorded.keep(w=[np.full(2, float(epoch))])
    first, last = "step-0000000001.safetensors", "step-0000000050.safetensors"
    assert checkpoints(folder) == [first, last]
    end(recorded)
    kept, metadata = load(folder.checkpoints / checkpoints(folder)[-1])
    assert checkpoints(folder) == [first, last, "step-0000000051.safetensors"]
    assert metadata["epoch"] == "50"
    assert kept["w"][0].tolist() == [50.0, 50.0]


def test_a_number_alone_cannot_be_kept(recorded: Run) -> None:
    with pytest.raises(
        TypeError, match=r"keep\(lr=...\): a float .*; keep it in a list: lr = \[0.1\]"
    ):
        recorded.keep(lr=0.1)
    with pytest.raises(StateError, match=r"w\[1\] is a set; a checkpoint holds arrays"):
        recorded.keep(w=[np.ones(2), {3}])
    end(recorded)


def test_a_generator_is_repeated_by_its_seed(recorded: Run) -> None:
    first = recorded.generator(5).standard_normal()
    assert first == Run().generator(5).standard_normal() == np.random.default_rng(5).normal()
    assert recorded.generator(-1).normal() != recorded.generator(-1).normal()
    assert list(recorded.recorder.keeper.kept) == ["generator 0", "generator 1", "generator 2"]  # pyright: ignore
    end(recorded)
