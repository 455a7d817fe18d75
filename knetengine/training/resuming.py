"""Go on with a run whose process is gone: from its newest checkpoint, or from its beginning."""

import os
from pathlib import Path
from typing import Any, NamedTuple

from knetengine.training.control import read_control, request
from knetengine.training.folder import RunFolder
from knetengine.training.keeper import newest
from knetengine.training.metrics import Event, Record
from knetengine.training.run_checkpoints import Place, checkpoints, records_until
from knetengine.training.swapping import outcome

NOT_FINITE = "not finite"


class Return(NamedTuple):
    """What the process that goes on has to know.

    checkpoint: its name; "" if there is none, and the run starts anew.
    kept: what it keeps, by the names given to `run.keep`.
    seconds: how long the run had lasted.
    not_finite: the figures that the log has warned of already.
    untold: events that the run had no time to write: code that was refused.
    """

    checkpoint: str
    kept: dict[str, Any]
    place: Place | None
    seconds: float
    not_finite: set[str]
    untold: list[tuple[str, str]]


def prepare(folder: RunFolder) -> Return:
    """Cut off what the log and the figures have after the newest checkpoint."""
    found = newest(folder)
    wanted = read_control(folder.control)
    if wanted.wanted == "stop":  # the word that stopped it
        request(folder.control, "run")
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
        _untold(folder, wanted.swap, records),
    )


def _untold(folder: RunFolder, number: int, records: list[Record]) -> list[tuple[str, str]]:
    told = {(r.name, r.text) for r in records if isinstance(r, Event)}
    events: list[tuple[str, str]] = []
    if folder.description.branched_from:
        events.append(("branched", f"from run {folder.description.branched_from}"))
    last = outcome(folder, number)
    if last is not None:
        events.append(last.event)
    return [event for event in events if event not in told]


def _cut_figures(path: Path, checkpoint: str) -> list[Record]:
    """Keep the records up to the word of the checkpoint; gives them."""
    if not checkpoint:
        _cut(path, 0)
        return []
    records, content = records_until(path, checkpoint)
    _cut(path, len(content))
    return records


def _cut(path: Path, length: int) -> None:
    if path.stat().st_size > length:
        os.truncate(path, length)
