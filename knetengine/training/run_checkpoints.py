"""The checkpoints of a run: their names, where in the program they stand, and what came before.

Read without the arrays that they hold, and without NumPy: the workbench asks, too.
"""

from pathlib import Path

import msgspec

from knetengine.training.folder import RunFolder
from knetengine.training.metrics import Event, Record

PATTERN = "step-*.safetensors"


class Level(msgspec.Struct):
    """A loop of the path.

    ordinal: how many loops of the same level there were before it, in the same turn of the loop
        around it.
    done: how many items are done.
    shuffle: the state of the data's generator before it put this loop's items in order; "" if
        the items have no generator.
    """

    ordinal: int
    done: int = 0
    shuffle: str = ""


class Place(msgspec.Struct):
    """The place in the program where a checkpoint was written.

    completed: how many items of all loops together were done.
    epoch: how many of the outermost loop.
    path: the loops that were running; None at the program's end.
    entropy: what `generator` seeded its generators with, in order.
    log: how many bytes the log had.
    numbers: the wishes for other numbers that had been heeded.
    options: those of main that were changed so, and what they were then.
    """

    completed: int
    epoch: int
    path: list[Level] | None
    entropy: list[str]
    log: int
    numbers: dict[str, float] = msgspec.field(default_factory=lambda: dict[str, float]())
    options: dict[str, float] = msgspec.field(default_factory=lambda: dict[str, float]())


def checkpoints(folder: RunFolder) -> list[str]:
    """The names of the checkpoints of a run, oldest first."""
    return sorted(path.name for path in folder.checkpoints.glob(PATTERN))


def records_until(path: Path, checkpoint: str) -> tuple[list[Record], bytes]:
    """The records up to the word of a checkpoint, and their lines; all of them without the word."""
    decoder = msgspec.json.Decoder(Record)
    content = path.read_bytes()
    records: list[Record] = []
    length, keep, kept = 0, len(content), None
    for line in content.splitlines(keepends=True):
        length += len(line)
        try:
            record = decoder.decode(line)
        except msgspec.MsgspecError:  # the torn line of a process that was killed
            continue
        records.append(record)
        if isinstance(record, Event) and (record.name, record.text) == ("checkpoint", checkpoint):
            keep, kept = length, len(records)
    return records[:kept], content[:keep]
