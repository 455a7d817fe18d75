"""The tape: a flat list of what ran, one for each outermost gradient.

Each entry is a plain tuple ``(primitive, indices, values, kwargs, output)``. ``indices`` are the
tape positions of the inputs, -1 for a constant; entries point at nothing, and the order of
recording is already topological: walking back is walking down the list.

The first entries of a tape are its parameters, so an open tape is never empty. Closing a tape is
clearing it: a recorded value that outlived its gradient finds its tape empty and counts as a
constant. The test is free, because recording needs the length of the tape anyway.
"""

import threading
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from knetengine.autograd.primitives import Primitive

Entry: TypeAlias = tuple[Primitive, tuple[int, ...], tuple[Any, ...], dict[str, Any], Any]
Tape: TypeAlias = list[Entry]

CONSTANT = -1


class _Recording(threading.local):
    """The tape that the enclosing gradients of this thread record on; None at depth 0.

    All nested gradients share the tape of the outermost. Whether a backward pass is itself
    recorded follows from this alone (an enclosing gradient will want it), never from whether the
    argument is recorded: a closure may capture an outer variable while the argument is a number.
    """

    tape: Tape | None = None


recording = _Recording()


class TapeStatistics(NamedTuple):
    """What the latest first-order gradient of this process left on its tape.

    entries: number of entries, parameters included.
    bytes: memory of all recorded arrays, each buffer once; of the latest tape that was measured
        (see `measure_next_tape`), 0 before the first measurement.
    """

    entries: int
    bytes: int


class _Statistics:
    """Plain attributes: counting the entries of every gradient must cost next to nothing."""

    entries = 0
    bytes = 0
    measuring = False


_statistics = _Statistics()


def last_tape() -> TapeStatistics:
    """Entries and bytes of the most recently completed first-order gradient in this process."""
    return TapeStatistics(_statistics.entries, _statistics.bytes)


def measure_next_tape() -> None:
    """Ask the next outermost gradient to measure its tape's bytes just before walking back.

    Counting bytes takes time for each entry, so it happens once for each call of this function.
    """
    _statistics.measuring = True


def note_statistics(tape: Tape) -> None:
    """Note the size of a complete tape; its bytes too, if somebody asked."""
    _statistics.entries = len(tape)
    if _statistics.measuring:
        _statistics.measuring = False
        _statistics.bytes = recorded_bytes(tape)


def recorded_bytes(tape: Tape) -> int:
    """Bytes of the buffers behind every recorded array of the tape; views count once."""
    buffers: dict[int, int] = {}
    for *_, output in tape:
        for array in output if isinstance(output, tuple) else (output,):
            owner = array
            while isinstance(getattr(owner, "base", None), np.ndarray):
                owner = owner.base
            if isinstance(array, np.ndarray) or hasattr(array, "__array_function__"):
                buffers[id(owner)] = owner.nbytes
    return sum(buffers.values())
