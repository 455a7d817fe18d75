"""Fetch a set of data to this machine."""

from pathlib import Path

from filelock import FileLock

from knetengine.data.archives import unpack
from knetengine.data.catalogue import DataError, DataSet, File, data_set
from knetengine.data.downloading import Progress, Tally, download, what_is_wrong
from knetengine.data.places import own_folder


def fetch(name: str, progress: Progress | None = None, folder: Path | str | None = None) -> Path:
    """Fetch the whole of a set; gives the folder where it is then.

    progress: an object of pooch's protocol of progress bars (`total`, `update`, `reset`, `close`),
        for all files together.
    folder: where to put it; the user's own folder for this set if it is None.

    Files that are there and right are not fetched again. Each is compared with its checksum, or
    where its publisher re-issues it with a range of sizes and words that it must have, before it
    gets its name. A second process that fetches the same waits for the first.
    Raises DataError in a line: no such set, no network, what each mirror did, a full disk.
    """
    wanted = data_set(name)
    target = own_folder(name) if folder is None else Path(folder).expanduser()
    try:
        target.mkdir(parents=True, exist_ok=True)
        with FileLock(target / ".lock"):
            _fetch_missing(wanted, target, progress)
    except OSError as error:
        raise DataError(
            f"{error.filename or target} cannot be written: {error.strerror}; make room or get the "
            "right there, or set KNET_HOME to another folder"
        ) from error
    finally:
        if progress is not None:
            progress.close()
    return target


def _fetch_missing(wanted: DataSet, folder: Path, progress: Progress | None) -> None:
    if wanted.archive_folder and _has_parts(wanted, folder):
        return
    missing = [file for file in wanted.files if not _is_there(folder / file.name, file)]
    tally = Tally(progress, sum(file.limit for file in missing))
    for file in missing:
        download(file, wanted.urls(file), folder / file.name, tally)
    if wanted.archive_folder:
        archive = folder / wanted.files[0].name
        unpack(archive, wanted.archive_folder, wanted.whole.parts, wanted.part_size, folder)
        archive.unlink()


def _is_there(path: Path, file: File) -> bool:
    return path.exists() and not what_is_wrong(path, file)


def _has_parts(wanted: DataSet, folder: Path) -> bool:
    paths = [folder / part for part in wanted.whole.parts]
    return all(path.exists() and path.stat().st_size == wanted.part_size for path in paths)
