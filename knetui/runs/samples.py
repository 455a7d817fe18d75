"""What a run has written, piece by piece, as far as it was read: how the text learned to spell."""

import math

from knetengine.data.abc_notation import read_tune, tunes
from knetengine.training.control import Sampling
from knetengine.training.folder import RunFolder
from knetengine.training.samples import Done, Piece, SampleReader, Text

KEPT_PIECES = 1000  # of 200 characters each they take 5 MB
CHUNK_BYTES = 64 * 1024


class Sample:
    """One piece of text, which may still be growing.

    chances, units: for each character the chance that the model gave it (0 if it was given, not
        drawn), and the value of the hidden unit that was watched; units is empty without one.
    hidden: how many hidden units the model has.
    """

    def __init__(self, piece: Piece) -> None:
        self.number = piece.number
        self.epoch, self.step = piece.epoch, piece.step
        self.sampling: Sampling = piece.sampling
        self.text = ""
        self.chances: list[float] = []
        self.units: list[float] = []
        self.hidden = 0
        self.error = ""
        self.is_done = False

    def add(self, text: Text) -> None:
        """More characters."""
        self.text += text.text
        self.chances += text.chances
        self.units += text.units

    def surprise(self) -> float | None:
        """How unlikely its own characters were to the model, on average: nats a character."""
        drawn = [chance for chance in self.chances if chance > 0]
        return -sum(map(math.log, drawn)) / len(drawn) if drawn else None


class Samples:
    """The pieces of a run, oldest first; of very many, older ones are passed over evenly."""

    def __init__(self, folder: RunFolder) -> None:
        self.pieces: list[Sample] = []
        self.count = 0
        self._reader = SampleReader(folder.samples)

    def read(self) -> bool:
        """Read what was added; whether there was anything."""
        lines = self._reader.read(CHUNK_BYTES)
        for line in lines:
            if isinstance(line, Piece):
                self._begin(Sample(line))
            elif not self.pieces:
                continue
            elif isinstance(line, Text):
                self.pieces[-1].add(line)
            else:
                self._end(self.pieces[-1], line)
        return bool(lines)

    def _begin(self, sample: Sample) -> None:
        self.count += 1
        if len(self.pieces) >= KEPT_PIECES:
            del self.pieces[1::2]  # the first stays
        self.pieces.append(sample)

    def _end(self, sample: Sample, done: Done) -> None:
        sample.is_done, sample.error, sample.hidden = True, done.error, done.hidden


def tune_count(text: str) -> str:
    """For a text that is a book of tunes, how many of them can be played; otherwise nothing."""
    if not text.lstrip().startswith("X:"):
        return ""
    whole = tunes(text)[:-1]  # the last is cut off by the length
    if not whole:
        return ""
    right = sum(1 for tune in whole if not read_tune(tune).fault)
    return f"{right} of {len(whole)} tunes can be played"
