"""The text in the editor and its file; unsaved text is never lost.

A file that someone else changed, and text that gives way to another file, are kept beside it.
"""

import contextlib
import hashlib
from pathlib import Path

import msgspec

from knetengine.training.atomic import write_atomically
from knetengine.training.home import home


class Document(msgspec.Struct):
    """The text in the editor; `digest` is of the file as it was last read or written."""

    path: str
    text: str
    digest: str
    line: int = 0
    column: int = 0

    @property
    def unsaved(self) -> bool:
        """Whether the text differs from the file as it was last read or written."""
        return digest(self.text) != self.digest


def digest(text: str) -> str:
    """A short name for a text, to see whether a file is still the one that was read."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def read_document(path: Path) -> Document:
    """The document of a file, or of one yet to be written. Raises OSError, UnicodeDecodeError."""
    text = path.read_bytes().decode() if path.exists() else ""  # line ends stay as they are
    return Document(str(path), text, digest(text))


def first_document(
    remembered: Document | None, wanted: Path | None, otherwise: Path
) -> tuple[Document, list[str]]:
    """The document to begin with, and what the user should be told of it.

    That is the file that is `wanted`, or the one that was `remembered`, with its unsaved text, or
    `otherwise`. Unsaved text of another file is kept beside that file.
    """
    notices: list[str] = []
    path = wanted.resolve() if wanted is not None else None
    if remembered is not None and path in (None, Path(remembered.path)):
        if remembered.unsaved:
            return remembered, notices
        path = Path(remembered.path)
    elif remembered is not None and remembered.unsaved:
        aside = _keep_aside(remembered)
        notices.append(f"unsaved text of {Path(remembered.path).name} is kept as {aside}")
    path = path or otherwise
    try:
        document = read_document(path)
    except (OSError, UnicodeDecodeError) as error:
        notices.append(f"{path} cannot be read: {error}")
        document = read_document(otherwise)
    if remembered is not None and remembered.path == document.path:
        document.line, document.column = remembered.line, remembered.column
    return document, notices


def _keep_aside(document: Document) -> Path:
    path = Path(document.path)
    for folder in (path.parent, home()):  # where the file is, or where we may surely write
        aside = free_name(folder / f"{path.name}.unsaved")
        with contextlib.suppress(OSError):
            aside.write_bytes(document.text.encode())
            return aside
    raise OSError(f"unsaved text of {path} can be kept neither beside it nor in {home()}")


def write_document(document: Document) -> Path | None:
    """Write the document to its file; return where another program's version was kept, if any.

    A file that someone changed since it was read is never lost: it is renamed to
    `name.py.~1~` and so on.
    """
    path = Path(document.path).resolve()  # of a link, the file that it leads to
    kept = None
    if path.exists():
        there = path.read_bytes()
        if digest(there.decode(errors="surrogateescape")) not in (
            document.digest,
            digest(document.text),
        ):
            kept = free_name(path.with_name(f"{path.name}.~1~"))
            kept.write_bytes(there)
    write_atomically(path, document.text.encode("utf-8"))
    document.digest = digest(document.text)
    return kept


def free_name(path: Path) -> Path:
    """The path, or the next with another number that nothing has yet.

    `model.py.~1~` is followed by `model.py.~2~`, `a.json` by `a.2.json`.
    """
    number = 1
    candidate = path
    while candidate.exists():
        number += 1
        if path.name.endswith("~1~"):
            candidate = path.with_name(path.name.removesuffix("~1~") + f"~{number}~")
        else:
            candidate = path.with_suffix(f".{number}{path.suffix}")
    return candidate
