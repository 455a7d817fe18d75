"""The pool of a device: memory is used again, limits hold, and running out can be got over."""

import gc
import itertools

import numpy as np

from knetengine.gpu import OutOfMemoryError
from knetengine.gpu.memory import HostMemory, Pool
from knetengine.selftest.checks import Place, check
from knetengine.selftest.comparing import Comparison

FAMILY = "memory"
MEBIBYTE = 1 << 20


def _pool(place: Place, limit: int | None = None, soft_limit: int | None = None) -> Pool:
    """A pool of its own, so that what others hold makes no difference."""
    if not place.has_kernels:
        return Pool(HostMemory(), device=place.name, limit=limit, soft_limit=soft_limit)
    driver = place.driver
    return Pool(driver, device=place.name, order=driver, limit=limit, soft_limit=soft_limit)


@check(FAMILY, "what came back is handed out again")
def _reuse(place: Place, comparison: Comparison) -> None:
    pool = _pool(place)
    first = pool.allocate(3 * MEBIBYTE)
    address = int(first.address)
    asked = pool.stats().driver_allocations
    del first
    for _ in range(100):
        again = pool.allocate(3 * MEBIBYTE)
        comparison.holds("the address of the next block", int(again.address), address)
        del again
    stats = pool.stats()
    comparison.holds("calls of the driver since", stats.driver_allocations - asked, 0)
    comparison.holds("requests met from what was free", stats.hits, 100)


@check(FAMILY, "arrays of a loop need no more memory than one round")
def _loop(place: Place, comparison: Comparison) -> None:
    pool = place.backend.pool  # type: ignore[attr-defined]
    x = place.put(np.ones((256, 1024), np.float32))

    def once() -> None:
        y = x
        for _ in range(8):
            y = y * 1.5 + x
        np.asarray(y.sum())

    once()
    gc.collect()
    asked = pool.stats().driver_allocations
    for _ in range(20):
        once()
    comparison.holds("calls of the driver since", pool.stats().driver_allocations - asked, 0)


@check(FAMILY, "blocks do not overlap")
def _apart(place: Place, comparison: Comparison) -> None:
    pool = _pool(place)
    draw = np.random.default_rng(1)
    blocks = [pool.allocate(int(n)) for n in draw.integers(1, 100_000, 200)]
    for k in range(0, 200, 3):
        blocks[k] = pool.allocate(int(draw.integers(1, 100_000)))
    spans = sorted((int(b.address), int(b.address) + b.requested_bytes) for b in blocks)
    overlapping = sum(a[1] > b[0] for a, b in itertools.pairwise(spans))
    comparison.holds("blocks that begin before the one before ends", overlapping, 0)


@check(FAMILY, "the soft limit gives caches back first")
def _soft_limit(place: Place, comparison: Comparison) -> None:
    pool = _pool(place, soft_limit=64 * MEBIBYTE)
    for nbytes in (20, 30, 40, 50):
        pool.allocate(nbytes * MEBIBYTE)  # and back at once
    stats = pool.stats()
    comparison.holds("reserved beyond the limit", stats.reserved.peak > 64 * MEBIBYTE, False)
    comparison.holds("segments given back", stats.driver_releases > 0, True)
    kept = [pool.allocate(30 * MEBIBYTE) for _ in range(3)]
    beyond = pool.stats().reserved.now >= 90 * MEBIBYTE
    comparison.holds("blocks that are needed pass it", beyond, True)
    del kept


@check(FAMILY, "the limit is an error that can be caught")
def _limit(place: Place, comparison: Comparison) -> None:
    pool = _pool(place, limit=32 * MEBIBYTE)
    held = [pool.allocate(10 * MEBIBYTE) for _ in range(2)]
    said = ""
    try:
        pool.allocate(20 * MEBIBYTE)
    except OutOfMemoryError as error:
        said = str(error)
    comparison.holds("the error names the device", place.name in said, True)
    held.clear()
    comparison.holds(
        "afterwards there is room", pool.allocate(20 * MEBIBYTE).requested_bytes, 20 * MEBIBYTE
    )


@check(FAMILY, "out of the device's memory, and on")
def _exhausted(place: Place, comparison: Comparison) -> None:
    """More is asked for than the device has; then caches and garbage are found to be enough."""
    total = place.driver.memory()[1]
    pool = _pool(place)
    kept = pool.allocate(MEBIBYTE)
    said = "nothing"
    try:
        pool.allocate(2 * total)
    except OutOfMemoryError:
        said = "OutOfMemoryError"
    comparison.holds("twice the device's memory raises", said, "OutOfMemoryError")
    comparison.holds("counted", pool.stats().out_of_memory, 1)

    class Knot:
        """Holds a block, and itself: only the collector of garbage frees it."""

        def __init__(self) -> None:
            self.me, self.block = self, pool.allocate(64 * MEBIBYTE)

    pool.limit = pool.stats().reserved.now + 80 * MEBIBYTE
    Knot()
    freed = pool.allocate(64 * MEBIBYTE)
    comparison.holds("garbage was collected for it", pool.stats().collections > 0, True)
    del kept, freed
    x = np.arange(1000, dtype=np.float32)
    comparison.near("arrays are computed as before", place.put(x) + 1, x + 1)
