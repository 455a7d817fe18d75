"""What was asked of a pool and when it came back, in a list and in a text file."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from knetengine.faults import Fault
from knetengine.gpu.memory.places import Place

HEAD = ["event", "block", "bytes", "stream"]
INTERVALS = ["id", "lower", "upper", "size"]
"""The head of google/minimalloc's files: a buffer of `size` bytes lives in [lower, upper)."""


class Allocated(NamedTuple):
    """A block was handed out; streams are numbered in the order in which they were seen.

    place: the line that asked for it, where places are recorded; a CSV file does not keep it.
    """

    block: int
    nbytes: int
    stream: int = 0
    place: Place | None = None


class Freed(NamedTuple):
    """A block came back."""

    block: int


Event: TypeAlias = Allocated | Freed


class TraceError(Fault):
    """A file that is not a trace; the message names file and line."""


def write_trace(path: Path | str, trace: Iterable[Event]) -> None:
    """Write a trace as a CSV file: event, block, bytes, stream.

    Raises OSError where the file cannot be written.
    """
    with open(path, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(HEAD)
        for event in trace:
            match event:
                case Allocated(block, nbytes, stream):
                    rows.writerow(("allocate", block, nbytes, stream))
                case Freed(block):
                    rows.writerow(("free", block, "", ""))


def read_trace(path: Path | str) -> list[Event]:
    """The trace in a file that `write_trace` wrote, or one of google/minimalloc's.

    In the latter what ends at a time is freed before what begins at it.
    Raises TraceError for anything else, and OSError where the file cannot be read.
    """
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        head = next(rows, [])
        if head not in (HEAD, INTERVALS):
            raise TraceError(
                f"{path} begins with {','.join(head)!r}; a trace begins with {','.join(HEAD)!r}, "
                f"or with {','.join(INTERVALS)!r}"
            )
        lines = [(number, row) for number, row in enumerate(rows, 2) if row]
    return _events(path, lines) if head == HEAD else _of_intervals(path, lines)


def _events(path: Path | str, lines: list[tuple[int, list[str]]]) -> list[Event]:
    trace: list[Event] = []
    live: set[int] = set()
    for number, row in lines:
        try:
            kind, block, nbytes, stream = row
            if kind == "allocate":
                event: Event = Allocated(int(block), int(nbytes), int(stream))
                right = event.block not in live and event.nbytes >= 0
                live.add(event.block)
            else:
                event = Freed(int(block))
                right = kind == "free" and event.block in live
                live.discard(event.block)
        except ValueError:
            right = False
            event = Freed(0)
        if not right:
            raise TraceError(
                f"{path}, line {number}: {','.join(row)!r} is not an allocation of a new block or "
                "the freeing of a live one; expected allocate,BLOCK,BYTES,STREAM or free,BLOCK,,"
            )
        trace.append(event)
    return trace


def _of_intervals(path: Path | str, lines: list[tuple[int, list[str]]]) -> list[Event]:
    moments: list[tuple[int, bool, int, int]] = []
    for number, row in lines:
        try:
            block, lower, upper, size = map(int, row)
        except ValueError:
            block = lower = upper = size = 0
        if not (lower < upper and size >= 0):
            raise TraceError(
                f"{path}, line {number}: {','.join(row)!r} is not a buffer; expected "
                "ID,LOWER,UPPER,SIZE with LOWER below UPPER"
            )
        moments += [(lower, True, block, size), (upper, False, block, size)]
    moments.sort()
    return [
        Allocated(block, size) if begins else Freed(block) for _, begins, block, size in moments
    ]
