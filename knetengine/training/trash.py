"""Deleted runs: moved aside, brought back, and gone for good after some time.

A folder moves by one rename, so that it is always in one place or the other, whole.
"""

import shutil
import time
from pathlib import Path
from typing import NamedTuple

import filelock
import msgspec

from knetengine.training.atomic import write_atomically
from knetengine.training.folder import RunError, RunFolder, number_of, run_paths
from knetengine.training.home import runs_home, trash_home

KEPT_DAYS = 30.0
DAY_SECONDS = 86_400.0


class Deletion(msgspec.Struct, frozen=True):
    """When a run was deleted, as wall-clock time in seconds."""

    at: float


class DeletedRun(NamedTuple):
    """A run in the trash."""

    folder: RunFolder
    at: float


def delete(folder: RunFolder) -> DeletedRun:
    """Move a run to the trash. Raises RunError if it has not ended, or is not of this home."""
    if folder.path.parent.resolve() != runs_home().resolve():
        raise RunError(f"run {folder.title} is in {folder.path.parent}: delete its folder there")
    state = folder.state()
    if not state.has_ended:
        raise RunError(f"run {folder.title} is {state.status}: stop it before you delete it")
    trash_home().mkdir(exist_ok=True)
    place = trash_home() / folder.path.name
    deletion = Deletion(time.time())
    try:
        with folder.lock().acquire(blocking=False):  # nobody resumes it just now
            write_atomically(folder.path / "deleted.json", msgspec.json.encode(deletion))
            folder.path.rename(place)
    except filelock.Timeout:
        raise RunError(f"run {folder.title} is being resumed: stop it first") from None
    return DeletedRun(RunFolder(place), deletion.at)


def deleted_runs() -> list[DeletedRun]:
    """The runs in the trash, the one deleted last at the end."""
    return sorted(map(_deleted, run_paths(trash_home())), key=lambda run: run.at)


def restore(which: str) -> RunFolder:
    """Bring back the run of that number or folder name. Raises RunError."""
    deleted = deleted_runs()
    for run in deleted:
        path = run.folder.path
        if which in (path.name, str(number_of(path))):
            break
    else:
        there = ", ".join(str(number_of(run.folder.path)) for run in deleted) or "none"
        raise RunError(f"no deleted run {which!r}; in the trash: {there}")
    back = runs_home() / path.name
    if back.exists():
        raise RunError(f"{back} is in the way: rename it, then restore run {which} again")
    path.rename(back)
    (back / "deleted.json").unlink(missing_ok=True)
    return RunFolder(back)


def empty_trash(days: float = KEPT_DAYS) -> int:
    """Remove for good what was deleted more than so many days ago; gives how many runs."""
    before = time.time() - days * DAY_SECONDS
    old = [run for run in deleted_runs() if run.at <= before]
    for run in old:
        shutil.rmtree(run.folder.path, ignore_errors=True)
    return len(old)


def _deleted(path: Path) -> DeletedRun:
    try:
        at = msgspec.json.decode((path / "deleted.json").read_bytes(), type=Deletion).at
    except (OSError, msgspec.MsgspecError):  # moved here by hand: count from now
        at = time.time()
    return DeletedRun(RunFolder(path), at)
