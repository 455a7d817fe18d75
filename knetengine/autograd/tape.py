"""The tape: a flat list of what ran, one for each outermost gradient.

Each entry is a plain tuple ``(primitive, indices, values, kwargs, output, code, instruction)``.
``indices`` are the tape positions of the inputs, -1 for a constant; entries point at nothing, and
the order of recording is already topological: walking back is walking down the list. ``code`` and
``instruction`` say where in the user's source the step was asked for (see `provenance`).

The first entries of a tape are its parameters, so an open tape is never empty. Closing a tape is
clearing it: a recorded value that outlived its gradient finds its tape empty and counts as a
constant. The test is free, because recording needs the length of the tape anyway.
"""

import contextlib
import threading
from collections.abc import Callable
from types import CodeType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from knetengine.autograd import compiled
from knetengine.autograd.primitives import Primitive
from knetengine.device_arrays import DeviceArray

Entry: TypeAlias = tuple[
    Primitive, tuple[int, ...], tuple[Any, ...], dict[str, Any], Any, CodeType | None, int
]

CONSTANT = -1


class Tape(list[Entry]):
    """The entries, and what happened to arrays while they were recorded.

    protected: the user's arrays that the gradient still needs. They are read-only while the tape
        is open, so that writing into one raises on the user's own line instead of spoiling the
        gradient; `release` makes them writable again.
    overwritten: whether a recorded value was written to (see `in_place`).
    """

    __slots__ = ("overwritten", "protected")

    def __init__(self) -> None:
        super().__init__()
        self.protected: list[Any] = []
        self.overwritten = False

    def protect(self, array: Any) -> None:
        """Make an array, and the arrays it is a view of, read-only until `release`.

        Of an array of a device the memory is, for all arrays that look at it.
        """
        if compiled.protect is not None:
            return compiled.protect(self.protected, array)
        if isinstance(array, DeviceArray):
            array.protect(self.protected)
        while type(array) is np.ndarray and array.flags.writeable:
            array.setflags(write=False)
            self.protected.append(array)
            array = array.base

    def protect_index(self, index: Any) -> None:
        """Protect the arrays in the index of an item."""
        for part in index if type(index) is tuple else (index,):
            if type(part) is np.ndarray or isinstance(part, DeviceArray):
                self.protect(part)

    def release(self) -> None:
        """Make all protected arrays writable again: a base before its views, as NumPy asks."""
        if compiled.release is not None:
            return compiled.release(self.protected)
        arrays = [array for array in self.protected if type(array) is np.ndarray]
        for array in arrays:
            if type(array.base) is not np.ndarray:
                _make_writable(array)
        for array in reversed(arrays):
            if type(array.base) is np.ndarray:
                _make_writable(array)
        for array in self.protected:
            if type(array) is not np.ndarray:
                array.release(self.protected)
        self.protected.clear()


def _make_writable(array: Any) -> None:
    # What np.broadcast_arrays made claims to be writable, but cannot be made so again.
    with contextlib.suppress(ValueError):
        array.setflags(write=True)


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
    then: Callable[[], None] | None = None


_statistics = _Statistics()


def last_tape() -> TapeStatistics:
    """Entries and bytes of the most recently completed first-order gradient in this process."""
    return TapeStatistics(_statistics.entries, _statistics.bytes)


def measure_next_tape(then: Callable[[], None] | None = None) -> None:
    """Ask the next outermost gradient to measure its tape's bytes just before walking back.

    Counting bytes takes time for each entry, so it happens once for each call of this function.
    then: called at that moment, when all that the gradient keeps is held; it must not raise.
    """
    _statistics.measuring = True
    if then is not None:
        _statistics.then = then


def note_statistics(tape: Tape) -> None:
    """Note the size of a complete tape; its bytes too, if somebody asked."""
    _statistics.entries = len(tape)
    if _statistics.measuring:
        _statistics.measuring = False
        _statistics.bytes = recorded_bytes(tape)
        then, _statistics.then = _statistics.then, None
        if then is not None:
            then()


def recorded_bytes(tape: Tape) -> int:
    """Bytes of the buffers behind every recorded array of the tape; views count once."""
    buffers: dict[int, int] = {}
    for entry in tape:
        output = entry[4]
        for array in output if isinstance(output, tuple) else (output,):
            owner = array
            while isinstance(getattr(owner, "base", None), np.ndarray):
                owner = owner.base
            if isinstance(array, np.ndarray) or hasattr(array, "__array_function__"):
                buffers[id(owner)] = owner.nbytes
    return sum(buffers.values())
