"""Policies that cut chunks from segments and merge them again, as CuPy's and PyTorch's do."""

from collections.abc import Hashable

from knetengine.gpu.drivers.interface import Handle
from knetengine.gpu.memory.chunks import Arena, Chunk, Home
from knetengine.gpu.memory.policies import ALIGNMENT, Housed, Plan, Usage

MIB = 1 << 20


def up(nbytes: int, multiple: int) -> int:
    """The next multiple."""
    return -(-nbytes // multiple) * multiple


class BestFit(Housed):
    """The smallest free chunk that is large enough; a segment is as large as what it is made for.

    Source: CuPy's memory pool.
    """

    name = "cupy-like"

    def rounded(self, nbytes: int) -> int:
        """To a multiple of 512."""
        return (nbytes + ALIGNMENT - 1) & -ALIGNMENT or ALIGNMENT

    def growing(self, size: int, usage: Usage) -> Plan:
        """Ask the driver."""
        yield size

    def _new_home(self, key: Hashable, stream: Handle) -> Home:
        return Arena(stream, self.tally, ALIGNMENT)


class TwoPools(BestFit):
    """Best fit in two pools: up to 1 MiB in segments of 2 MiB, and above in segments of 20 MiB.

    Requests of 10 MiB and more have segments of their own, multiples of 2 MiB. In the second pool
    a chunk is cut only if more than 1 MiB is left over. Source: PyTorch's CUDACachingAllocator.
    """

    name = "pytorch-like"
    small = MIB

    def growing(self, size: int, usage: Usage) -> Plan:
        """Ask for a segment of the pool's."""
        if size <= self.small:
            yield 2 * MIB
        elif size < 10 * MIB:
            yield 20 * MIB
        else:
            yield up(size, 2 * MIB)

    def take(self, size: int, stream: Handle) -> Chunk | None:
        """A free chunk of the stream's, from the pool for such sizes."""
        home = self._homes.get((stream, size <= self.small))
        return None if home is None else home.take(size)

    def _key(self, size: int, stream: Handle) -> Hashable:
        return (stream, size <= self.small)

    def _new_home(self, key: Hashable, stream: Handle) -> Home:
        small = key == (stream, True)
        return Arena(stream, self.tally, ALIGNMENT if small else MIB + 1)
