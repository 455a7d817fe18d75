"""The figures of a run: one JSON object a line, appended as they come, read while they grow."""

import math
import os
from pathlib import Path

import msgspec

from knetengine.training.tail import MEBIBYTE, LineTail


class Report(msgspec.Struct, tag="report", tag_field="kind", frozen=True):
    """What the model reported after an epoch; `time` in seconds since the run began.

    step: how many steps of all loops had been done. log: how long log.txt was in bytes, with the
    line of this report at its end. Runs of earlier versions say neither.
    """

    epoch: int
    time: float
    values: dict[str, float | str]  # JSON has no NaN: what is not finite travels as text
    step: int | None = None
    log: int | None = None

    def figures(self) -> dict[str, float]:
        """The reported values, with NaN and the infinities back as numbers."""
        return {name: float(value) for name, value in self.values.items()}


class Plan(msgspec.Struct, tag="plan", tag_field="kind", frozen=True):
    """How many epochs the loop is about to count."""

    time: float
    epochs: int


class PoolFigures(msgspec.Struct, frozen=True):
    """What the pool of a device held; sizes in bytes.

    used: in blocks that arrays hold; reserved: what the device has given. reuse: the share of
    requests that needed no call of the device.
    """

    device: str
    used_bytes: int
    used_peak_bytes: int
    reserved_bytes: int
    reserved_peak_bytes: int
    fragmentation: float
    reuse: float


class Memory(msgspec.Struct, tag="memory", tag_field="kind", frozen=True):
    """What the process and the engine's arrays held; sizes in bytes.

    `tape_bytes` are the buffers that one gradient kept for its backward pass, `tape_entries`
    its recorded operations; `parameter_bytes` the arrays last offered as a checkpoint. `pools` are
    those of the devices whose KnetArrays the run uses.
    """

    time: float
    process_bytes: int
    process_peak_bytes: int
    tape_entries: int
    tape_bytes: int
    parameter_bytes: int
    pools: tuple[PoolFigures, ...] = ()


class Gradients(msgspec.Struct, tag="gradients", tag_field="kind", frozen=True):
    """The loss of a step, and the Euclidean norm of its gradient by each parameter.

    step: how many steps of all loops had been done. norms: by the parameter's place, ``w[0]``.
    """

    time: float
    epoch: int
    step: int
    loss: float | str
    norms: dict[str, float | str]

    def figures(self) -> tuple[float, dict[str, float]]:
        """The loss and the norms, with NaN and the infinities back as numbers."""
        return float(self.loss), {name: float(norm) for name, norm in self.norms.items()}


class Event(msgspec.Struct, tag="event", tag_field="kind", frozen=True):
    """Something that happened to the run.

    running, paused, step, resumed, checkpoint, checkpoint failed, not finite; swapped and swap
    rejected (other code); number and number refused (another learning rate); branched.
    """

    time: float
    name: str
    text: str = ""


Record = Report | Plan | Memory | Gradients | Event


def encodable(values: dict[str, float]) -> dict[str, float | str]:
    """The values with NaN and the infinities as text."""
    return {name: encoded(value) for name, value in values.items()}


def encoded(value: float) -> float | str:
    """The value, NaN and the infinities as text."""
    return value if math.isfinite(value) else str(value)


class MetricsWriter:
    """Appends records; each line is one write, so readers and kills never see half of two."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._encoder = msgspec.json.Encoder()

    def write(self, record: Record) -> None:
        """Append one record."""
        os.write(self._descriptor, self._encoder.encode(record) + b"\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


class MetricsReader:
    """Reads the records that were added since the last read; lines it cannot read are counted."""

    def __init__(self, path: Path) -> None:
        self._tail = LineTail(path)
        self._decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
        self.unreadable = 0

    @property
    def offset(self) -> int:
        """How many bytes of the file are read."""
        return self._tail.offset

    def read(self, limit: int = MEBIBYTE) -> list[Record]:
        """The new records of at most about `limit` bytes; empty when there is nothing new."""
        records: list[Record] = []
        for line in self._tail.read(limit):
            try:
                records.append(self._decoder.decode(line))
            except msgspec.MsgspecError:
                self.unreadable += 1
        return records
