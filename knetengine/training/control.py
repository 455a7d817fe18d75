"""What other processes want of a run: go on, pause, stop, one step, other code, other numbers.

A small file that the run looks at between two steps: it works over network file systems and
batch queues, where sockets do not. It holds what is wanted, not what to do next, so writing it
twice, or from two places, does no harm: single steps and swaps are counted, not commanded.
"""

import contextlib
import time
from pathlib import Path
from typing import Any, Literal

import filelock
import msgspec

from knetengine.training.atomic import write_atomically

Wanted = Literal["run", "pause", "stop"]

POLL_SECONDS = 0.05  # a look costs 4 us; 20 a second cannot be felt and answer at once
TRACED_STEPS = 20


class Watch(msgspec.Struct, frozen=True):
    """When a run is to pause by itself, and say why.

    not_finite: a reported figure, or the loss of a step, is NaN or infinite.
    spike: the loss of a step is so many times what it was on average; 0 for never.
    plateau: so many reports in a row had no better loss; 0 for never.
    """

    not_finite: bool = False
    spike: float = 0.0
    plateau: int = 0


class Sampling(msgspec.Struct, frozen=True):
    """What a model that writes is to write while it trains; see `Run.writes`.

    asked: how many times somebody has asked for a piece at once.
    every: seconds between two pieces that nobody asks for; 0 for none.
    seed: the same for each piece, so that they differ by what was learned.
    unit: which hidden unit to watch while it writes.
    """

    asked: int = 0
    every: float = 10.0
    prompt: str = ""
    length: int = 200
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 1
    unit: int = 0


class Looking(msgspec.Struct, frozen=True):
    """What somebody who looks at the run's memory wants to see; see `memory_watch`.

    looks: how many times somebody has looked. A run writes pictures for some seconds after each, so
        that one whom nobody watches any more, however he left, has nothing to do.
    lines: whether the line of the program that asks for each block is to be recorded meanwhile.
    traces: how many traces have been asked for. steps: how many steps one is to cover.
    """

    looks: int = 0
    lines: bool = False
    traces: int = 0
    steps: int = TRACED_STEPS


class ControlFile(msgspec.Struct, frozen=True):
    """What is wanted of the run.

    steps: how many single steps have been asked for since the run began; a paused run takes one
        for each that it has not taken.
    swap: the number of the newest source that is to take the place of the running one.
    numbers: what numbers of the program should be from now on, by their names.
    """

    wanted: Wanted = "run"
    steps: int = 0
    swap: int = 0
    numbers: dict[str, float] = msgspec.field(default_factory=lambda: dict[str, float]())
    watch: Watch = Watch()
    sampling: Sampling = Sampling()
    looking: Looking = Looking()


def request(path: Path, wanted: Wanted) -> None:
    """Leave the word `wanted` for the run that reads `path`."""
    change(path, wanted=wanted)


def change(path: Path, **fields: Any) -> ControlFile:
    """Change what is wanted of the run that reads `path`; other wishes stay. Gives all of them."""
    with filelock.FileLock(path.with_suffix(".lock")):
        control = msgspec.structs.replace(read_control(path), **fields)
        write_atomically(path, msgspec.json.encode(control))
    return control


def read_control(path: Path) -> ControlFile:
    """What is wanted of the run that reads `path`; nothing special if that cannot be read."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(path.read_bytes(), type=ControlFile)
    return ControlFile()


class Control:
    """The run's side: what is wanted now, looked up at most every `POLL_SECONDS`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next_look = 0.0
        self._last = ControlFile()

    def look(self) -> ControlFile:
        """What is wanted of the run; cheap enough to ask between any two steps."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + POLL_SECONDS
            with contextlib.suppress(OSError, msgspec.MsgspecError):  # the last word holds
                self._last = msgspec.json.decode(self._path.read_bytes(), type=ControlFile)
        return self._last

    def forget(self) -> None:
        """Look again the next time."""
        self._next_look = 0.0
