"""The figures of a pool."""

from typing import NamedTuple

from knetengine.gpu.drivers.interface import DeviceOutOfMemoryError


class Level(NamedTuple):
    """Bytes now, and the most since the pool was made or `reset_peaks` was called.

    The most is that of the moments right after a block has been handed out.
    """

    now: int
    peak: int


class PoolStats(NamedTuple):
    """What a pool holds and has done.

    requested: what the blocks in use were asked for. rounded: what that was rounded up to.
    active: what cannot be handed out: the blocks in use, and those that wait for a stream.
    reserved: what the driver has given. inactive_split: free, but in segments that are partly used
    or belong to several streams in parts, so that it cannot just go back to the driver.
    limit: the most that may be reserved; None for no limit. soft_limit: the most that is reserved
    before garbage is collected and caches are released; None for none.
    free, largest_free: bytes that can be handed out, and the largest piece of them.
    fragmentation: 1 - largest_free / free; 0 if nothing is free.
    blocks, segments: how many blocks are in use, and how many pieces the driver has given.
    hits, misses: requests that a free chunk met, and those that none met.
    driver_allocations, driver_releases: calls of the driver that succeeded.
    retries: calls of the driver that did not, or would have passed the limit: the request was tried
    again in another way. out_of_memory: requests that nothing helped.
    collections, collected_bytes: how often the pool made Python collect garbage, and what came back
    by it.
    histogram: how many requests there were, by the power of two that they were rounded up within.
    """

    device: str
    policy: str
    requested: Level
    rounded: Level
    active: Level
    reserved: Level
    inactive_split: Level
    limit: int | None
    soft_limit: int | None
    free: int
    largest_free: int
    fragmentation: float
    blocks: int
    segments: int
    hits: int
    misses: int
    driver_allocations: int
    driver_releases: int
    retries: int
    out_of_memory: int
    collections: int
    collected_bytes: int
    histogram: dict[int, int]

    @property
    def reuse(self) -> float:
        """The share of requests that a free chunk met; 0 before the first."""
        requests = self.hits + self.misses
        return self.hits / requests if requests else 0.0

    def table(self) -> str:
        """The figures in lines of text."""
        rows = [f"{'bytes':<16}{'now':>18}{'peak':>18}"]
        for name in ("requested", "rounded", "active", "reserved", "inactive_split"):
            level: Level = getattr(self, name)
            rows.append(f"{name.replace('_', ' '):<16}{level.now:>18,}{level.peak:>18,}")
        limit = "none" if self.limit is None else f"{self.limit:,}"
        soft = "" if self.soft_limit is None else f", soft limit {self.soft_limit:,}"
        rows += [
            f"limit {limit}{soft}, policy {self.policy}; {self.blocks:,} blocks in "
            f"{self.segments:,} segments",
            f"free {self.free:,}, the largest piece {self.largest_free:,}: "
            f"fragmentation {self.fragmentation:.0%}",
            f"{self.hits:,} hits, {self.misses:,} misses; {self.driver_allocations:,} driver "
            f"allocations, {self.driver_releases:,} releases, {self.retries:,} retries",
            f"{self.collections:,} collections recovered {self.collected_bytes:,} bytes; out of "
            f"memory {self.out_of_memory:,} times",
        ]
        return "\n".join(rows)


class Piece(NamedTuple):
    """A stretch of a segment. state: ``"used"``, ``"free"``, or ``"waiting"`` for a stream."""

    nbytes: int
    state: str


class Segment(NamedTuple):
    """What the driver gave in one call."""

    address: int
    pieces: tuple[Piece, ...]

    @property
    def nbytes(self) -> int:
        """The bytes of its pieces."""
        return sum(piece.nbytes for piece in self.pieces)


class Holder(NamedTuple):
    """Blocks in use that are alike: as large, and held by the same line of the program.

    nbytes: what they hold together, `blocks` of `block_bytes` each, as requested.
    place: file, line and function; None where places are not recorded.
    """

    nbytes: int
    blocks: int
    block_bytes: int
    place: tuple[str, int, str] | None

    def __str__(self) -> str:
        from knetengine.gpu.memory.places import written

        where = "" if self.place is None else f"  {written(self.place)}"
        return f"{self.nbytes:>18,}  {self.blocks:,} x {self.block_bytes:,}{where}"


class OutOfMemoryError(DeviceOutOfMemoryError):
    """Nothing helped: caches were released, garbage was collected, the request was retried.

    requested_bytes: what was asked for. stats: the pool's figures. holders: who holds most.
    The message shows all three. The pool is as it was before, and the program can go on.
    """

    def __init__(self, requested_bytes: int, stats: PoolStats, holders: list[Holder]) -> None:
        self.requested_bytes = requested_bytes
        self.stats = stats
        self.holders = holders
        limit = "" if stats.limit is None else f" of a limit of {stats.limit:,}"
        lines = [
            f"{stats.device} has no room for {requested_bytes:,} bytes more: "
            f"{stats.reserved.now:,}{limit} are reserved and {stats.active.now:,} in use; free "
            "what is not needed, take smaller batches, or raise the limit",
            stats.table(),
            "largest holders:",
            *map(str, holders),
        ]
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[type, tuple[int, PoolStats, list[Holder]]]:
        return type(self), (self.requested_bytes, self.stats, self.holders)
