"""The sources that other processes leave for a run, to take the place of the running one.

swaps/0001.py      what was left there
swaps/0001.json    what became of it: accepted, or rejected and why
swaps/0001.diff    for one that was accepted, what it changed
"""

import difflib
import sys
import traceback
from pathlib import Path
from typing import Literal

import msgspec

from knetengine.training.atomic import write_atomically
from knetengine.training.control import change
from knetengine.training.folder import Failure, RunFolder
from knetengine.training.swap import Swap, SwapError

ACCEPTED, REJECTED = "swapped", "swap rejected"  # the names of the events


class Outcome(msgspec.Struct, frozen=True):
    """What became of a swap.

    changed: the functions and classes that are not what they were.
    running: those of them that were being executed: they are new when they are called again.
    """

    number: int
    status: Literal["accepted", "rejected"]
    changed: list[str]
    running: list[str]
    failure: Failure | None = None

    @property
    def event(self) -> tuple[str, str]:
        """Its name and its words as an event of the run."""
        if self.failure is not None:
            where = f"line {self.failure.line}: " if self.failure.line else ""
            return REJECTED, f"{self.number}: {where}{self.failure.kind}: {self.failure.message}"
        at_once = [name for name in self.changed if name not in self.running]
        words = ", ".join(at_once) or ("" if self.running else "no function")
        if self.running:
            later = f"{', '.join(self.running)} when called again"
            words = f"{words}; {later}" if words else later
        return ACCEPTED, f"{self.number}: {words}"


def request_swap(folder: RunFolder, source: str) -> int:
    """Leave `source` for the run to go on with from its next step; gives the number of the swap."""
    swaps = folder.swaps
    swaps.mkdir(exist_ok=True)
    number = 1 + max((int(path.stem) for path in swaps.glob("*.py")), default=0)
    write_atomically(_path(folder, number, "py"), source.encode("utf-8"))
    change(folder.control, swap=number)
    return number


def outcome(folder: RunFolder, number: int) -> Outcome | None:
    """What became of a swap; None while that is not known."""
    try:
        return msgspec.json.decode(_path(folder, number, "json").read_bytes(), type=Outcome)
    except (OSError, msgspec.MsgspecError):
        return None


def source_of(folder: RunFolder, number: int) -> Path:
    """The file of what was left for a swap."""
    return _path(folder, number, "py")


class Swapper:
    """The run's side: takes a source, tries it, and says what became of it."""

    def __init__(self, folder: RunFolder, newest: int) -> None:
        self.newest = newest
        self._folder = folder
        self._path = folder.description.source_path
        self._swap: Swap | None = None
        self._taken_after = 0  # so many steps
        self._accepted: Swap | None = None
        self._before = ""
        self._source = ""
        self._running: list[str] = []

    @property
    def on_trial(self) -> bool:
        """Whether new code is running that has not got through a step yet."""
        return self._swap is not None

    def take(self, number: int, steps: int, running: set[str]) -> Outcome | None:
        """Let the program have the source of that number; what became of it if that is clear.

        steps: how many have been done. running: the functions that are being executed.
        """
        if self._swap is not None:  # nobody waited for its first step
            self._swap.accept()
            self._keep()
        if self._accepted is not None:
            self._accepted.accept()
        self.newest, self._taken_after, self._accepted = number, steps, None
        self._source = source_of(self._folder, number).read_text(encoding="utf-8")
        self._before = self._folder.source.read_text(encoding="utf-8")
        namespace = sys.modules["__main__"].__dict__
        new = self._source.removeprefix("\ufeff")
        swap = Swap(namespace, self._path, self._before.removeprefix("\ufeff"), new)
        try:
            swap.install()
        except SwapError as error:
            self._running = []
            return self._rejected(swap, error.__cause__ or error)
        self._swap = swap
        self._running = [name for name in swap.changed if name in running]
        return None

    def settle(self, steps: int) -> Outcome | None:
        """So many steps have been done: what became of the code on trial, if that is clear now."""
        late = self._accepted
        if late is not None and late.failure is not None:  # a function that no step had called
            self._accepted = None
            write_atomically(self._folder.source, self._before.encode("utf-8"))
            return self._rejected(late, late.failure)
        swap = self._swap
        if swap is None or (steps <= self._taken_after and swap.failure is None):
            return None
        self._swap = None
        if swap.failure is not None:
            return self._rejected(swap, swap.failure)
        self._accepted = swap
        self._keep()
        return self._say(Outcome(self.newest, "accepted", swap.changed, self._running))

    def _keep(self) -> None:
        """The new source is that of the run now; write down what changed."""
        write_atomically(self._folder.source, self._source.encode("utf-8"))
        lines = difflib.unified_diff(
            self._before.splitlines(keepends=True),
            self._source.splitlines(keepends=True),
            "before",
            f"swap {self.newest}",
        )
        difference = "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
        _path(self._folder, self.newest, "diff").write_text(difference, encoding="utf-8")

    def take_back(self, error: Exception) -> Outcome | None:
        """The step has failed: the code on trial, if there is some, is to blame."""
        swap, self._swap = self._swap, None
        if swap is None:
            return None
        error = swap.failure or error
        swap.roll_back()
        return self._rejected(swap, error)

    def _rejected(self, swap: Swap, error: BaseException) -> Outcome:
        failure = failure_of(error, self._path)
        return self._say(Outcome(self.newest, "rejected", swap.changed, self._running, failure))

    def _say(self, outcome: Outcome) -> Outcome:
        write_atomically(_path(self._folder, outcome.number, "json"), msgspec.json.encode(outcome))
        return outcome


def failure_of(error: BaseException, path: str) -> Failure:
    """What an exception says in a line, and the last line of the file `path` in its traceback."""
    if isinstance(error, SyntaxError) and error.filename == path:
        return Failure(type(error).__name__, error.msg, error.lineno)
    frames = traceback.extract_tb(error.__traceback__)
    line = next((frame.lineno for frame in reversed(frames) if frame.filename == path), None)
    message = str(error).encode("utf-8", "backslashreplace").decode()
    return Failure(type(error).__name__, message, line)


def _path(folder: RunFolder, number: int, kind: str) -> Path:
    return folder.swaps / f"{number:04d}.{kind}"
