"""Who touched memory last: finds accesses of two threads that nothing orders.

For each granule of memory one stamp of the last writer and one of the last reader are kept. A
stamp holds the lane, its block's count of barriers and its warp's count of ``bar.warp.sync``. Two
accesses by different threads, one of them a plain write, race unless a barrier of their block, or
of their warp, lies between; between blocks of a launch nothing orders them, except a fence and an
atomic operation that the other block has seen (`Publications`).
"""

from typing import Any

import numpy as np

from tests.ptx.lanes import WARP

LANE_BITS, WARP_BITS, BLOCK_BITS = 28, 13, 18
WARP_STEP = 1 << LANE_BITS
BLOCK_STEP = 1 << LANE_BITS + WARP_BITS
LANE = WARP_STEP - 1
WARP_EPOCH = BLOCK_STEP - WARP_STEP
BLOCK_EPOCH = (1 << LANE_BITS + WARP_BITS + BLOCK_BITS) - BLOCK_STEP
# flags: more readers than the one that is kept, in its warp, its block or beyond; an atomic write
LANES, WARPS, BLOCKS, ATOMIC = (1 << 59 + n for n in range(4))
STAMP = LANES - 1


# the index of an access among those of an instruction, the lane that it races with, or -1 if that
# is not known, and what that lane did
Clash = tuple[int, int, str] | None


def stamps(first: int, total: int) -> np.ndarray:
    """The stamps of lanes at the start of a launch; a stamp of 0 is nobody."""
    return np.arange(first + 1, first + total + 1, dtype=np.int64)


def lane_of(stamp: Any) -> Any:
    """The lane, counted through the whole launch."""
    return (stamp & LANE) - 1


class Publications:
    """Which blocks' writes each block has seen by way of fences and atomic operations."""

    def __init__(self, blocks: int) -> None:
        self.blocks = blocks
        self.places: dict[int, np.ndarray] = {}
        self.known: dict[int, np.ndarray] = {}

    def atomic(self, address: int, block: int) -> None:
        """A block, after a fence, does an atomic operation: it tells, and it learns."""
        empty = np.zeros(self.blocks, bool)
        place = self.places.setdefault(address, empty.copy())
        known = self.known.setdefault(block, empty)
        known |= place
        place |= known
        place[block] = True

    def ordered(self, reader_block: np.ndarray, writer_block: np.ndarray) -> np.ndarray:
        """For each pair whether the first block has seen what the second wrote."""
        return np.array(
            [
                reader in self.known and bool(self.known[reader][writer])
                for reader, writer in zip(reader_block.tolist(), writer_block.tolist(), strict=True)
            ],
            bool,
        )


class Shadow:
    """The stamps of one space. padded: how many lanes a block has."""

    def __init__(self, nbytes: int, granule: int, padded: int, publications: Publications) -> None:
        self.granule = granule
        self.padded = padded
        self.publications = publications
        self.writer = np.zeros(nbytes // granule, np.int64)
        self.reader = np.zeros(nbytes // granule, np.int64)

    def expand(self, flat: np.ndarray, width: int, own: np.ndarray) -> tuple[Any, Any, int]:
        """The granules of accesses at byte offsets, the stamp for each, and how many an access."""
        first = flat // self.granule
        many = max(width // self.granule, 1)
        if many == 1:
            return first, own, 1
        return (first[:, None] + np.arange(many)).reshape(-1), np.repeat(own, many), many

    def read(self, granules: np.ndarray, own: np.ndarray) -> Clash:
        """Note reads; the first that races, or None."""
        writer = self.writer[granules]
        clash = self._first(writer, own) if writer.any() else None
        old = self.reader[granules]
        new = self._joined(old, own) if old.any() else own
        self.reader[granules] = new
        found = self.reader[granules]
        lost = found != new  # another lane of this very instruction reads the same
        if lost.any():
            mark = self._joined(found[lost], new[lost])
            np.bitwise_or.at(self.reader, granules[lost], mark & ~STAMP)
        return clash

    def write(self, granules: np.ndarray, own: np.ndarray) -> Clash:
        """Note plain writes; the first that races, or None."""
        clash = self._before_write(self.writer[granules], granules, own)
        self.writer[granules] = own
        found = self.writer[granules]
        lost = found != own  # another lane of this very instruction writes the same
        if clash is None and lost.any():
            at = int(np.argmax(lost))
            clash = at, int(lane_of(found[at])), "writes"
        return clash

    def atomic(self, granules: np.ndarray, own: np.ndarray, writes: bool) -> Clash:
        """Note accesses that do not race with each other, but with plain ones; as `write`."""
        writer = self.writer[granules]
        writer = np.where(writer & ATOMIC == 0, writer, 0)
        if not writes:
            return self._first(writer, own)
        clash = self._before_write(writer, granules, own)
        self.writer[granules] = own | ATOMIC
        return clash

    def written(self, granules: np.ndarray) -> Clash:
        """The first granule that this launch has written at all, or None."""
        writer = self.writer[granules]
        if not writer.any():
            return None
        at = int(np.argmax(writer != 0))
        return at, int(lane_of(writer[at])), "wrote"

    def _before_write(self, writer: np.ndarray, granules: np.ndarray, own: np.ndarray) -> Clash:
        reader = self.reader[granules]
        clash = self._first(writer, own) if writer.any() else None
        if clash is None and reader.any():
            clash = self._first(reader, own, "read")
        return clash

    def _first(self, old: np.ndarray, own: np.ndarray, verb: str = "wrote") -> Clash:
        wrong = self._clashes(old, own)
        if wrong is None:
            return None
        at = int(np.argmax(wrong))
        lane = int(lane_of(old[at]))
        return at, lane if lane != lane_of(own[at]) else -1, verb

    def _clashes(self, old: np.ndarray, own: np.ndarray) -> np.ndarray | None:
        """Which of the earlier accesses are another thread's, and not ordered before ours."""
        apart = old ^ own
        other = (old != 0) & ((apart & LANE != 0) | (old & (LANES | WARPS | BLOCKS) != 0))
        if not other.any():
            return None
        lane, mine = lane_of(old), lane_of(own)
        same_block = lane // self.padded == mine // self.padded
        same_epoch = apart & BLOCK_EPOCH == 0
        same_warp = (lane // WARP == mine // WARP) & (old & WARPS == 0)
        ordered = same_block & (~same_epoch | (same_warp & (apart & WARP_EPOCH != 0)))
        ordered &= old & BLOCKS == 0
        wrong = other & ~ordered
        far = np.flatnonzero(wrong & ~same_block & (old & BLOCKS == 0))
        if far.size and self.publications.known:
            pairs = mine[far] // self.padded, lane[far] // self.padded
            wrong[far] = ~self.publications.ordered(*pairs)
        return wrong if wrong.any() else None

    def _joined(self, old: np.ndarray, own: np.ndarray) -> np.ndarray:
        """Our stamp, with the flags of what it replaces."""
        apart = old ^ own
        lane, mine = lane_of(old), lane_of(own)
        here = lane // self.padded == mine // self.padded
        now = here & (apart & BLOCK_EPOCH == 0)
        same_warp = lane // WARP == mine // WARP
        flags = np.where(here, old & BLOCKS, BLOCKS)
        flags |= np.where(now, (old & WARPS) | np.where(same_warp, 0, WARPS), 0)
        alike = now & same_warp & (apart & WARP_EPOCH == 0)
        flags |= np.where(alike, (old & LANES) | np.where(apart & LANE != 0, LANES, 0), 0)
        return own | np.where(old == 0, 0, flags)
