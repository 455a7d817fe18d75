"""The word that other processes leave for a run: go on, pause, stop.

A small file that the run looks at between two steps: it works over network file systems and
batch queues, where sockets do not. It holds what is wanted, not what to do next, so writing it
twice, or from two places, does no harm.
"""

import contextlib
import time
from pathlib import Path
from typing import Literal

import msgspec

from knetengine.training.atomic import write_atomically

Wanted = Literal["run", "pause", "stop"]

POLL_SECONDS = 0.05  # a look costs 4 us; 20 a second cannot be felt and answer at once


class ControlFile(msgspec.Struct, frozen=True):
    """What is wanted of the run."""

    wanted: Wanted


def request(path: Path, wanted: Wanted) -> None:
    """Leave the word `wanted` for the run that reads `path`."""
    write_atomically(path, msgspec.json.encode(ControlFile(wanted)))


class Control:
    """The run's side: what is wanted now, looked up at most every `POLL_SECONDS`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next_look = 0.0
        self._wanted: Wanted = "run"

    def wanted(self) -> Wanted:
        """What is wanted of the run; cheap enough to ask between any two steps."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + POLL_SECONDS
            with contextlib.suppress(OSError, msgspec.MsgspecError):  # the last word holds
                self._wanted = msgspec.json.decode(self._path.read_bytes(), type=ControlFile).wanted
        return self._wanted
