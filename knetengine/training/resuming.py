"""Go on with a run whose process is gone: from its newest checkpoint, or from its beginning."""

import os
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from knetengine.training.folder import RunFolder
from knetengine.training.keeper import Place, checkpoints, newest
from knetengine.training.metrics import Event, Record

NOT_FINITE = "not finite"


class Return(NamedTuple):
    """What the process that goes on has to know.

    checkpoint: its name; "" if there is none, and the run starts anew.
    kept: what it keeps, by the names given to `run.keep`.
    seconds: how long the run had lasted.
    not_finite: the figures that the log has warned of already.
    """

    checkpoint: str
    kept: dict[str, Any]
    place: Place | None
    seconds: float
    not_finite: set[str]


def prepare(folder: RunFolder) -> Return:
    """Cut off what the log and the figures have after the newest checkpoint."""
    found = newest(folder)
    folder.control.unlink(missing_ok=True)  # the word that stopped it
    checkpoint, kept, place = found or ("", {}, None)
    for name in checkpoints(folder):
        if name > checkpoint:
            (folder.checkpoints / name).unlink()
    records = _cut_figures(folder.metrics, checkpoint)
    _cut(folder.log, place.log if place else 0)
    return Return(
        checkpoint,
        kept,
        place,
        records[-1].time if records else 0.0,
        {r.text.split(" is ")[0] for r in records if isinstance(r, Event) and r.name == NOT_FINITE},
    )


def _cut_figures(path: Path, checkpoint: str) -> list[Record]:
    """Keep the records up to the word of the checkpoint; gives them."""
    if not checkpoint:
        _cut(path, 0)
        return []
    decoder = msgspec.json.Decoder(Record)
    records: list[Record] = []
    length = keep = kept = 0
    for line in path.read_bytes().splitlines(keepends=True):
        length += len(line)
        try:
            record = decoder.decode(line)
        except msgspec.MsgspecError:  # the torn line of a process that was killed
            continue
        records.append(record)
        if isinstance(record, Event) and (record.name, record.text) == ("checkpoint", checkpoint):
            keep, kept = length, len(records)
    if keep:
        _cut(path, keep)
        del records[kept:]
    return records


def _cut(path: Path, length: int) -> None:
    if path.stat().st_size > length:
        os.truncate(path, length)
