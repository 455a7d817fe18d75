"""What a launch would ask of the machine, counted; no time is in it.

A request is one memory instruction of one warp. Sectors are pieces of 32 bytes: 32 lanes that
read 4 bytes each in a row need 4 of them. A cycle of shared memory serves each of the 32 banks,
4 bytes wide, once; lanes that read the same word are served together. Accesses of 8 (16) bytes a
lane are served by half (quarter) warps, as the CUDA Programming Guide and NVIDIA's profiler have
it for compute capability 7 and above.
"""

import dataclasses

import numpy as np

from tests.ptx.lanes import Lanes

SECTOR = 32
BANKS = 32
WORD = 4


@dataclasses.dataclass
class Counters:
    """Of one launch, or of several if it is kept: equal for equal input, on every machine."""

    warp_instructions: int = 0
    global_load_requests: int = 0
    global_load_sectors: int = 0
    global_store_requests: int = 0
    global_store_sectors: int = 0
    shared_requests: int = 0
    shared_cycles: int = 0
    local_requests: int = 0
    atomic_requests: int = 0
    barriers: int = 0

    def count_global(self, lanes: Lanes, flat: np.ndarray, kind: str) -> None:
        """A request of each warp. flat: (lanes,), the offset of the first byte."""
        sectors = distinct(lanes.keys | (flat // SECTOR))
        if kind == "load":
            self.global_load_requests += lanes.warps
            self.global_load_sectors += sectors
        elif kind == "store":
            self.global_store_requests += lanes.warps
            self.global_store_sectors += sectors
        else:
            self.atomic_requests += lanes.warps

    def count_shared(self, lanes: Lanes, flat: np.ndarray, width: int, kind: str) -> None:
        """As `count_global`. width: bytes of each lane."""
        self.shared_requests += lanes.warps
        self.shared_cycles += bank_cycles(lanes.numbers, flat, width)
        if kind == "atomic":
            self.atomic_requests += lanes.warps

    def as_dict(self) -> dict[str, int]:
        """The counts by name."""
        return dataclasses.asdict(self)

    def __add__(self, other: "Counters") -> "Counters":
        pairs = zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True)
        return Counters(*(mine + theirs for mine, theirs in pairs))


def distinct(keys: np.ndarray) -> int:
    """How many different numbers there are."""
    if not keys.size:
        return 0
    if (keys[1:] < keys[:-1]).any():
        keys = np.sort(keys)
    return int(np.count_nonzero(keys[1:] != keys[:-1])) + 1


def bank_cycles(numbers: np.ndarray, flat: np.ndarray, width: int) -> int:
    """How many times the banks are used, over all groups of lanes that are served together."""
    unit = max(width, WORD)
    together = BANKS * WORD // unit
    group = numbers // together
    keys = np.sort((group << 40) | (flat // unit))
    first = np.ones(keys.size, bool)
    first[1:] = keys[1:] != keys[:-1]
    keys = keys[first]
    place = (keys >> 40) - int(group[0])
    uses = np.bincount(place * together + keys % together)
    uses = np.pad(uses, (0, -uses.size % together)).reshape(-1, together)  # (groups, banks)
    return int(uses.max(axis=1).sum())
