"""The bookkeeping of a pool: every figure that is always on."""

from knetengine.gpu.memory.chunks import Chunk, Tally
from knetengine.gpu.memory.figures import Level, PoolStats


class Ledger:
    """What a pool holds and has done; the names are those of `PoolStats`.

    tally: bytes in wholly free segments, kept by the policy.
    limit, soft_limit: bytes that may be reserved at most, or only after other ways were tried; None
        for no limit.
    """

    def __init__(self, tally: Tally, limit: int | None, soft_limit: int | None) -> None:
        self.tally = tally
        self.limit = limit
        self.soft_limit = soft_limit
        self._put_up_with = 0  # bytes up to which nothing more is tried beyond the soft limit
        self.requested = self.rounded = self.active = self.reserved = 0
        self.blocks = self.hits = self.misses = 0
        self.driver_allocations = self.driver_releases = self.retries = self.out_of_memory = 0
        self.collections = self.collected_bytes = 0
        self._requests = [0] * 65  # by the number of bits of size - 1
        self._most_requested = self._most_rounded = self._most_active = 0
        self._most_reserved = self._most_inactive = 0
        self._highest = 0

    @property
    def highest(self) -> int:
        """The most that has been active, also before the last reset of the peaks."""
        return max(self._highest, self._most_active)

    @property
    def room(self) -> int | None:
        """How many bytes more may be reserved; None for any number."""
        return None if self.limit is None else max(0, self.limit - self.reserved)

    @property
    def soft_room(self) -> int | None:
        """How many bytes more may be reserved within the soft limit; None for any number."""
        return None if self.soft_limit is None else max(0, self.soft_limit - self.reserved)

    def passes_soft_limit(self, nbytes: int) -> bool:
        """Whether so many bytes more pass the soft limit, and other ways are to be tried first."""
        if self.soft_limit is None:
            return False
        needed = self.reserved + nbytes
        if needed <= self.soft_limit:
            self._put_up_with = 0
        return needed > max(self.soft_limit, self._put_up_with)

    def soft_limit_did_not_help(self, nbytes: int) -> None:
        """Other ways did not: none are tried again before a fifth more is reserved."""
        self._put_up_with = (self.reserved + nbytes) * 6 // 5

    @property
    def inactive_split(self) -> int:
        """Free bytes in segments that are partly used."""
        return self.reserved - self.active - self.tally.whole

    def handed_out(self, chunk: Chunk, nbytes: int, size: int) -> None:
        """A block of a chunk, that asked for nbytes, rounded up to size."""
        chunk.requested = nbytes
        chunk.rounded = size
        self.blocks += 1
        self._requests[(size - 1).bit_length()] += 1
        self.requested = now = self.requested + nbytes
        if now > self._most_requested:
            self._most_requested = now
        self.rounded = now = self.rounded + size
        if now > self._most_rounded:
            self._most_rounded = now
        self.active = now = self.active + chunk.size
        if now > self._most_active:
            self._most_active = now
        now = self.reserved - now - self.tally.whole
        if now > self._most_inactive:
            self._most_inactive = now

    def came_back(self, chunk: Chunk) -> None:
        """The block of a chunk is no more; the chunk itself is active until it can be used."""
        self.requested -= chunk.requested
        self.rounded -= chunk.rounded
        self.blocks -= 1
        chunk.rounded = 0

    def was_given(self, nbytes: int) -> None:
        """The driver gave a segment."""
        self.reserved += nbytes
        self._most_reserved = max(self._most_reserved, self.reserved)

    def gave_back(self, nbytes: int) -> None:
        """The driver took a segment back."""
        self.reserved -= nbytes

    def reset_peaks(self) -> None:
        """Let all peaks be what is now."""
        self._highest = self.highest
        self._most_requested, self._most_rounded = self.requested, self.rounded
        self._most_active, self._most_reserved = self.active, self.reserved
        self._most_inactive = self.inactive_split

    def forget_highest(self) -> None:
        """Let what was active once no longer count for how large a segment is made."""
        self._highest = self._most_active = self.active

    def recount(self, chunks: list[Chunk]) -> None:
        """Count anew what there is, after an exception amid the work."""
        self.reserved = sum(chunk.size for chunk in chunks)
        self.active = sum(chunk.size for chunk in chunks if not chunk.free)
        used = [chunk for chunk in chunks if chunk.rounded]
        self.blocks = len(used)
        self.requested = sum(chunk.requested for chunk in used)
        self.rounded = sum(chunk.rounded for chunk in used)
        self._most_reserved = max(self._most_reserved, self.reserved)

    def stats(self, device: str, policy: str, largest_free: int) -> PoolStats:
        """The figures now."""
        free = self.reserved - self.active
        return PoolStats(
            device=device,
            policy=policy,
            requested=Level(self.requested, self._most_requested),
            rounded=Level(self.rounded, self._most_rounded),
            active=Level(self.active, self._most_active),
            reserved=Level(self.reserved, self._most_reserved),
            inactive_split=Level(self.inactive_split, self._most_inactive),
            limit=self.limit,
            soft_limit=self.soft_limit,
            free=free,
            largest_free=largest_free,
            fragmentation=1 - largest_free / free if free else 0.0,
            blocks=self.blocks,
            segments=self.driver_allocations - self.driver_releases,
            hits=self.hits,
            misses=self.misses,
            driver_allocations=self.driver_allocations,
            driver_releases=self.driver_releases,
            retries=self.retries,
            out_of_memory=self.out_of_memory,
            collections=self.collections,
            collected_bytes=self.collected_bytes,
            histogram={1 << bits: count for bits, count in enumerate(self._requests) if count},
        )
