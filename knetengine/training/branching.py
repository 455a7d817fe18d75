"""A new run from a checkpoint of another, with something changed: both can race on one chart."""

import os
import shutil
import socket
import time

import msgspec

from knetengine.training.checkpoint_header import CheckpointError, read_metadata
from knetengine.training.control import change
from knetengine.training.folder import RunError, RunFolder, State, create_run
from knetengine.training.launch import start
from knetengine.training.run_checkpoints import Place, checkpoints, records_until


def branch(
    folder: RunFolder,
    checkpoint: str = "",
    *,
    source: str | None = None,
    numbers: dict[str, float] | None = None,
    paused: bool = False,
) -> RunFolder:
    """Start a run that goes on from a checkpoint of another one, which is left as it is.

    checkpoint: its name, as in the run's folder; "" for the newest that a program can go on from.
    source: the model's text, if it is to be another; its loops have to be the same.
    numbers: what numbers of the program are to be from there on; see `numbers.Numbers`.
    paused: wait at the checkpoint, to be looked at.

    The log and the figures up to the checkpoint come along. Raises RunError if there is no such
    checkpoint, or it is that of a program's end.
    """
    parent = folder.description
    name, place, text = _find(folder, checkpoint)
    new = create_run(
        parent.name,
        text if source is None else source,
        folder.source_path,
        parent.options,
        parent.niceness,
        working_folder=parent.working_folder,
        branched_from=f"{parent.number} {name.removesuffix('.safetensors')}",
    )
    shutil.copyfile(folder.checkpoints / name, new.checkpoints / name)
    new.metrics.write_bytes(records_until(folder.metrics, name)[1])
    with folder.log.open("rb") as log:
        new.log.write_bytes(log.read(place.log))
    change(new.control, wanted="pause" if paused else "run", numbers=numbers or {})
    new.write_state(State("starting", host=socket.gethostname(), started=time.time()))
    start(new, "--resume")
    return new


def branch_points(folder: RunFolder) -> list[str]:
    """The names of the checkpoints that a new run can go on from, oldest first."""
    names: list[str] = []
    for name in checkpoints(folder):
        try:
            if _place(folder, name) is not None:
                names.append(name)
        except CheckpointError:  # the others may be whole
            continue
    return names


def _place(folder: RunFolder, checkpoint: str) -> tuple[Place, str] | None:
    """Where a run was, and its text then; None at a program's end."""
    metadata = read_metadata(folder.checkpoints / checkpoint)
    if "place" not in metadata:
        return None
    place = msgspec.json.decode(metadata["place"], type=Place)
    return None if place.path is None else (place, metadata["source"])


def _find(folder: RunFolder, wanted: str) -> tuple[str, Place, str]:
    """The name, the place and the source of a checkpoint to go on from."""
    names = checkpoints(folder)
    if wanted and os.path.basename(wanted) != wanted:
        raise RunError(f"{wanted} is not the name of a checkpoint of run {folder.title}")
    full = wanted if wanted.endswith(".safetensors") else f"{wanted}.safetensors"
    if wanted and full not in names:
        there = f"{names[0]} to {names[-1]}" if names else "none"
        raise RunError(f"run {folder.title} has no checkpoint {wanted}; there are: {there}")
    for name in [full] if wanted else reversed(names):
        found = _place(folder, name)
        if found is not None:
            return name, *found
    if wanted:
        raise RunError(f"{wanted} is the end of run {folder.title}: there is nothing to go on with")
    raise RunError(f"run {folder.title} has no checkpoint to go on from: its model keeps nothing")
