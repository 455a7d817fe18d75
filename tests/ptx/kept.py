"""What compilers made of a text, kept on the disk by a hash of all that it depends on.

Compiling is most of what this suite does; the second run finds it done. Nothing is kept until
`keep_in` has said where, and what has not been used for a month is dropped.
"""

import hashlib
import os
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

MONTH = 30 * 24 * 3600.0

_folder: Path | None = None


def keep_in(folder: Path | None) -> None:
    """Keep results in a folder from now on; None for nowhere."""
    global _folder
    _folder = folder
    if folder is not None:
        _drop_old(folder)


def remembered(key: Sequence[str], make: Callable[[], bytes]) -> bytes:
    """What `make` gives, or gave in an earlier run for the same key; an exception is not kept."""
    if _folder is None:
        return make()
    name = hashlib.sha256("\0".join(key).encode()).hexdigest()
    path = _folder / name[:2] / name[2:40]
    try:
        found = zlib.decompress(path.read_bytes())
    except (FileNotFoundError, zlib.error):
        found = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(zlib.compress(found, 1))
        unfinished.replace(path)
    else:
        os.utime(path)
    return found


def _drop_old(folder: Path) -> None:
    limit = time.time() - MONTH
    for path in folder.glob("??/*"):
        if path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
