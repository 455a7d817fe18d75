"""Sets of lanes: the threads that execute an instruction together.

The threads of all blocks that run at a time stand in one row, each block padded to whole warps:
lane // 32 is its warp. Lanes that pad a block never run.
"""

import functools
from typing import Any

import numpy as np

WARP = 32


class Lanes:
    """Some of the lanes, in ascending order.

    index: what picks them out of an array over all lanes, a slice where there are no gaps.
    full: whether these are all lanes that there are, so that an array need not be indexed.
    live: whether they are all that still run. Lanes that have ended read nothing any more, so
        that a value equal for all of these may stand in a register as one number.
    """

    def __init__(self, numbers: np.ndarray, total: int) -> None:
        self.numbers = numbers
        self.total = total
        self.size = numbers.size
        self.full = self.size == total
        self.live = False
        first = int(numbers[0]) if self.size else 0
        if self.size and int(numbers[-1]) - first + 1 == self.size:
            self.index: Any = slice(first, first + self.size)
        else:
            self.index = numbers

    def where(self, mask: Any) -> "Lanes":
        """Those of the lanes for which a mask, one entry a lane, is true."""
        return Lanes(self.numbers[mask], self.total)

    def merged(self, other: "Lanes | None") -> "Lanes":
        """These and others, of which none is among these."""
        if other is None:
            return self
        return Lanes(np.sort(np.concatenate((self.numbers, other.numbers))), self.total)

    def pick(self, values: Any) -> Any:
        """The entries of an array over all lanes; a number stays what it is."""
        return values if self.full or values.ndim == 0 else values[self.index]

    def spread(self, values: Any) -> np.ndarray:
        """One entry a lane, also of a number."""
        return np.broadcast_to(values, (self.size,))

    @functools.cached_property
    def warps(self) -> int:
        """Of how many warps there are lanes."""
        warps = self.numbers // WARP
        return int(np.count_nonzero(warps[1:] != warps[:-1])) + 1 if self.size else 0

    @functools.cached_property
    def keys(self) -> np.ndarray:
        """The number of the warp of each lane, where it leaves 40 bits free below it."""
        return (self.numbers // WARP) << 40

    @functools.cached_property
    def ballots(self) -> np.ndarray:
        """For each of all warps the bits of the lanes that are here."""
        return ballots(self.numbers, self.total)


def ballots(numbers: np.ndarray, total: int) -> np.ndarray:
    """For each warp the bits of its lanes among ``numbers``, bit 0 for the first; (warps,)."""
    flags = np.zeros(total, bool)
    flags[numbers] = True
    return np.packbits(flags.reshape(-1, WARP), axis=1, bitorder="little").view("<u4").reshape(-1)
