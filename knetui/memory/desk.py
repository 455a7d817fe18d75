"""What is wanted of a run's memory, and what is seen of it, through the run's folder."""

import msgspec

from knetengine.training.control import TRACED_STEPS, change, read_control
from knetengine.training.folder import RunFolder
from knetengine.training.memory_pictures import Picture, Tracing, read_picture
from knetui.runs.view import RunView


class MemoryDesk:
    """The memory of one run, as somebody looks at it.

    picture: the newest, None while there is none. lines: whether lines are to be recorded.
    Its methods touch files: call them in a thread, one at a time.
    """

    def __init__(self, run: RunView) -> None:
        self.run = run
        self.picture: Picture | None = None
        self.lines = False
        self.asked = 0  # the number of the trace that was asked for last
        self._stamp: tuple[int, int] | None = None

    @property
    def folder(self) -> RunFolder:
        """The folder of the run."""
        return self.run.folder

    @property
    def tracing(self) -> Tracing | None:
        """How the trace that was asked for gets on, or the one that is there."""
        return self.picture.tracing if self.picture else None

    @property
    def has_trace(self) -> bool:
        """Whether there is a trace to be replayed."""
        return self.folder.memory_trace.exists()

    @property
    def traced_steps(self) -> int:
        """How many steps of the trace that was asked for are done."""
        tracing = self.tracing
        return tracing.last - tracing.first if tracing and tracing.number >= self.asked else 0

    @property
    def is_tracing(self) -> bool:
        """Whether a trace that was asked for is not there yet."""
        tracing = self.tracing
        done = tracing is not None and tracing.number >= self.asked and tracing.is_done
        return bool(self.asked) and not done and not self.run.state.has_ended

    def look(self) -> None:
        """Say that somebody looks, and at what."""
        if self.run.state.has_ended:
            return
        before = read_control(self.folder.control).looking
        wanted = msgspec.structs.replace(before, looks=before.looks + 1, lines=self.lines)
        change(self.folder.control, looking=wanted)

    def ask_for_trace(self) -> None:
        """Have the run record one, from its next step on."""
        before = read_control(self.folder.control).looking
        done = self.tracing.number if self.tracing else 0
        self.asked = max(before.traces, done) + 1
        wanted = msgspec.structs.replace(
            before,
            looks=before.looks + 1,
            lines=self.lines,
            traces=self.asked,
            steps=TRACED_STEPS,
        )
        change(self.folder.control, looking=wanted)

    def read(self) -> bool:
        """Read the newest picture; whether there is one that was not read before."""
        try:
            found = self.folder.memory.stat()
        except OSError:
            return False
        stamp = (found.st_mtime_ns, found.st_ino)
        if stamp == self._stamp:
            return False
        picture = read_picture(self.folder.memory)
        if picture is None:
            return False
        self._stamp, self.picture = stamp, picture
        return True
