"""Writes a run into its folder, and heeds what other processes ask of it."""

import os
import signal
import socket
import time
from typing import Any

import msgspec

from knetengine.training.atomic import sweep_litter
from knetengine.training.checkpoint import byte_size, save
from knetengine.training.control import POLL_SECONDS, Control
from knetengine.training.folder import Failure, RunFolder, State, Status
from knetengine.training.memory import MemorySampler
from knetengine.training.metrics import Event, MetricsWriter, Plan, Report, encodable

CHECKPOINT_SECONDS = 10.0  # at most so much work is lost with the process
KEPT_CHECKPOINTS = 10


class Recorder:
    """The pen of one run: state, figures, memory, checkpoints; and its ear for control words."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.stopping = False
        self._began = time.monotonic()
        self._metrics = MetricsWriter(folder.metrics)
        self._control = Control(folder.control)
        self._sampler = MemorySampler()
        self._offered: tuple[int, Any] | None = None
        self._written_epoch: int | None = None
        self._next_checkpoint = 0.0
        self._not_finite: set[str] = set()
        self._state = State(
            "starting", process=os.getpid(), host=socket.gethostname(), started=time.time()
        )
        sweep_litter(folder.checkpoints)
        folder.write_state(self._state)

    def elapsed(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._began

    def begin(self) -> None:
        """The options are right: from here on it is a run."""
        self._state = msgspec.structs.replace(self._state, status="running")
        self.folder.write_state(self._state)

    def stop_on_signals(self) -> None:
        """End between two steps on SIGTERM (a batch queue's word); outlive a closed terminal."""
        signal.signal(signal.SIGTERM, self._stop_soon)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def plan(self, epochs: int) -> None:
        """Note how many epochs there are to come."""
        self._metrics.write(Plan(self.elapsed(), epochs))

    def report(self, epoch: int, values: dict[str, float]) -> None:
        """Append the figures of an epoch; say once of each figure that it is not finite."""
        encoded = encodable(values)
        now = self.elapsed()
        self._metrics.write(Report(epoch, now, encoded))
        for name, value in encoded.items():
            if isinstance(value, str) and name not in self._not_finite:
                self._not_finite.add(name)
                self._event("not finite", f"{name} is {value} from epoch {epoch} on")
                print(f"warning: {name} is {value} from epoch {epoch} on", flush=True)
        self._sample_memory()

    def offer_checkpoint(self, epoch: int, parameters: Any) -> None:
        """Remember the parameters; write them when the last checkpoint is old enough."""
        self._offered = (epoch, parameters)
        if self.elapsed() >= self._next_checkpoint:
            self._write_checkpoint()

    def heed(self) -> None:
        """Between two steps: wait while a pause is wanted, note that a stop is."""
        wanted = self._control.wanted()
        if wanted == "pause" and not self.stopping:
            self._write_checkpoint()
            self._change_status("paused")
            while (wanted := self._control.wanted()) == "pause" and not self.stopping:
                time.sleep(POLL_SECONDS)
            self._change_status("running")
        if wanted == "stop":
            self._stop_soon()

    def end(self, status: Status, failure: Failure | None = None) -> None:
        """Write the last checkpoint, the last sample and the final state."""
        try:
            self._write_checkpoint()
        except Exception as error:
            print(f"the last checkpoint was not written: {error}", flush=True)
            if failure is None:
                status, failure = "failed", Failure(type(error).__name__, str(error))
        self._sample_memory(now=True)
        self._state = msgspec.structs.replace(
            self._state, status=status, ended=time.time(), failure=failure
        )
        self.folder.write_state(self._state)
        self._metrics.close()

    def _stop_soon(self, *_signal: object) -> None:
        self.stopping = True

    def _change_status(self, status: Status) -> None:
        self._state = msgspec.structs.replace(self._state, status=status)
        self.folder.write_state(self._state)
        self._event(status)

    def _event(self, name: str, text: str = "") -> None:
        self._metrics.write(Event(self.elapsed(), name, text))

    def _sample_memory(self, *, now: bool = False) -> None:
        parameter_bytes = byte_size(self._offered[1]) if self._offered else 0
        sample = self._sampler.sample(self.elapsed(), parameter_bytes, now=now)
        if sample is not None:
            self._metrics.write(sample)

    def _write_checkpoint(self) -> None:
        if self._offered is None or self._offered[0] == self._written_epoch:
            return
        epoch, parameters = self._offered
        path = self.folder.checkpoints / f"epoch-{epoch:08d}.safetensors"
        save(path, parameters, {"epoch": str(epoch), "run": self.folder.title})
        self._written_epoch = epoch
        self._next_checkpoint = self.elapsed() + CHECKPOINT_SECONDS
        for old in sorted(self.folder.checkpoints.glob("epoch-*"))[:-KEPT_CHECKPOINTS]:
            old.unlink(missing_ok=True)
