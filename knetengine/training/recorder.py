"""Writes a run into its folder, and heeds what other processes ask of it."""

import inspect
import os
import signal
import socket
import time
from collections.abc import Iterable, Iterator
from types import CodeType, FrameType
from typing import Any, TypeVar

import msgspec

from knetengine.training.atomic import sweep_litter
from knetengine.training.checkpoint import byte_size
from knetengine.training.checkpoint_header import CheckpointError
from knetengine.training.control import POLL_SECONDS, Control, ControlFile, read_control, request
from knetengine.training.folder import Failure, RunFolder, State, Status
from knetengine.training.gradient_norms import GradientSampler
from knetengine.training.keeper import Keeper
from knetengine.training.memory import MemorySampler
from knetengine.training.memory_watch import MemoryWatch
from knetengine.training.metrics import Event, MetricsWriter, Plan, Report, encodable
from knetengine.training.resuming import NOT_FINITE, Return
from knetengine.training.sampler import Sampler, Write
from knetengine.training.steering import Steering
from knetengine.training.tensorboard import TensorBoardWriter
from knetengine.training.watching import Watchman

CHECKPOINT_SECONDS = 10.0  # at most so much work is lost with the process, at first less
WRITING_SHARE = 20  # large checkpoints come more seldom: this many times what writing one takes

NOT_FOUND = (
    "the run was to go on from its checkpoint, and ended without coming by the loop that it was "
    "in: does it depend on the time, or on a generator that is not kept?"
)

Item = TypeVar("Item")


