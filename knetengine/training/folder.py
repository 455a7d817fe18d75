"""The folder of a run: everything there is to know about it, in plain files.

0012-housing/
    run.json          what was started: source path, options, when, where
    label.json        what people call it, and whether it stays on top
    source.py         the model file as it was
    state.json        waiting, starting, running, paused, finished, stopped, failed, rejected
    metrics.jsonl     figures, one JSON object a line
    events.out.tfevents.*  the same for TensorBoard
    log.txt           all that the run printed
    control.json      what is wanted of it: run, pause, stop, other code, other numbers
    live.json         the numbers that can be changed while it runs, as they are
    swaps/            sources that were to take the place of the running one
    samples.jsonl     what a model that writes has written
    memory.json       the pools of its devices, while somebody looks
    memory-trace.json what was allocated and freed in some steps, when asked
    checkpoints/      safetensors
    lock              held by the process of the run for as long as it lives
"""

import re
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import filelock
import msgspec

from knetengine.training.atomic import write_atomically
from knetengine.training.home import expand_home, runs_home, trash_home

Status = Literal[
    "waiting", "starting", "running", "paused", "finished", "stopped", "failed", "rejected", "died"
]
ENDED: frozenset[Status] = frozenset({"finished", "stopped", "failed", "rejected", "died"})
UNFINISHED: frozenset[Status] = frozenset({"stopped", "failed", "died"})  # they may go on
START_SECONDS = 20.0  # a process that has not taken its lock by then never will


class RunError(Exception):
    """A run that does not exist, or a folder that is not a run's."""


class Description(msgspec.Struct, frozen=True):
    """What was started. `created` is wall-clock time in seconds, a label only.

    branched_from: the run and the checkpoint that it began from: `12 step-0000000340`.
    threads: how many it trains with, known once it has begun; 0 before.
    """

    number: int
    name: str
    source_path: str
    options: list[str]
    working_folder: str
    created: float
    niceness: int = 0
    branched_from: str = ""
    threads: int = 0


class Failure(msgspec.Struct, frozen=True):
    """Why a run ended badly, and where in the model file."""

    kind: str
    message: str
    line: int | None = None
    traceback: str = ""


class State(msgspec.Struct, frozen=True):
    """How the run stands; `started` and `ended` are wall-clock times in seconds."""

    status: Status
    process: int = 0
    host: str = ""
    started: float = 0.0
    ended: float = 0.0
    failure: Failure | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing will be added to the run any more."""
        return self.status in ENDED


class RunFolder:
    """The files of one run, and what can be read from them by any process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.source = path / "source.py"
        self.metrics = path / "metrics.jsonl"
        self.log = path / "log.txt"
        self.control = path / "control.json"
        self.live = path / "live.json"
        self.swaps = path / "swaps"
        self.samples = path / "samples.jsonl"
        self.memory = path / "memory.json"
        self.memory_trace = path / "memory-trace.json"
        self.checkpoints = path / "checkpoints"
        self._description_file = path / "run.json"
        self._state_file = path / "state.json"
        self._lock_file = path / "lock"
        self._description: Description | None = None

    def __repr__(self) -> str:
        return f"RunFolder({str(self.path)!r})"

    @property
    def description(self) -> Description:
        """What was started. Raises RunError when the folder is not a run's."""
        if self._description is None:
            try:
                content = self._description_file.read_bytes()
                self._description = msgspec.json.decode(content, type=Description)
            except (OSError, msgspec.MsgspecError) as error:
                raise RunError(f"{self.path} is not the folder of a run: {error}") from error
        return self._description

    def write_description(self, description: Description) -> None:
        """Say what was started; from then on the folder is a run's."""
        self._description = description
        write_atomically(self._description_file, msgspec.json.encode(description))

    @property
    def title(self) -> str:
        """The run's number and name, as people say it: `12 housing`."""
        return f"{self.description.number} {self.description.name}"

    @property
    def source_path(self) -> Path:
        """Where the model file was."""
        return Path(self.description.source_path)

    def lock(self) -> filelock.BaseFileLock:
        """The lock that the process of the run holds for as long as it lives."""
        return filelock.FileLock(self._lock_file)

    def write_state(self, state: State) -> None:
        """Replace the state."""
        write_atomically(self._state_file, msgspec.json.encode(state))

    def written_state(self) -> State:
        """The state as the run last wrote it."""
        try:
            return msgspec.json.decode(self._state_file.read_bytes(), type=State)
        except FileNotFoundError:
            return State("starting")
        except msgspec.MsgspecError as error:
            raise RunError(f"{self._state_file} cannot be read: {error}") from error

    def state(self) -> State:
        """How the run stands now: `died` when its process is gone without a last word."""
        state = self.written_state()
        if state.has_ended or self._may_live(state):
            return state
        state = self.written_state()  # it may have ended between the two looks
        return state if state.has_ended else msgspec.structs.replace(state, status="died")

    def remove(self) -> None:
        """Remove the folder and all that is in it."""
        shutil.rmtree(self.path)

    def _may_live(self, state: State) -> bool:
        if state.status == "starting" and not state.process:  # it has not said a word yet
            began = max(self.description.created, state.started)
            return time.time() - began < START_SECONDS
        if state.host != socket.gethostname():
            return True  # another machine's lock cannot be asked for from here
        try:
            with self.lock().acquire(blocking=False):
                return False
        except (filelock.Timeout, OSError):
            return True


