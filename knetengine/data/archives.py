"""Take what is expected out of a tar archive, and nothing else."""

import os
import shutil
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from knetengine.data.catalogue import DataError


def unpack(archive: Path, inside: str, parts: Sequence[str], size: int, folder: Path) -> None:
    """Put the members `inside/PART`, files of `size` bytes, into `folder` as PART; all or none.

    A path of the archive is compared with those that are expected and never used, so no member can
    lead out of the folder; `tarfile`'s own filter against that is not in Python 3.11.2.
    Raises DataError if one is missing or is no such file, or the archive is damaged; OSError if the
    disk is full.
    """
    wanted = {f"{inside}/{part}": folder / f"{part}.part" for part in parts}
    missing = set(wanted)
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.name not in missing:
                    continue
                if not member.isreg() or member.size != size:
                    raise _fault(archive, f"{member.name} is no file of {size:,} bytes")
                _copy(tar, member, wanted[member.name])
                missing.remove(member.name)
        if missing:
            raise _fault(archive, f"{min(missing)} is not in it")
        for part, path in zip(parts, wanted.values(), strict=True):
            os.replace(path, folder / part)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise _fault(archive, f"it is cut short or damaged ({error})") from error
    finally:
        for path in wanted.values():
            path.unlink(missing_ok=True)


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    source = tar.extractfile(member)
    assert source is not None  # it is a regular file
    with source, path.open("wb") as file:
        shutil.copyfileobj(source, file)
        file.flush()
        os.fsync(file.fileno())


def _fault(archive: Path, what: str) -> DataError:
    return DataError(f"{archive}: {what}; remove it and fetch it again")
