"""What the workbench remembers from one start to the next: text, layout, chosen runs.

The text is written a moment after each change, so that a crash of anything loses no work. Two
workbenches at a time keep a session each, in the order of their start.
"""

import filelock
import msgspec

from knetengine.training.atomic import write_atomically
from knetengine.training.control import Watch
from knetengine.training.home import home
from knetui.curves.settings import CurveSettings
from knetui.editing.documents import Document, free_name
from knetui.layout import Layout

HISTORY_LENGTH = 500
REMEMBERED_FILES = 8


class Session(msgspec.Struct):
    """Everything that is remembered."""

    document: Document | None = None
    options: str = ""
    pane: str = "editor"
    layout: Layout = msgspec.field(default_factory=Layout)
    curves: CurveSettings = msgspec.field(default_factory=CurveSettings)
    theme: str = ""
    watch: Watch = Watch()  # when the runs that are started here pause by themselves
    selected_run: str = ""  # folder names, so that runs can be moved
    shown_runs: list[str] = msgspec.field(default_factory=lambda: list[str]())
    run_filter: str = ""
    run_sort: str = ""
    history: list[str] = msgspec.field(default_factory=lambda: list[str]())
    files: list[str] = msgspec.field(default_factory=lambda: list[str]())  # the last one first
    options_of: dict[str, str] = msgspec.field(default_factory=lambda: dict[str, str]())

    def remember_file(self, path: str) -> None:
        """Put a file that is edited before those edited earlier."""
        self.files = [path, *(file for file in self.files if file != path)][:REMEMBERED_FILES]
        self.options_of = {file: o for file, o in self.options_of.items() if file in self.files}


class SessionFile:
    """The file of a session, held by one workbench at a time."""

    def __init__(self) -> None:
        folder = home()
        folder.mkdir(parents=True, exist_ok=True)
        self.problem = ""
        self.is_first = not any(folder.glob("session-*.json"))  # no workbench was here before
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
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            aside = free_name(self.path.with_suffix(".unreadable.json"))
            self.path.replace(aside)
            self.problem = f"the last session could not be read ({error}); it is kept as {aside}"
            return Session()

    def write(self, session: Session) -> None:
        """Replace the file; safe in any thread."""
        write_atomically(self.path, msgspec.json.encode(session))

    def close(self) -> None:
        """Let another workbench have this session."""
        self._lock.release()
