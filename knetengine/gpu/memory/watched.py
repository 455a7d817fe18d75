"""Pools whose figures are shown with those of the process."""

from weakref import WeakValueDictionary

from knetengine.gpu.memory.figures import PoolStats
from knetengine.gpu.memory.pool import Pool

_pools: WeakValueDictionary[str, Pool] = WeakValueDictionary()


def watch(pool: Pool) -> None:
    """Let `memory_stats` show a pool, by the name of its device, as long as it lives."""
    _pools[pool.device] = pool


def pools_by_device() -> dict[str, Pool]:
    """Each pool that is watched, by the name of its device."""
    return dict(sorted(_pools.items()))


def watched_pools() -> dict[str, PoolStats]:
    """The figures of each pool that is watched, by the name of its device."""
    return {device: pool.stats() for device, pool in pools_by_device().items()}
