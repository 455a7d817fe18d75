"""Which runs train at the same time on this machine, and with how many threads each.

A run waits in its own process, before it has loaded anything (12 MB), until fewer runs train than
there are cores; whoever asked for it may leave meanwhile. Each run that may begin leaves a ticket
in a folder of this machine, so that the others know of it; a ticket counts while its run lives.

A run gets its share of the cores as threads, once and for all: with other parts sums come out
otherwise in their last digits, and a run that goes on after a kill would not be what it was.
docs/decisions/side-by-side.md has the figures.
"""

import os
import signal
import socket
import time
from collections.abc import Iterable
from pathlib import Path

import filelock
import msgspec

from knetengine.training.atomic import write_atomically
from knetengine.training.control import Control
from knetengine.training.folder import RunError, RunFolder, State
from knetengine.training.home import home

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)
ASK_SECONDS = 0.3


class Ticket(msgspec.Struct, frozen=True):
    """A run that trains on some of the cores, or waits to: then it has no `threads` yet."""

    run: str
    asked: float
    cores: list[int]
    threads: int = 0


def usable_cores() -> list[int]:
    """The cores that this process may use: those of its batch job, not of the whole machine."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def runs_at_a_time(cores: list[int]) -> int:
    """How many runs may train at a time: one a core, or what KNET_RUNS says."""
    wanted = os.environ.get("KNET_RUNS", "")
    return int(wanted) if wanted.isdecimal() and int(wanted) > 0 else len(cores)


def take_cores(folder: RunFolder) -> bool:
    """Wait until there is a core for the run, and set its threads; False if it was stopped first.

    Call it before NumPy is loaded: that is when the variables of threads are read.
    """
    cores, asked = usable_cores(), time.time()
    queue = Queue(home() / "cores" / socket.gethostname())
    with folder.lock().acquire(timeout=5):
        threads = queue.enter(folder, cores, asked)
        if threads is None:
            threads = _wait(queue, folder, cores, asked)
        if threads is None:
            queue.leave(folder)
            return False
        _keep_threads(folder, threads)
        # until it has taken its lock again, what was just said holds
        folder.write_state(State("starting", host=socket.gethostname(), started=time.time()))
    return True


class Queue:
    """The tickets of the runs on one machine."""

    def __init__(self, place: Path) -> None:
        self._place = place
        place.mkdir(parents=True, exist_ok=True)

    def enter(self, folder: RunFolder, cores: list[int], asked: float) -> int | None:
        """How many threads the run gets; None while it has to wait."""
        with filelock.FileLock(self._place / ".door"):
            others = [ticket for ticket in self._tickets(folder) if set(ticket.cores) & set(cores)]
            training = sum(1 for ticket in others if ticket.threads and not _is_paused(ticket))
            earlier = any(not ticket.threads and ticket.asked < asked for ticket in others)
            threads = 0
            if not earlier and training < runs_at_a_time(cores):
                threads = folder.description.threads or max(1, len(cores) // (training + 1))
            ticket = Ticket(str(folder.path), asked, cores, threads)
            write_atomically(self._place / folder.path.name, msgspec.json.encode(ticket))
        return threads or None

    def leave(self, folder: RunFolder) -> None:
        """The run will not train after all."""
        (self._place / folder.path.name).unlink(missing_ok=True)

    def _tickets(self, but: RunFolder) -> Iterable[Ticket]:
        for path in self._place.iterdir():
            if path.name.startswith(".") or path.name == but.path.name:
                continue
            ticket = _living(path)
            if ticket is None:
                path.unlink(missing_ok=True)
            else:
                yield ticket


def _living(path: Path) -> Ticket | None:
    """The ticket in a file, if its run lives."""
    try:
        ticket = msgspec.json.decode(path.read_bytes(), type=Ticket)
        return None if RunFolder(Path(ticket.run)).state().has_ended else ticket
    except (OSError, RunError, msgspec.MsgspecError):
        return None


def _is_paused(ticket: Ticket) -> bool:
    """Whether the run waits by itself: then its core is free for another."""
    try:
        return RunFolder(Path(ticket.run)).written_state().status == "paused"
    except (OSError, RunError):
        return False


def _wait(queue: Queue, folder: RunFolder, cores: list[int], asked: float) -> int | None:
    """Wait for a core, and heed the words that a run heeds; None if it is to stop."""
    stopped: list[int] = []
    for word in (signal.SIGTERM, signal.SIGINT):
        signal.signal(word, lambda number, _frame: stopped.append(number))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    state = State("waiting", process=os.getpid(), host=socket.gethostname(), started=time.time())
    folder.write_state(state)
    control = Control(folder.control)
    while True:
        time.sleep(ASK_SECONDS)
        if stopped or control.look().wanted == "stop":
            folder.write_state(msgspec.structs.replace(state, status="stopped", ended=time.time()))
            return None
        threads = queue.enter(folder, cores, asked)
        if threads is not None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            return threads


def _keep_threads(folder: RunFolder, threads: int) -> None:
    """Set the threads of this process, unless its user did, and note them for a later one."""
    for name in THREAD_VARIABLES:
        os.environ.setdefault(name, str(threads))
    if folder.description.threads != threads:
        folder.write_description(msgspec.structs.replace(folder.description, threads=threads))
