"""A trace through a policy: what the driver would have been asked for."""

import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from knetengine.gpu.drivers.interface import Address
from knetengine.gpu.memory.blocks import Block
from knetengine.gpu.memory.figures import Holder, OutOfMemoryError
from knetengine.gpu.memory.observer import largest_of
from knetengine.gpu.memory.policies import Policy
from knetengine.gpu.memory.pool import Pool
from knetengine.gpu.memory.traces import Allocated, Event


class Replayed(NamedTuple):
    """What a trace came to.

    requests, events: allocations, and allocations and frees together.
    driver_allocations, driver_releases: calls of the driver.
    peak_reserved: bytes; what the driver had given at any one time.
    peak_live: bytes, as requested.
    seconds: the whole replay took.
    """

    requests: int
    events: int
    driver_allocations: int
    driver_releases: int
    peak_reserved: int
    peak_live: int
    seconds: float

    @property
    def ratio(self) -> float:
        """Peak reserved to peak live."""
        return self.peak_reserved / self.peak_live if self.peak_live else 1.0

    @property
    def microseconds(self) -> float:
        """The cost of an event; about 0.3 of it are the replay's own."""
        return self.seconds / self.events * 1e6 if self.events else 0.0


class Fit(NamedTuple):
    """Whether a trace fits under a limit, and how.

    peak_reserved, peak_live: bytes, of the events up to the one that failed.
    retries: how often the limit refused what the policy asked for, so that it was tried in another
    way. releases: calls of the driver that gave a segment back, to make room.
    failed_at: the place in the trace of the request that nothing helped; None if there is none.
    failed_bytes: what it asked for. holders: who held most then.
    """

    peak_reserved: int
    peak_live: int
    driver_allocations: int
    releases: int
    retries: int
    failed_at: int | None = None
    failed_bytes: int = 0
    holders: Sequence[Holder] = ()


class Nowhere:
    """Addresses without memory, so that traces of any size can be replayed anywhere."""

    def __init__(self) -> None:
        self._next = 1 << 20

    def allocate(self, nbytes: int) -> Address:
        """The next addresses, from a multiple of 2 MiB on."""
        address = Address(self._next)
        self._next += (nbytes + (2 << 20)) >> 21 << 21
        return address

    def release(self, address: Address) -> None:
        """Addresses are never used again."""


def replay(trace: Iterable[Event], policy: Policy) -> Replayed:
    """Ask a new pool of this policy for what a trace has, and give it back as the trace does."""
    pool = Pool(Nowhere(), policy, device="replay")
    trace = list(trace)
    blocks: dict[int, Block] = {}
    start = time.perf_counter()
    for event in trace:
        if type(event) is Allocated:
            blocks[event.block] = pool.allocate(event.nbytes, event.stream)
        else:
            del blocks[event.block]
    seconds = time.perf_counter() - start
    stats = pool.stats()
    return Replayed(
        requests=stats.hits + stats.misses,
        events=len(trace),
        driver_allocations=stats.driver_allocations,
        driver_releases=stats.driver_releases,
        peak_reserved=stats.reserved.peak,
        peak_live=stats.requested.peak,
        seconds=seconds,
    )


def fit(trace: Sequence[Event], policy: Policy, limit: int | None, shown: int = 5) -> Fit:
    """Ask a new pool of this policy, with a limit, for what a trace has, until that fails."""
    pool = Pool(Nowhere(), policy, device="replay", limit=limit)
    blocks: dict[int, Block] = {}
    live: dict[int, Allocated] = {}
    failed_at, failed_bytes = None, 0
    for place, event in enumerate(trace):
        if type(event) is not Allocated:
            del blocks[event.block], live[event.block]
            continue
        try:
            blocks[event.block] = pool.allocate(event.nbytes, event.stream)
        except OutOfMemoryError:
            failed_at, failed_bytes = place, event.nbytes
            break
        live[event.block] = event
    stats = pool.stats()
    held = ((event.nbytes, event.place) for event in live.values())
    return Fit(
        peak_reserved=stats.reserved.peak,
        peak_live=stats.requested.peak,
        driver_allocations=stats.driver_allocations,
        releases=stats.driver_releases,
        retries=stats.retries,
        failed_at=failed_at,
        failed_bytes=failed_bytes,
        holders=[] if failed_at is None else largest_of(held, shown),
    )