class Recorder:
    """The pen of one run: state, figures, memory, checkpoints; and its ear for control words.

    back: what an earlier process of the run left, if this one is to go on from there.
    """

    def __init__(self, folder: RunFolder, back: Return | None = None) -> None:
        self.folder = folder
        self.keeper = Keeper(folder)
        self.stopping = False
        self._left = False  # whether a loop was left because of that
        self._began = time.monotonic() - (back.seconds if back else 0.0)
        self._metrics = MetricsWriter(folder.metrics)
        self._events = TensorBoardWriter(folder.path)
        self._control = Control(folder.control)
        self._sampler = MemorySampler()
        self._gradients = GradientSampler()
        self._texts = Sampler(folder.samples)
        self._watchman = Watchman()
        before = read_control(folder.control) if back else ControlFile()
        self._memory = MemoryWatch(folder, before.looking)
        self._steps_taken = before.steps
        place = back.place if back else None
        self.steering = Steering(
            folder, self.keeper.kept, before.swap, place.numbers if place else {}, self._event
        )
        self._options_back = place.options if place else {}
        self._step_from: int | None = None  # how many steps were done when a single one began
        self._planned = 0
        self._quiet_until = 0.0
        self._next_checkpoint = 0.0
        self._not_finite: set[str] = back.not_finite if back else set()
        self._state = State(
            "starting", process=os.getpid(), host=socket.gethostname(), started=time.time()
        )
        sweep_litter(folder.checkpoints)
        folder.write_state(self._state)
        if back is not None:
            self._event("resumed", back.checkpoint)
            for event in back.untold:
                self._event(*event)
            if back.place is not None:
                self.keeper.go_back(back.kept, back.place)

    def elapsed(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._began

    def begin(self, code: CodeType, options: dict[str, Any]) -> None:
        """The options are right: from here on it is a run of `main`, whose code this is."""
        self.steering.begin(code, options)
        self._state = msgspec.structs.replace(self._state, status="running")
        self.folder.write_state(self._state)

    def writes(self, write: Write) -> None:
        """The model can write pieces of text."""
        self._texts.write = write

    def stop_on_signals(self) -> None:
        """End between two steps on SIGTERM (a batch queue's word); outlive a closed terminal."""
        signal.signal(signal.SIGTERM, self._stop_soon)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def plan(self, epochs: int) -> None:
        """Note how many epochs there are to come."""
        self._planned = epochs
        if not self.keeper.replaying:
            self._metrics.write(Plan(self.elapsed(), epochs))

    def loop(self, items: Iterable[Item]) -> Iterator[Item]:
        """Pass items on; between two of them is the time to pause, to stop, to keep."""
        return self.keeper.position.loop(items, self._heed)

    def report(self, epoch: int, values: dict[str, float]) -> None:
        """Append the figures of an epoch; say once of each figure that it is not finite."""
        if self.keeper.replaying:
            return
        encoded = encodable(values)
        now = self.elapsed()
        step = self.keeper.position.completed
        self._metrics.write(Report(epoch, now, encoded, step, self._length_of_log()))
        self._events.report(epoch, now, values)
        for name, value in encoded.items():
            if isinstance(value, str) and name not in self._not_finite:
                self._not_finite.add(name)
                self._event(NOT_FINITE, f"{name} is {value} from epoch {epoch} on")
                print(f"warning: {name} is {value} from epoch {epoch} on", flush=True)
        self._pause_because(self._watchman.report(values, self._control.look().watch))
        self._sample_memory()

    def _length_of_log(self) -> int | None:
        """How much the run has printed: 1 us to ask, and a chart's crosshair finds the line."""
        try:
            return os.stat(self.folder.log).st_size
        except OSError:
            return None

    def end(self, status: Status, failure: Failure | None = None) -> None:
        """Write the last checkpoint and text of a run that is complete, and its final state."""
        self.keeper.speak()
        self._memory.end()
        if status == "finished" and self.keeper.replaying:
            print(NOT_FOUND, flush=True)
            status, failure = "failed", Failure("LostPlaceError", NOT_FOUND)
        if status == "finished":
            try:
                self._write_checkpoint(ended=True)
            except Exception as error:
                print(f"the last checkpoint was not written: {error}", flush=True)
                status, failure = "failed", Failure(type(error).__name__, str(error))
        if status == "finished":
            self._write_text(self._control.look(), is_last=True)
        self._sample_memory(now=True)
        self._state = msgspec.structs.replace(
            self._state, status=status, ended=time.time(), failure=failure
        )
        self.folder.write_state(self._state)
        self._metrics.close()
        self._events.close()

    def give_way(self) -> None:
        """Another process is about to go on with the run in the place of this one."""
        self.keeper.speak()
        self.folder.write_state(State("starting", host=self._state.host, started=time.time()))
        self._metrics.close()
        self._events.close()

    def _heed(self) -> bool:
        """Between two steps: do what is wanted, wait while a pause is; tell whether to go on."""
        if time.monotonic() < self._quiet_until and not self.stopping and not self._is_last():
            return True  # 0.4 us; all the rest costs 3, a tenth of a step of linear regression
        wanted = self._control.look()
        frame = inspect.currentframe()
        assert frame is not None
        if self._options_back:
            self.steering.bring_back(self._options_back, frame)
            self._options_back = {}
        self._after_step(wanted, frame)
        if self._wants_pause(wanted):
            wanted = self._pause(frame)
        if wanted.wanted == "stop":
            self._stop_soon()
        if self._left:  # loops around one that was left early have not done what they count
            return False
        completed = self.keeper.position.completed
        due = self.elapsed() >= self._next_checkpoint or self._is_last()
        if self.stopping or (completed and due):
            self._write_checkpoint()
        self._left = self.stopping
        self._rest(wanted)
        return not self.stopping

    def _rest(self, wanted: ControlFile) -> None:
        """Until the next look there is nothing to heed, unless each step is to be looked at."""
        watched = wanted.watch.not_finite or wanted.watch.spike
        begun = self._step_from is not None or not self.keeper.position.completed
        busy = watched or begun or wanted.wanted != "run" or self.steering.on_trial
        busy = busy or self._memory.traces
        self._quiet_until = 0.0 if busy else time.monotonic() + POLL_SECONDS

    def _after_step(self, wanted: ControlFile, frame: FrameType) -> None:
        """What there is to do after each step, whether or not the run pauses then."""
        position = self.keeper.position
        if self.steering.wants_swap(wanted):
            self._write_checkpoint()  # to go back to, if the new code fails where it cannot be held
        self.steering.heed(wanted, position.completed, frame)
        self.steering.publish(frame)
        loss = self._gradients.take_loss()
        if loss is not None:
            self._pause_because(self._watchman.step(loss, wanted.watch))
        record = self._gradients.sample(self.elapsed(), position.epoch, position.completed)
        if record is not None:
            self._metrics.write(record)
            self._events.gradients(*record.figures())
        self._memory.heed(wanted.looking, position.completed)
        self._write_text(wanted)

    def _wants_pause(self, wanted: ControlFile) -> bool:
        """Whether to wait here; not where a single step has begun and nothing was done yet."""
        if wanted.wanted != "pause" or self.stopping:
            return False
        begun, self._step_from = self._step_from, None
        if begun is not None and begun == self.keeper.position.completed:
            self._step_from = begun
            return False
        return True

    def _is_last(self) -> bool:
        """Whether the last epoch is done: whoever branches from the end branches from here."""
        path = self.keeper.position.path
        return len(path) == 1 and path[0].done == self._planned

    def _pause(self, frame: FrameType) -> ControlFile:
        """Wait until something else is wanted, or a single step; other wishes are heeded."""
        self._write_checkpoint()
        if self._state.status != "paused":
            self._change_status("paused")
        steps = self.keeper.position.completed
        while (wanted := self._control.look()).wanted == "pause" and not self.stopping:
            if wanted.steps > self._steps_taken:
                self._steps_taken += 1
                self._step_from = steps
                return wanted
            self.steering.heed(wanted, steps, frame)
            self._memory.heed(wanted.looking, steps)
            self._write_text(wanted)
            time.sleep(POLL_SECONDS)
        self._steps_taken = wanted.steps
        self._change_status("running")
        return wanted

    def _pause_because(self, reason: str) -> None:
        """Ask oneself to pause, and say why."""
        if reason:
            self._event("pausing", reason)
            print(f"paused: {reason}", flush=True)
            request(self.folder.control, "pause")
            self._control.forget()

    def _write_text(self, wanted: ControlFile, *, is_last: bool = False) -> None:
        position = self.keeper.position
        self._texts.sample(
            wanted.sampling,
            self.elapsed(),
            position.epoch,
            position.completed,
            lambda: self._control.look().wanted != "stop" and not self.stopping,
            is_last=is_last,
        )

    def _stop_soon(self, *_signal: object) -> None:
        self.stopping = True

    def _change_status(self, status: Status) -> None:
        self._state = msgspec.structs.replace(self._state, status=status)
        self.folder.write_state(self._state)
        self._event(status)

    def _event(self, name: str, text: str = "") -> None:
        self._metrics.write(Event(self.elapsed(), name, text))

    def _sample_memory(self, *, now: bool = False) -> None:
        sample = self._sampler.sample(self.elapsed(), byte_size(self.keeper.kept), now=now)
        if sample is not None:
            self._metrics.write(sample)

    def _write_checkpoint(self, *, ended: bool = False) -> None:
        began = self.elapsed()
        try:
            name = self.keeper.write(
                self.steering.heeded, self.steering.changed_options, ended=ended
            )
        except CheckpointError as error:  # training goes on: there may be room again later
            if ended:
                raise
            print(f"warning: {error}", flush=True)
            self._event("checkpoint failed", str(error))
            name = ""
        if name is None:
            return
        if name:
            self._event("checkpoint", name)
        now = self.elapsed()
        pause = min(CHECKPOINT_SECONDS, max(1.0, now))
        self._next_checkpoint = now + max(pause, WRITING_SHARE * (now - began))
