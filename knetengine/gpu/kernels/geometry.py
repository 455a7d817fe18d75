"""How many blocks of how many threads. Pure arithmetic of sizes: the same on every device.

Nothing here depends on the device, so that sums, whose order is that of the threads, come out the
same everywhere. Kernels of entries walk in strides of the whole grid, and any number of blocks is
right; empty arrays have no geometry, for they launch nothing.
"""

from typing import NamedTuple

from knetengine.gpu.drivers.interface import Extent

THREADS = 256
"""Of a block, where nothing speaks for another number: 8 warps, a divisor of what an SM holds."""

MOST_BLOCKS = 1 << 20
"""Along x. A thread then handles more than one entry from 2**28 on; CUDA's limit is 2**31 - 1."""

MOST_ROWS = 65535
"""Blocks along y and z: CUDA's limit."""


class Geometry(NamedTuple):
    """The extents of a launch."""

    grid: Extent
    block: Extent


def ceiling(count: int, size: int) -> int:
    """How many groups of `size` hold `count`."""
    return -(-count // size)


def entries(count: int, threads: int = THREADS) -> Geometry:
    """One thread for each entry, or for several where there are too many.

    Raises ValueError for none: launch nothing then.
    """
    if count < 1:
        raise ValueError(f"a launch over {count} entries; launch nothing instead")
    return Geometry((min(ceiling(count, threads), MOST_BLOCKS), 1, 1), (threads, 1, 1))


def power_of_two(count: int, least: int, most: int) -> int:
    """The smallest power of two that is at least `count`, within bounds."""
    return min(most, max(least, 1 << max(0, count - 1).bit_length()))


def rows(count: int, length: int) -> Geometry:
    """One block for each row, or for several; as many threads as the row has use for, at most 256.

    The threads depend on the length alone.
    """
    if count < 1:
        raise ValueError(f"a launch over {count} rows; launch nothing instead")
    return Geometry((min(count, MOST_BLOCKS), 1, 1), (power_of_two(length, 32, THREADS), 1, 1))


def tiles(batch: int, height: int, width: int, side: int, threads: int) -> Geometry:
    """Square tiles of a batch of matrices; (side, threads) threads walk a tile in strips.

    Tiles of all matrices are counted along x, for the limit of y and z is low.
    """
    count = batch * ceiling(height, side) * ceiling(width, side)
    return Geometry((min(count, MOST_BLOCKS), 1, 1), (side, threads, 1))


def lists(count: int, longest: int, most: int = 1024) -> Geometry:
    """Arrays along y, and blocks along x that walk the entries of one of them.

    most: blocks along x. Blocks that a shorter array has no use for end at once, and there should
        not be many of them.
    """
    if count < 1 or longest < 1:
        raise ValueError(f"a launch over {count} arrays of {longest}; launch nothing instead")
    width = min(ceiling(longest, THREADS), most)
    return Geometry((width, min(count, MOST_ROWS), 1), (THREADS, 1, 1))


class Reduction(NamedTuple):
    """How (outputs, length) numbers are reduced along their second axis.

    across: threads along the outputs; along: threads along what is reduced, a power of two.
    splits: into how many parts each sum is divided, to be added up by a second launch.
    """

    across: int
    along: int
    splits: int

    def geometry(self, outputs: int) -> Geometry:
        """The extents of the first launch."""
        groups = min(ceiling(outputs, self.across), MOST_BLOCKS)
        return Geometry((groups, self.splits, 1), (self.across, self.along, 1))


SPLIT_LENGTH = 1 << 14
"""What one block reduces of one output before another is called in: 64 numbers a thread."""

ENOUGH_BLOCKS = 1024
"""With so many, several on each multiprocessor of any GPU, nothing is gained by more."""


def reduction(outputs: int, length: int, neighbours: bool) -> Reduction:
    """The shape of a reduction.

    neighbours: whether consecutive outputs, rather than consecutive numbers of one of them, lie
        side by side in memory; a warp then reads one number each of 32 outputs.
    """
    across = 32 if neighbours and outputs > 1 else 1
    along = power_of_two(length, 1, THREADS // across)
    if not neighbours:
        along = max(along, 32)
    part = SPLIT_LENGTH * along // THREADS
    groups = ceiling(outputs, across)
    wanted = ceiling(length, max(part, 1))
    useful = max(1, ENOUGH_BLOCKS // groups)
    return Reduction(across, along, max(1, min(wanted, useful, 1024)))
