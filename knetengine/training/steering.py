"""What a run does, between two of its steps, with what others want of it."""

import contextlib
import time
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

import msgspec

from knetengine.training.atomic import write_atomically
from knetengine.training.control import ControlFile
from knetengine.training.folder import RunFolder
from knetengine.training.numbers import NumberError, Numbers, running_functions
from knetengine.training.swapping import Outcome, Swapper

PUBLISH_SECONDS = 0.25
Tell = Callable[[str, str], None]


class Steering:
    """Takes other code and other numbers into the running program, and tells what became of it.

    tell: is given the name and the words of each event.
    swap, heeded: the newest swap, and the wishes for other numbers, that an earlier process of the
        run has seen to.
    """

    def __init__(
        self,
        folder: RunFolder,
        kept: dict[str, Any],
        swap: int,
        heeded: dict[str, float],
        tell: Tell,
    ) -> None:
        self._folder = folder
        self._tell = tell
        self._numbers = Numbers(kept)
        self.heeded = heeded
        self._swapper = Swapper(folder, swap)
        self._published: dict[str, float] = {}
        self._next_publication = 0.0

    def begin(self, code: CodeType, options: dict[str, Any]) -> None:
        """`main`, whose code this is, is about to be called."""
        source = self._folder.source.read_text(encoding="utf-8")
        with contextlib.suppress(SyntaxError):
            self._numbers.begin(code, options, source)

    @property
    def changed_options(self) -> dict[str, float]:
        """The options of main that are no longer what the run was started with."""
        return self._numbers.changed_options

    @property
    def on_trial(self) -> bool:
        """Whether new code is running that has not got through a step yet."""
        return self._swapper.on_trial

    def wants_swap(self, wanted: ControlFile) -> bool:
        """Whether there is code that the program is to go on with."""
        return wanted.swap > self._swapper.newest

    def heed(self, wanted: ControlFile, steps: int, frame: FrameType) -> None:
        """So many steps are done; `frame` is one that was called from the program's loop."""
        self._say(self._swapper.settle(steps))
        if self.wants_swap(wanted):
            running = running_functions(frame, self._folder.description.source_path)
            self._say(self._swapper.take(wanted.swap, steps, running))
        for name, value in wanted.numbers.items():
            if self.heeded.get(name) != value:
                self._put(name, value, frame)
        self.heeded = wanted.numbers

    def bring_back(self, options: dict[str, float], frame: FrameType) -> None:
        """A process that goes on has options that were changed before it began."""
        for name, value in options.items():
            with contextlib.suppress(NumberError):  # the source has changed since
                self._numbers.put(name, value, frame)

    def take_back(self, error: Exception) -> bool:
        """A step has failed; whether code on trial was to blame, which is gone now."""
        outcome = self._swapper.take_back(error)
        return outcome is not None

    def publish(self, frame: FrameType, *, now: bool = False) -> None:
        """Write down the numbers that can be changed, if they are not what they were."""
        moment = time.monotonic()
        if moment < self._next_publication and not now:
            return
        self._next_publication = moment + PUBLISH_SECONDS
        current = self._numbers.current(frame)
        if current != self._published:
            self._published = current
            write_atomically(self._folder.live, msgspec.json.encode(current))

    def _put(self, name: str, value: float, frame: FrameType) -> None:
        try:
            old, new = self._numbers.put(name, value, frame)
        except NumberError as error:
            self._tell("number refused", str(error))
            return
        if new != old:
            self._tell("number", f"{name}: {old:.6g} -> {new:.6g}")
        self.publish(frame, now=True)

    def _say(self, outcome: Outcome | None) -> None:
        if outcome is not None:
            self._tell(*outcome.event)
