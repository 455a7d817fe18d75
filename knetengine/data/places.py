"""Where the sets lie on this machine, and reading them there."""

import gzip
import hashlib
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from knetengine.data.catalogue import DataError, DataSet, Form, data_set
from knetengine.training.home import home

Content = TypeVar("Content")
Origin = Literal["KNET_DATA_DIR", "fetched", "system", "bundled"]

FILES = Path(__file__).with_name("files")

_told: set[str] = set()


class Place(NamedTuple):
    """Where a set was found, and in which form."""

    data_set: DataSet
    form: Form
    folder: Path
    origin: Origin

    def __str__(self) -> str:
        return "bundled" if self.origin == "bundled" else str(self.folder)

    def path(self, part: str) -> Path:
        """The file of a part, which may be in a .gz."""
        return _file(self.folder, part) or self.folder / part

    def decode(self, part: str, decoder: Callable[[bytes], Content]) -> Content:
        """What `decoder` makes of the unpacked bytes of a part.

        Raises DataError if the file cannot be read or unpacked, if it is in a folder of the system
        and has another checksum than the catalogue, or if the decoder raises ValueError.
        """
        path = self.path(part)
        try:
            content = unpacked(path)
            if self.origin == "system":
                _check(content, part, self.data_set)
            return decoder(content)
        except ValueError as error:
            raise DataError(f"{path}: {error}; {self._remedy()}") from None

    def fault(self, part: str, what: str) -> DataError:
        """The error to raise when a part is not as it should be."""
        return DataError(f"{self.path(part)}: {what}; {self._remedy()}")

    def _remedy(self) -> str:
        match self.origin:
            case "KNET_DATA_DIR":
                return "replace the file, or unset KNET_DATA_DIR"
            case "fetched":
                return f"'{self.data_set.command}' replaces it"
            case "system":
                return "install the package that brought it again, or remove it"
            case "bundled":
                return "install knet-tui again"


def find(name: str) -> Place:
    """Where the set `name` is: the first of the places below that has all files of one form.

    1. the folder that the variable KNET_DATA_DIR names, which is only ever read,
    2. the user's own, where `fetch` puts it,
    3. that of a package of the system,
    4. inside this package.

    Once in a process a line on stderr says which it was and how much of the set is there, unless
    the package has all of it and every place therefore the same.
    Raises DataError if the set is nowhere, saying what fetches it, or if there is none of the name.
    """
    wanted = data_set(name)
    place = look_for(wanted)
    if place is None:
        raise DataError(
            f"{wanted.title} ({wanted.content}) is not on this machine; '{wanted.command}' fetches "
            f"it ({in_bytes(wanted.download)}), or KNET_DATA_DIR names a folder that has it"
        )
    if not wanted.is_bundled_whole and name not in _told:
        _told.add(name)
        print(_notice(place), file=sys.stderr)
    return place


def look_for(wanted: DataSet) -> Place | None:
    """Where a set is, without a word about it.

    Raises DataError if KNET_DATA_DIR is no folder, or a folder cannot be looked into.
    """
    for folder, origin in _folders(wanted):
        for form in wanted.forms:
            if all(_file(folder, part) for part in form.parts):
                return Place(wanted, form, folder, origin)
    return bundled(wanted.name)


def bundled(name: str) -> Place | None:
    """The set, or the part of it, that is inside this package."""
    wanted = data_set(name)
    if wanted.bundled is None:
        return None
    return Place(wanted, wanted.bundled, FILES / wanted.bundled_folder, "bundled")


def own_folder(name: str) -> Path:
    """The user's folder for a set."""
    return home() / "data" / name


def unpacked(path: Path) -> bytes:
    """The bytes of a file, or of what is inside a .gz.

    Raises DataError if it cannot be read, ValueError if it cannot be unpacked.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    if path.suffix != ".gz":
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"a gzip file that is cut short or damaged ({error})") from error


def in_bytes(count: int) -> str:
    """A size as downloads give it: 11.6 MB, 49 kB."""
    return f"{count / 1e6:,.1f} MB" if count >= 1e6 else f"{count / 1e3:,.0f} kB"


def _folders(wanted: DataSet) -> Iterator[tuple[Path, Origin]]:
    given = os.environ.get("KNET_DATA_DIR")
    if given:
        root = Path(given).expanduser()
        if not _has_mode(root, stat.S_ISDIR):
            raise DataError(
                f"KNET_DATA_DIR is {given}, which is no folder; set it right or unset it"
            )
        for inside in wanted.folders:
            yield root / inside, "KNET_DATA_DIR"
    yield own_folder(wanted.name), "fetched"
    if wanted.system_folder:
        yield Path(wanted.system_folder), "system"


def _file(folder: Path, part: str) -> Path | None:
    for path in (folder / part, folder / f"{part}.gz"):
        if _has_mode(path, stat.S_ISREG):
            return path
    return None


def _has_mode(path: Path, is_mode: Callable[[int], bool]) -> bool:
    """Whether there is a file, or a folder; a folder that may not be looked into is an error.

    `Path.is_file` says no to that, and the next place would be taken without a word.
    """
    try:
        return is_mode(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise DataError(f"{path} cannot be looked at: {error.strerror}") from error


def _check(content: bytes, part: str, wanted: DataSet) -> None:
    expected = {file.name.removesuffix(".gz"): file.unpacked for file in wanted.files}[part]
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ValueError(f"unpacked it has the sha256 {found}, expected {expected}")


def _notice(place: Place) -> str:
    title, amount = place.data_set.title, place.form.amount
    if place.origin == "bundled":
        return f"{title}: bundled {amount}; '{place.data_set.command}' for all"
    return f"{title}: {amount} from {place.folder}"
