"""What a run shows of its memory while somebody looks: the pools of its devices, as they are.

`memory.json` is the newest picture, replaced a few times a second. It is for those who look now:
pools are arrays of figures in the order of `PoolStats`, which another version may not read.
"""

import contextlib
from pathlib import Path

import msgspec

from knetengine.gpu.memory import PoolStats, Segment
from knetengine.gpu.memory.places import Place


class Holding(msgspec.Struct, frozen=True):
    """Blocks in use that one line of the program asked for.

    nbytes: what they hold together. blocks: how many. largest: the bytes of the largest.
    file, line, function, text: the line and what stands there; line is 0 for blocks that were there
        before lines were recorded.
    """

    nbytes: int
    blocks: int
    largest: int
    file: str = ""
    line: int = 0
    function: str = ""
    text: str = ""


def holding(nbytes: int, blocks: int, largest: int, place: Place | None, text: str) -> Holding:
    """What the line at a place holds, with what stands there."""
    if place is None:
        return Holding(nbytes, blocks, largest)
    file, line, function = place
    return Holding(nbytes, blocks, largest, file, line, function, text)


class PoolPicture(msgspec.Struct, frozen=True):
    """A pool at one moment.

    segments: those of what the device gave, in order of address. holders: the largest first.
    device_free, device_total: bytes that the device says it has; 0 where it says nothing.
    """

    stats: PoolStats
    segments: list[Segment]
    holders: list[Holding]
    device_free: int = 0
    device_total: int = 0

    @property
    def device(self) -> str:
        """The name of the device."""
        return self.stats.device


class Tracing(msgspec.Struct, frozen=True):
    """How the newest trace gets on.

    number: of the wish for it. first, last: the steps it covers, so far. planned: how many it is to
    cover. events: how many it has. problem: why there is none.
    """

    number: int
    first: int = 0
    last: int = 0
    planned: int = 0
    events: int = 0
    is_done: bool = False
    problem: str = ""


class Picture(msgspec.Struct, frozen=True):
    """The memory of a run's process, after so many steps.

    written: the time of its machine, in seconds since 1970. spent: seconds that the picture took.
    machine_free, machine_total: bytes of the machine that it runs on.
    in_gradient: whether it shows the pools in the step, as its gradient was about to walk back;
    else after the step. lines: whether lines of the program are recorded.
    """

    written: float
    step: int
    process_bytes: int
    process_peak_bytes: int
    machine_free: int
    machine_total: int
    pools: list[PoolPicture]
    in_gradient: bool = False
    lines: bool = False
    tracing: Tracing | None = None
    spent: float = 0.0


def read_picture(path: Path) -> Picture | None:
    """The newest picture; None if there is none, or none that can be read."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(path.read_bytes(), type=Picture)
    return None
