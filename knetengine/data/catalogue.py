"""The sets there are: what they hold, in which files, and where these can be fetched.

The facts are in catalogue.toml. Importable without NumPy, for `knet-tui data list`.
"""

import difflib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from knetengine.faults import Fault


class DataError(Fault):
    """A set of data is missing, damaged, or cannot be fetched."""


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file as the mirrors of its set have it.

    size: its bytes; the least, where `most` says the most, for a file that is re-issued.
    digest: `sha256:...` or `md5:...`, as pooch writes it; "" for a file that is re-issued.
    markers: what has to be in it where there is no digest.
    unpacked: the sha256 of what is inside a .gz, where others pack it differently.
    """

    name: str
    size: int
    most: int = 0
    digest: str = ""
    markers: tuple[str, ...] = ()
    unpacked: str = ""

    @property
    def limit(self) -> int:
        """The most bytes that it may have."""
        return self.most or self.size


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form in which a set may lie in a folder: all these parts, as they are or each in a .gz."""

    amount: str  # in words: all of the set, or how much of it
    parts: tuple[str, ...]


class DataSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One set.

    loader: the function of `knetengine.data` that gives it; `text` takes its name.
    folders: what its folder is called below KNET_DATA_DIR.
    system_folder: where a package of the system puts it.
    mirrors: URLs, tried in this order; `{name}` stands for the name of a file.
    archive_folder: where in the one file, a tar archive, the parts of the whole are; `part_size`
        is what each of them has in bytes.
    forms: the whole set first, then what else it may be found as.
    bundled: what is inside the package; `bundled_folder` below its folder of files.
    """

    name: str
    title: str
    content: str
    licence: str
    loader: str
    folders: tuple[str, ...]
    mirrors: tuple[str, ...]
    files: tuple[File, ...]
    forms: tuple[Form, ...]
    bundled: Form | None = None
    bundled_folder: str = ""
    system_folder: str = ""
    archive_folder: str = ""
    part_size: int = 0

    @property
    def whole(self) -> Form:
        """All of it, as `fetch` brings it."""
        return self.forms[0]

    @property
    def is_bundled_whole(self) -> bool:
        """Whether the package has all of it: every place then holds the same."""
        return self.bundled == self.whole

    @property
    def download(self) -> int:
        """The most bytes that `fetch` brings."""
        return sum(file.limit for file in self.files)

    @property
    def command(self) -> str:
        """What to type to have it."""
        return f"knet-tui data fetch {self.name}"

    def urls(self, file: File) -> list[str]:
        """Where a file can be had."""
        return [mirror.replace("{name}", file.name) for mirror in self.mirrors]


class _Catalogue(msgspec.Struct, forbid_unknown_fields=True):
    set: tuple[DataSet, ...]


def _read() -> dict[str, DataSet]:
    content = Path(__file__).with_name("catalogue.toml").read_bytes()
    return {each.name: each for each in msgspec.toml.decode(content, type=_Catalogue).set}


SETS = _read()


def data_set(name: str) -> DataSet:
    """The set with this name.

    Raises DataError for another name, with the nearest one and those that there are.
    """
    if name in SETS:
        return SETS[name]
    raise DataError(f"there is no set of data {name!r}{nearest(name, SETS)}")


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a message about a name that is not known: the nearest one, and all."""
    known = list(known)
    near = difflib.get_close_matches(name.lower(), known, n=1)
    return (f"; did you mean {near[0]}? There are " if near else "; there are ") + ", ".join(known)
