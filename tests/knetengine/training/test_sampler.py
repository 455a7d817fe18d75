"""When a model writes pieces of text: now and then, when asked, and in its share of the time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from knetengine.training import sampler as module
from knetengine.training.control import Sampling
from knetengine.training.sampler import SHARE, Sampler
from knetengine.training.samples import Done, Piece, Text, read_lines


class Clock:
    """Stands still but for the sleep of a model that writes."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module.time, "perf_counter", clock)
    return clock


class Training:
    """A run whose model takes `compiling` seconds before its first character, and `each` for it."""

    def __init__(self, path: Path, clock: Clock, compiling: float, each: float) -> None:
        self.sampler, self.path, self.clock = Sampler(path), path, clock
        self.compiling, self.each = compiling, each
        self.sampler.write = self.write

    def write(self, prompt: str, length: int, _generator: Any, **_: Any) -> Iterator[str]:
        yield prompt
        self.clock.now += self.compiling
        self.compiling = 0.0
        for _ in range(length):
            self.clock.now += self.each
            yield "x"

    def train(self, seconds: float, **wanted: Any) -> list[float]:
        """When pieces were begun, if steps take a tenth of a second."""
        start = self.clock.now
        while self.clock.now < start + seconds:
            at = self.clock.now - start
            self.sampler.sample(Sampling(**wanted), at, 0, 0, lambda: True)
            self.clock.now += 0.1
        return [line.time for line in read_lines(self.path) if isinstance(line, Piece)]


def test_pieces_come_every_so_many_seconds(tmp_path: Path, clock: Clock) -> None:
    times = Training(tmp_path / "samples.jsonl", clock, 0.0, 0.0).train(35, every=10.0)
    assert times == pytest.approx([0, 10, 20, 30], abs=0.5)


def test_writing_takes_its_share_of_the_time(tmp_path: Path, clock: Clock) -> None:
    training = Training(tmp_path / "samples.jsonl", clock, 0.0, 0.01)  # of 100 characters a second
    times = training.train(70, every=10.0, length=100)
    assert times == pytest.approx([0, SHARE, 2 * SHARE, 3 * SHARE], abs=0.5)


def test_compiling_before_the_first_character_is_not_writing(tmp_path: Path, clock: Clock) -> None:
    training = Training(tmp_path / "samples.jsonl", clock, 13.0, 0.001)
    times = training.train(35, every=10.0, length=100)
    assert times == pytest.approx([0, 13, 23, 33], abs=0.5)  # not 280
    done = [line.seconds for line in read_lines(training.path) if isinstance(line, Done)]
    assert done[0] == pytest.approx(13.1)  # it is told, though
    assert done[1:] == pytest.approx([0.1] * len(done[1:]))


def test_the_last_piece_is_of_the_last_step(tmp_path: Path, clock: Clock) -> None:
    training = Training(tmp_path / "samples.jsonl", clock, 0.0, 0.0)
    assert training.train(3, every=10.0) == [0.0]
    for step in (7, 7):  # there is none between the two
        training.sampler.sample(Sampling(every=10.0), 3.0, 1, step, lambda: True, is_last=True)
    pieces = [line for line in read_lines(training.path) if isinstance(line, Piece)]
    assert [(piece.time, piece.step) for piece in pieces] == [(0.0, 0), (3.0, 7)]
    training.sampler.sample(Sampling(every=0.0), 4.0, 1, 8, lambda: True, is_last=True)
    assert len([line for line in read_lines(training.path) if isinstance(line, Piece)]) == 2


def test_who_asks_gets_a_piece_at_the_next_step(tmp_path: Path, clock: Clock) -> None:
    training = Training(tmp_path / "samples.jsonl", clock, 0.0, 0.01)
    training.train(5, every=0.0, length=100)
    assert not training.path.exists()
    assert len(training.train(5, every=0.0, length=100, asked=1)) == 1
    assert len(training.train(5, every=0.0, length=100, asked=2)) == 2


def test_a_model_that_fails_says_so_and_training_goes_on(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "samples.jsonl"
    training = Training(path, clock, 0.0, 0.0)

    def fail(*_: Any, **__: Any) -> Iterator[str]:
        yield "so far"
        raise ValueError("no more")

    training.sampler.write = fail
    training.train(0.05, asked=1)
    piece, text, done = read_lines(path)
    assert isinstance(piece, Piece)
    assert isinstance(text, Text)
    assert text.text == "so far"
    assert isinstance(done, Done)
    assert done.error == "ValueError: no more"
