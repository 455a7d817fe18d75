"""Find the report of one epoch in a long file of figures, without reading all of it."""

from collections.abc import Iterator
from io import SEEK_END
from pathlib import Path
from typing import BinaryIO

import msgspec

from knetengine.training.metrics import Record, Report

BLOCK_BYTES = 8192


def report_at(path: Path, epoch: float) -> Report | None:
    """The last report at or before `epoch`, or else the first; None if there is none.

    The file is halved until a block is left: of a million reports in some 14 looks, 1 ms.
    """
    try:
        with path.open("rb", buffering=BLOCK_BYTES) as file:
            low, high = 0, file.seek(0, SEEK_END)
            while high - low > BLOCK_BYTES:
                middle = (low + high) // 2
                found = next(_reports(file, middle, high), None)
                if found is None or found.epoch > epoch:
                    high = middle
                else:
                    low = middle
            best = None
            for report in _reports(file, low, None):
                if best is not None and report.epoch > epoch:
                    break
                best = report
            return best
    except OSError:
        return None


def _reports(file: BinaryIO, start: int, end: int | None) -> Iterator[Report]:
    """The reports in the whole lines that begin after `start` and before `end`."""
    decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
    file.seek(start)
    if start:
        file.readline()  # the rest of a line, or a whole one that the block before has too
    while end is None or file.tell() < end:
        line = file.readline()
        if not line.endswith(b"\n"):
            return
        try:
            record = decoder.decode(line)
        except msgspec.MsgspecError:
            continue
        if isinstance(record, Report):
            yield record
