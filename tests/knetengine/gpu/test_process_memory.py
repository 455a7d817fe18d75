"""What this process holds, against what it asked for."""

import os

import numpy as np
import psutil

from knetengine.gpu import memory_stats
from knetengine.gpu.memory import HostMemory, Pool, watch

MEBIBYTE = 1 << 20


def test_memory_is_that_of_this_process() -> None:
    stats = memory_stats()
    seen = psutil.Process(os.getpid()).memory_info().rss
    assert abs(stats.process_bytes - seen) < 8 * MEBIBYTE
    assert stats.process_peak_bytes >= stats.process_bytes - 8 * MEBIBYTE


def test_an_array_is_seen_to_come_and_go_and_the_peak_stays() -> None:
    before = memory_stats()
    array = np.ones(100 * MEBIBYTE // 8)
    during = memory_stats()
    assert during.process_bytes - before.process_bytes > 90 * MEBIBYTE
    assert during.process_peak_bytes >= before.process_bytes + 90 * MEBIBYTE
    del array
    after = memory_stats()
    assert after.process_bytes < during.process_bytes - 90 * MEBIBYTE
    assert after.process_peak_bytes >= during.process_peak_bytes


def test_pools_are_shown_by_the_name_of_their_device_as_long_as_they_live() -> None:
    pool = Pool(HostMemory(), device="test:0")
    assert "test:0" not in memory_stats().pools
    watch(pool)
    block = pool.allocate(1000)
    assert memory_stats().pools["test:0"] == pool.stats()
    assert memory_stats().pools["test:0"].requested.now == 1000
    del block, pool
    assert "test:0" not in memory_stats().pools
