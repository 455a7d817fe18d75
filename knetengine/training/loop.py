"""The loop of a training script: silent plumbing that the reader of a model can ignore."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import numpy as np

from knetengine.training.deck import report_line
from knetengine.training.recorder import Recorder

Batch = TypeVar("Batch")


class Run:
    """The run of this process: its epochs, its reports, its checkpoints.

    Run with plain `python`, a script only prints. In a run folder (`knet-tui train`, the
    workbench) the same calls also write figures and checkpoints, and pause and stop on request.
    """

    def __init__(self) -> None:
        self.recorder: Recorder | None = None
        self._write: Callable[..., Iterator[str]] | None = None
        self.training_seconds = 0.0
        self.was_scripted = False

    @property
    def stopping(self) -> bool:
        """Whether someone asked the run to stop: the loops end before their next step."""
        return self.recorder is not None and self.recorder.stopping

    def epochs(self, count: int) -> Iterator[int]:
        """Count the epochs 1, 2 ... `count`; the loop's own time adds to `training_seconds`."""
        if count < 0:
            raise ValueError(f"epochs must be 0 or more, not {count}")
        if self.recorder is not None:
            self.recorder.plan(count)
        began = time.perf_counter()
        try:
            yield from self.steps(range(1, count + 1))
        finally:
            self.training_seconds += time.perf_counter() - began

    def steps(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Pass `batches` on; between two of them the run can be paused and stopped."""
        recorder = self.recorder
        if recorder is None:
            yield from batches
            return
        generator = getattr(batches, "generator", None)
        if generator is not None and not recorder.keeper.keeps(generator):
            recorder.keeper.keep({"generator of the data": generator})
        yield from recorder.loop(batches)

    def report(self, epoch: int, **values: float) -> None:
        """Print the deck's line `(:epoch,3,:trn,0.61,:tst,0.64)` and keep its figures.

        A value is a number or an array of one number; ValueError names one that is not.
        """
        numbers = {name: _number(name, value) for name, value in values.items()}
        print(report_line([("epoch", epoch), *numbers.items()]))
        if self.recorder is not None:
            self.recorder.report(epoch, {name: float(n) for name, n in numbers.items()})

    def keep(self, **things: Any) -> None:
        """Name what the run needs to go on after its process was killed: `keep(w=w, state=state)`.

        things: arrays, lists and dicts of them, generators, optimisers and other dataclasses. They
            are kept as they are between two steps, and put back where they are; whoever replaces
            one (``w = step(w)``) names it again.

        The first checkpoint is written after the first step, then one every ten seconds, one
        before a pause and a stop, and one at the end. Raises TypeError for a number alone, and
        StateError for what a checkpoint cannot hold.
        """
        if self.recorder is not None:
            self.recorder.keeper.keep(things)

    def writes(self, write: Callable[..., Iterator[str]]) -> None:
        """Name how the model writes text, for those who want to read it while it trains.

        write: called between two steps as ``write(prompt, length, generator, temperature=1.0,
            top_k=0, top_p=1.0)``; gives the prompt and then so many characters, one at a time,
            drawn with `nn.sample`. It must leave what the run keeps as it is.
        """
        self._write = write
        if self.recorder is not None:
            self.recorder.writes(write)

    def write(self, prompt: str, length: int, generator: np.random.Generator, **how: Any) -> str:
        """Print what the model writes as it comes, then a line's end; the text is given back.

        how: ``temperature``, ``top_k``, ``top_p``, as in `writes`. Raises RuntimeError when the
        model has not told how it writes.
        """
        if self._write is None:
            raise RuntimeError("run.write needs run.writes(write) before it: how the model writes")
        pieces: list[str] = []
        for piece in self._write(prompt, length, generator, **how):
            print(piece, end="", flush=True)
            pieces.append(piece)
        print()
        return "".join(pieces)

    def generator(self, seed: int) -> np.random.Generator:
        """A generator of random numbers, which is kept; `seed` below 1 asks for another every time.

        The weights, the order of the data and what is dropped out should come from one generator,
        made here: so a run that goes on draws what it would have drawn.
        """
        if self.recorder is not None:
            return self.recorder.keeper.generator(seed)
        return np.random.default_rng(seed if seed > 0 else None)


def _number(name: str, value: Any) -> Any:
    """The value as a number of its own kind: a float32 is printed with its own digits."""
    if getattr(value, "size", 0) == 1 and getattr(value, "shape", ()):
        value = value.reshape(())[()]
    try:
        float(value)
        return value
    except (TypeError, ValueError) as error:
        shape = getattr(value, "shape", None)
        what = f"an array of shape {shape}" if shape else f"a {type(value).__name__}"
        raise ValueError(f"report({name}=...) takes one number, not {what}") from error


run = Run()
