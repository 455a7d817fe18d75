"""Policies whose blocks are the driver's own: no pool, exact sizes, and Knet's classes."""

import time
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable

from knetengine.gpu.drivers.interface import Handle
from knetengine.gpu.memory.chunks import Chunk, Home, Stacks, Tally
from knetengine.gpu.memory.policies import ALIGNMENT, Housed, Plan, Step, Usage

MIB = 1 << 20


class NoPool:
    """Every request goes to the driver, and every block back to it."""

    name = "none"

    def __init__(self) -> None:
        self.tally = Tally()

    def rounded(self, nbytes: int) -> int:
        """As asked; a driver gives at least one byte."""
        return nbytes or 1

    def take(self, size: int, stream: Handle) -> Chunk | None:
        """Nothing is ever free."""
        return None

    def growing(self, size: int, usage: Usage) -> Plan:
        """Ask the driver."""
        yield size

    def add(self, chunk: Chunk, size: int) -> None:
        """It has no home: it goes back to the driver."""

    def others(self, size: int, stream: Handle) -> Iterable[Home]:
        """None."""
        return ()

    def claim(self, chunk: Chunk, size: int, stream: Handle) -> None:
        """Nothing can be claimed."""
        raise AssertionError("a policy without homes has no chunk to claim")

    def homes(self) -> Iterable[Home]:
        """None."""
        return ()


class ExactSize(Housed):
    """A free list for each size that has been asked for, to a multiple of 512 bytes.

    Source: Knet 0.8.5, which does not round.
    """

    name = "exact"

    def rounded(self, nbytes: int) -> int:
        """To a multiple of 512."""
        return (nbytes + ALIGNMENT - 1) & -ALIGNMENT or ALIGNMENT

    def growing(self, size: int, usage: Usage) -> Plan:
        """Ask the driver."""
        yield size

    def _new_home(self, key: Hashable, stream: Handle) -> Home:
        return Stacks(stream, self.tally)


class KnetClasses(Housed):
    """Knet's: a free list for each power of the cube root of 2; at most 26 % are lost to rounding.

    Before the driver is asked, the garbage collector has a quick look; beyond a soft limit of its
    own it collects all garbage, but not more often than every 0.2 seconds, and then raises the
    limit by a fifth at least. Garbage matters in Python only where arrays are in reference cycles.

    limit: bytes at which the soft limit starts.
    clock: what tells seconds.

    Source: Knet 1.4, KnetPtr. Knet raises the limit only as long as 500 MB of the device stay free;
    here the pool's own limit is for that.
    """

    name = "knet"
    sizes = tuple(int(2 ** (k / 3)) for k in range(3 * 62))
    interval = 0.2

    def __init__(self, limit: int = 16 * MIB, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.limit = limit
        self._clock = clock
        self._collected = -self.interval

    def rounded(self, nbytes: int) -> int:
        """floor(c ** ceil(log(n) / log(c))), c being the cube root of 2; at least 512."""
        if nbytes <= ALIGNMENT:
            return ALIGNMENT
        return self.sizes[bisect_left(self.sizes, nbytes)]

    def growing(self, size: int, usage: Usage) -> Plan:
        """Collect a little, ask, collect all, raise the limit, ask."""
        if usage.active:
            yield Step.COLLECT_YOUNG
        if usage.reserved + size <= self.limit:
            yield size
        if self._clock() - self._collected > self.interval:
            self._collected = self._clock()
            yield Step.COLLECT
        self.limit = max(usage.reserved + 2 * size, self.limit * 6 // 5)
        yield size

    def _new_home(self, key: Hashable, stream: Handle) -> Home:
        return Stacks(stream, self.tally)