def create_run(
    name: str,
    source: str,
    source_path: Path,
    options: list[str],
    niceness: int = 0,
    *,
    working_folder: str = "",
    branched_from: str = "",
) -> RunFolder:
    """Make the folder of a new run under the next free number.

    working_folder: that of this process if it is not given.
    """
    for text in (str(source_path), *options):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise RunError(f"{text!r} is not text in UTF-8; rename it") from error
    home = runs_home()
    home.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(home / ".numbers"):
        taken = (*run_paths(home), *run_paths(trash_home()))  # the deleted ones may come back
        number = 1 + max(map(number_of, taken), default=0)
        folder = RunFolder(home / f"{number:04d}-{plain_name(name)}")
        folder.path.mkdir()
    folder.checkpoints.mkdir()
    folder.source.write_text(source, encoding="utf-8")
    folder.log.touch()
    folder.metrics.touch()
    description = Description(
        number=number,
        name=plain_name(name),
        source_path=str(source_path),
        options=options,
        working_folder=working_folder or str(Path.cwd()),
        created=time.time(),
        niceness=niceness,
        branched_from=branched_from,
    )
    folder.write_description(description)
    return folder


def plain_name(name: str) -> str:
    """A model's name as the name of a run, which is part of a folder's."""
    return re.sub(r"[^\w.-]+", "-", name) or "run"


def run_paths(home: Path) -> Iterator[Path]:
    """The paths under `home` that are named as runs are, in no order."""
    if home.is_dir():
        yield from (path for path in home.iterdir() if re.match(r"\d{4,}-", path.name))


def number_of(path: Path) -> int:
    """The number in the name of a run's folder."""
    return int(path.name.split("-", 1)[0])


def all_runs() -> list[RunFolder]:
    """The runs of this user, oldest first; folders that are still being made are left out."""
    paths = sorted(run_paths(runs_home()), key=number_of)
    return [RunFolder(path) for path in paths if (path / "run.json").exists()]


def find_run(which: str) -> RunFolder:
    """The run of that number, folder name or path; `last` is the newest. Raises RunError."""
    path = expand_home(which)
    if path.is_dir() and (path / "run.json").exists():
        return RunFolder(path)
    runs = all_runs()
    if not runs:
        raise RunError("there are no runs yet; `knet-tui train housing` starts one")
    if which == "last":
        return runs[-1]
    for folder in runs:
        if which in (folder.path.name, str(number_of(folder.path))):
            return folder
    first, last = number_of(runs[0].path), number_of(runs[-1].path)
    raise RunError(f"no run {which!r}; there are runs {first} to {last} (`knet-tui runs`)")
