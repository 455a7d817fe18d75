"""The default policy.

docs/decisions/memory-policy.md has what it and the others cost on the models of the slides.
"""

from bisect import bisect_left, bisect_right, insort

from knetengine.gpu.drivers.interface import Handle
from knetengine.gpu.memory.best_fit import MIB, BestFit, up
from knetengine.gpu.memory.chunks import Chunk
from knetengine.gpu.memory.policies import Plan, Step, Usage

REMEMBERED = 256
"""So many sizes of large requests are remembered at most."""


class GrowingSegments(BestFit):
    """Best fit in few segments, which are made larger when most of them is free.

    A new segment is so large that what is reserved comes to 2, 10, 18, 24 or 42 MiB, and beyond
    that to a sixth more than the most that has been in use, or as near to that as a whole number of
    requests like this one comes. Four rules keep it near what is in use:

    - Before the driver is asked for more, what is wholly free goes back to it.
    - At low tide, when two thirds of what is reserved are wholly free, as between two steps of a
      training, the segments of the last growth become one.
    - The largest chunk is not cut for a request of less than half its size as long as a request
      that was as large could come again, and there is room for another segment within a sixth more
      than would be in use then.
    - Large means an eighth of what is reserved.

    ladder: bytes that are reserved while little is in use, in ascending order; the second and the
        third rule hold beyond them.
    share: growth is at least one over `share` of what is needed.
    """

    name = "default"
    least = 32  # a segment is at least one over this of what is reserved

    def __init__(
        self,
        ladder: tuple[int, ...] = (2 * MIB, 10 * MIB, 18 * MIB, 24 * MIB, 42 * MIB),
        share: int = 6,
    ) -> None:
        super().__init__()
        self._ladder = ladder
        self._share = share
        self._usage: Usage | None = None  # once the driver has been asked
        self._large: list[int] = []  # sizes of large requests, in ascending order
        self._grown = False  # since the last low tide
        self._at_low_tide = self._sparing = False  # why `take` has just refused
        self._refused = False  # by the driver: then what there is has to do

    def take(self, size: int, stream: Handle) -> Chunk | None:
        """A free chunk of the stream's; None also where the driver is to be asked first."""
        home = self._homes.get(stream)
        usage = self._usage
        self._at_low_tide = self._sparing = False
        if home is None:
            return None
        if usage is None:
            return home.take(size)
        reserved = usage.reserved
        if size * 8 > reserved:
            self._remember(size)
        if reserved > self._ladder[-1] and not self._refused:
            if self._grown and self.tally.whole * 3 > reserved * 2:
                self._at_low_tide = True
                return None
            largest = home.sole(size)
            if largest and self._spares(largest, size, usage):
                self._sparing = True
                return None
        return home.take(size)

    def growing(self, size: int, usage: Usage) -> Plan:
        """Give back what is wholly free, then ask for a segment that will do for longer."""
        self._usage = usage
        self._grown = not self._at_low_tide
        if self._sparing:
            yield self._small(size, usage)
        else:
            if self.tally.whole:
                yield Step.RELEASE
            yield self._large_one(size, usage)
            yield size
        self._refused = True

    def add(self, chunk: Chunk, size: int) -> None:
        """A new segment."""
        self._refused = False
        super().add(chunk, size)

    def _large_one(self, size: int, usage: Usage) -> int:
        small = self._small(size, usage)
        needed = max(usage.active + size, usage.highest)
        wanted = max(small, up(self._aim(needed) - usage.reserved, 2 * MIB))
        if needed > self._ladder[-1] and size * 8 <= needed and size * 16 > wanted:
            # the next requests may be as large, and what is left of several would be lost to them:
            # 40 of 4 MiB take 17 calls so, 37 otherwise
            wanted = up(max(1, round(wanted / size)) * size, 2 * MIB)
        if usage.soft_room is not None:
            wanted = max(small, min(wanted, usage.soft_room))
        if usage.room is not None:
            wanted = max(size, min(wanted, usage.room))
        return wanted

    def _aim(self, needed: int) -> int:
        for rung in self._ladder:
            if needed <= rung:
                return rung
        return needed + needed // self._share

    def _small(self, size: int, usage: Usage) -> int:
        return up(max(size, usage.reserved // self.least), 2 * MIB)

    def _remember(self, size: int) -> None:
        at = bisect_left(self._large, size)
        if at == len(self._large) or self._large[at] != size:
            insort(self._large, size)
            if len(self._large) > REMEMBERED:
                del self._large[: REMEMBERED // 2]

    def _spares(self, largest: int, size: int, usage: Usage) -> bool:
        """Whether the largest chunk is to stay whole, for a request as large as was before."""
        at = bisect_right(self._large, largest)
        if not at:
            return False
        coming = self._large[at - 1]
        if coming * 8 <= usage.reserved or size * 2 >= coming or largest - size >= coming:
            return False
        growth = self._small(size, usage)
        needed = max(usage.highest, usage.active + size + coming)
        if usage.reserved + growth > needed + needed // self._share:
            return False
        return all(room is None or growth <= room for room in (usage.room, usage.soft_room))
