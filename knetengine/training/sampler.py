"""Has a model write pieces of text between two steps of its training, for others to read."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np

from knetengine.nn import watching
from knetengine.training.control import Sampling
from knetengine.training.samples import Done, Line, Piece, Text, read_lines

FLUSH_SECONDS = 0.05
SHARE = 20  # writing takes at most so small a part of the time, unless somebody asks

Write = Callable[..., Iterator[str]]


class Sampler:
    """Writes pieces when they are wanted.

    write: called as ``write(prompt, length, generator, temperature=, top_k=, top_p=)``; gives
        the prompt and then the characters, one at a time.
    """

    def __init__(self, path: Path) -> None:
        self.write: Write | None = None
        self._path = path
        self._asked = 0
        self._next = 0.0
        self._step: int | None = None  # of the piece before
        self._began = 0.0
        self._has_written = False
        self._number = sum(1 for line in read_lines(path) if isinstance(line, Piece))
        self._encoder = msgspec.json.Encoder()

    def sample(
        self,
        wanted: Sampling,
        now: float,
        epoch: int,
        step: int,
        go_on: Callable[[], bool],
        *,
        is_last: bool = False,
    ) -> None:
        """Write a piece if one is due; `go_on` is asked now and then whether to.

        is_last: the training is at its end; a piece is due if there is none since the last step.
        """
        if self.write is None:
            return
        is_due = now >= self._next or (is_last and step != self._step)
        if wanted.asked <= self._asked and not (wanted.every and is_due):
            return
        self._asked, self._step = wanted.asked, step
        self._began = began = time.perf_counter()
        self._number += 1
        with self._path.open("ab", buffering=0) as file:
            self._put(file.fileno(), Piece(self._number, now, epoch, step, wanted))
            error, hidden = self._write_piece(file.fileno(), wanted, go_on)
            ended = time.perf_counter()
            self._put(file.fileno(), Done(ended - began, error, hidden))
        self._next = now + max(wanted.every, SHARE * (ended - self._began))

    def _write_piece(
        self, descriptor: int, wanted: Sampling, go_on: Callable[[], bool]
    ) -> tuple[str, int]:
        assert self.write is not None
        text, chances, units = "", list[float](), list[float]()
        flush, hidden = time.perf_counter() + FLUSH_SECONDS, 0
        error = ""
        generator = np.random.default_rng(wanted.seed)
        with watching.watch() as watcher:
            try:
                options = {
                    "temperature": wanted.temperature,
                    "top_k": wanted.top_k,
                    "top_p": wanted.top_p,
                }
                pieces = self.write(wanted.prompt, wanted.length, generator, **options)
                for number, piece in enumerate(pieces):
                    if number == 1:  # the first character; 0 is the prompt
                        self._note_compiling()
                    text += piece
                    chance = watcher.take_chance()
                    chances += [chance] * len(piece)
                    hidden = watcher.units
                    if hidden:
                        units += [watcher.unit(wanted.unit)] * len(piece)
                    if time.perf_counter() >= flush:
                        self._put(descriptor, Text(text, chances, units))
                        text, chances, units = "", [], []
                        flush = time.perf_counter() + FLUSH_SECONDS
                        if not go_on():
                            break
            except Exception as problem:  # the training goes on
                error = f"{type(problem).__name__}: {problem}"
        if text:
            self._put(descriptor, Text(text, chances, units))
        return error, hidden

    def _note_compiling(self) -> None:
        """Count a piece from its first character on, if it is the first of this process.

        Kernels are compiled before it, once for a machine: of charlm's first piece that was 13 of
        14 seconds, and the second came 280 seconds later, after the end of the run.
        """
        if not self._has_written:
            self._has_written = True
            self._began = time.perf_counter()

    def _put(self, descriptor: int, line: Line) -> None:
        os.write(descriptor, self._encoder.encode(line) + b"\n")
