"""What the workbench remembers from one start to the next: text, layout, chosen runs.

The text is written a moment after each change, so that a crash of anything loses no work. Two
workbenches at a time keep a session each, in the order of their start.
"""

import hashlib
from pathlib import Path

import filelock
import msgspec

from knetengine.training.atomic import write_atomically
from knetengine.training.home import home

HISTORY_LENGTH = 500


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


class Session(msgspec.Struct):
    """Everything that is remembered."""

    document: Document | None = None
    options: str = ""
    pane: str = "editor"
    zoomed: bool = False
    model_share: int = 50  # width of the model's column, in percent
    logarithmic: bool = False
    theme: str = ""
    selected_run: str = ""  # folder names, so that runs can be moved
    shown_runs: list[str] = msgspec.field(default_factory=lambda: list[str]())
    history: list[str] = msgspec.field(default_factory=lambda: list[str]())


class SessionFile:
    """The file of a session, held by one workbench at a time."""

    def __init__(self) -> None:
        folder = home()
        folder.mkdir(parents=True, exist_ok=True)
        self.problem = ""
        for number in range(1, 100):
            self._lock = filelock.FileLock(folder / f"session-{number}.lock")
            try:
                self._lock.acquire(blocking=False)
            except filelock.Timeout:
                continue
            self.path = folder / f"session-{number}.json"
            return
        raise OSError(f"99 workbenches are open already (their locks are in {folder})")

    def read(self) -> Session:
        """The session as it was left; an unreadable file is kept aside, and `problem` says so."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Session)
        except FileNotFoundError:
            return Session()
        except msgspec.MsgspecError as error:
            aside = self.path.with_suffix(".unreadable.json")
            self.path.replace(aside)
            self.problem = f"the last session could not be read ({error}); it is kept as {aside}"
            return Session()

    def write(self, session: Session) -> None:
        """Replace the file; safe in any thread."""
        write_atomically(self.path, msgspec.json.encode(session))

    def close(self) -> None:
        """Let another workbench have this session."""
        self._lock.release()


def digest(text: str) -> str:
    """A short name for a text, to see whether a file is still the one that was read."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def read_document(path: Path) -> Document:
    """The document of a file, or of one yet to be written. Raises OSError, UnicodeDecodeError."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return Document(str(path), text, digest(text))


def write_document(document: Document) -> Path | None:
    """Write the document to its file; return where another program's version was kept, if any.

    A file that someone changed since it was read is never lost: it is renamed to
    `name.py.~1~` and so on.
    """
    path = Path(document.path)
    kept = None
    if path.exists():
        there = path.read_text(encoding="utf-8", errors="surrogateescape")
        if digest(there) not in (document.digest, digest(document.text)):
            kept = next(
                candidate
                for number in range(1, 10_000)
                if not (candidate := path.with_name(f"{path.name}.~{number}~")).exists()
            )
            kept.write_bytes(path.read_bytes())
    write_atomically(path, document.text.encode("utf-8"))
    document.digest = digest(document.text)
    return kept
