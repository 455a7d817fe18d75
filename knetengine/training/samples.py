"""What a model that writes has written: pieces of text, drawn while it trains.

Each piece begins with the same seed, so that two pieces differ by what was learned between them.
Every character comes with the chance that the model gave it, and with one of its hidden units.
"""

import contextlib
from pathlib import Path

import msgspec

from knetengine.training.control import Sampling
from knetengine.training.tail import LineTail


class Piece(msgspec.Struct, tag="piece", tag_field="kind", frozen=True):
    """A piece begins. chance and unit of what follows are the model's; sampling is how."""

    number: int
    time: float
    epoch: int
    step: int
    sampling: Sampling


class Text(msgspec.Struct, tag="text", tag_field="kind", frozen=True):
    """Characters of the piece, with the chance and the hidden unit's value of each.

    A chance of 0 means that it was not drawn but given. units is empty if the model has none.
    """

    text: str
    chances: list[float]
    units: list[float]


class Done(msgspec.Struct, tag="done", tag_field="kind", frozen=True):
    """The piece is complete, or what kept it from being."""

    seconds: float
    error: str = ""
    hidden: int = 0  # how many hidden units there are to watch


Line = Piece | Text | Done


def read_lines(path: Path) -> list[Line]:
    """All lines of a file of samples; none if there is no file."""
    size = path.stat().st_size if path.exists() else 0
    return SampleReader(path).read(limit=size + 1)


class SampleReader:
    """Reads what was added since the last read; lines that it cannot read are passed over."""

    def __init__(self, path: Path) -> None:
        self._tail = LineTail(path)
        self._decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)

    def read(self, limit: int = 1 << 20) -> list[Line]:
        """The new lines of at most about `limit` bytes."""
        lines: list[Line] = []
        for line in self._tail.read(limit):
            with contextlib.suppress(msgspec.MsgspecError):
                lines.append(self._decoder.decode(line))
        return lines
