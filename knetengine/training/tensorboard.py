"""Event files of TensorBoard beside a run's figures: `tensorboard --logdir RUNS` opens the runs.

A file is a sequence of records, each its length in eight bytes, a checksum of these, the content,
and a checksum of that (CRC-32C, masked). The content is an Event in the wire format of protocol
buffers: wall time (field 1, double), step (2, varint), file version (3), summary (5), session
log (7); a summary is of values (1), each with a tag (1) and a number (2, float). TensorBoard's own
writer needs protobuf, and 152 MB with its company; this one needs nothing.
"""

import math
import os
import socket
import struct
import time
from pathlib import Path

KEPT = 10_000  # reports while a run gets e times older
VERSION = b"brain.Event:2"
SESSION_START = b"\x08\x01"  # a session log whose status (field 1) is START
LARGEST = 3.4028234663852886e38  # of a float of four bytes


class TensorBoardWriter:
    """Writes what a run reports; the file is made with the first report.

    Of a run that reports thousands of times a second, TensorBoard would not show more than a
    thousand points, and its file would outgrow all others: reports are left out when they come
    less than a ten-thousandth of the run's time after the one before. The last is always there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor = -1
        self._next = 0.0
        self._left_out: tuple[int, dict[str, float]] | None = None
        self._norms: dict[str, float] = {}
        self._tags: dict[str, bytes] = {}

    def report(self, step: int, seconds: float, values: dict[str, float]) -> None:
        """The figures of an epoch, `seconds` after the run began."""
        if seconds < self._next:
            self._left_out = (step, values)
            return
        self._next = seconds * (1 + 1 / KEPT)
        self._left_out = None
        self._write(step, values)

    def gradients(self, loss: float, norms: dict[str, float]) -> None:
        """The loss of a step and its gradient's norms: written with the report that comes next.

        Not by themselves: their steps are others than the reports' epochs, and who goes on from an
        epoch would take back all that has a greater number.
        """
        self._norms = {"gradients/loss of the step": loss}
        self._norms |= {f"gradients/{name}": norm for name, norm in norms.items()}

    def close(self) -> None:
        """Write the last report if it was left out, and close the file if there is one."""
        if self._left_out is not None and self._next < math.inf:
            self._write(*self._left_out)
        self._left_out = None
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self, step: int, values: dict[str, float]) -> None:
        now, values = time.time(), values | self._norms
        self._norms = {}
        try:
            if self._descriptor < 0:
                self._begin(step, now)
            record = _record(_event(now, step) + self._summary(values))
            whole = os.write(self._descriptor, record) == len(record)
        except OSError:
            whole = False
        if not whole:  # a full disk; the figures are in metrics.jsonl, and behind half a record
            self._next = math.inf  # TensorBoard would read nothing: no more of them

    def _begin(self, step: int, now: float) -> None:
        """Make the file, and say that what an earlier process wrote from this step on is void."""
        name = f"events.out.tfevents.{int(now):010d}.{socket.gethostname()}.{os.getpid()}"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._descriptor = os.open(self._folder / name, flags, 0o644)
        version = _record(_event(now) + _field(3, VERSION))
        start = _record(_event(now, step) + _field(7, SESSION_START))
        os.write(self._descriptor, version + start)

    def _summary(self, values: dict[str, float]) -> bytes:
        tags, parts = self._tags, b""
        for name, value in values.items():
            tag = tags.get(name)
            if tag is None:
                text = name.encode("utf-8", errors="backslashreplace")
                tag = tags[name] = _field(1, text) + b"\x15"
            if abs(value) > LARGEST:
                value = math.copysign(math.inf, value)
            parts += _field(1, tag + struct.pack("<f", value))
        return _field(5, parts)


def _event(now: float, step: int | None = None) -> bytes:
    """The begin of an Event: its wall time, and its step if it has one."""
    head = b"\x09" + struct.pack("<d", now)
    return head if step is None else head + b"\x10" + _varint(step)


def _field(number: int, content: bytes) -> bytes:
    """A field whose length is told."""
    return bytes((number << 3 | 2,)) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    """A number in groups of seven bits, the lowest first; negative ones in two's complement."""
    if 0 <= number < 128:
        return bytes((number,))
    number &= (1 << 64) - 1
    groups = bytearray()
    while number >= 128:
        groups.append(number & 127 | 128)
        number >>= 7
    groups.append(number)
    return bytes(groups)


def _record(content: bytes) -> bytes:
    """The content between its length and its checksum."""
    length = struct.pack("<Q", len(content))
    return b"".join(
        (length, struct.pack("<I", _masked(length)), content, struct.pack("<I", _masked(content)))
    )


def _table() -> list[int]:
    """The remainders of all bytes by the polynomial of Castagnoli, bits reversed."""
    table = list(range(256))
    for _ in range(8):
        table = [(r >> 1) ^ (0x82F63B78 if r & 1 else 0) for r in table]
    return table


TABLE = _table()


def checksum(content: bytes) -> int:
    """The CRC-32C of some bytes: 40 ns a byte; zlib has another polynomial."""
    table, remainder = TABLE, 0xFFFFFFFF
    for byte in content:
        remainder = table[(remainder ^ byte) & 0xFF] ^ (remainder >> 8)
    return remainder ^ 0xFFFFFFFF


def _masked(content: bytes) -> int:
    remainder = checksum(content)
    return ((remainder >> 15 | remainder << 17) + 0xA282EAD8) & 0xFFFFFFFF
