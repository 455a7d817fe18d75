"""The loop of a training script: silent plumbing that the reader of a model can ignore."""

import time
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

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
        for batch in batches:
            recorder.heed()
            if recorder.stopping:
                return
            yield batch

    def report(self, epoch: int, **values: float) -> None:
        """Print the deck's line `(:epoch,3,:trn,0.61,:tst,0.64)` and keep its figures.

        A value is a number or an array of one number; ValueError names one that is not.
        """
        numbers = {name: _number(name, value) for name, value in values.items()}
        print(report_line([("epoch", epoch), *numbers.items()]))
        if self.recorder is not None:
            self.recorder.report(epoch, {name: float(n) for name, n in numbers.items()})

    def checkpoint(self, epoch: int, parameters: Any) -> None:
        """Offer `parameters` for a checkpoint; cheap, since few offers are written.

        Written are the first, then one every ten seconds, and the last before the run ends.
        """
        if self.recorder is not None:
            self.recorder.offer_checkpoint(epoch, parameters)


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
