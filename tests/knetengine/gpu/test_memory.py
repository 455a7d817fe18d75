"""What this process holds, against what it asked for."""

import os

import numpy as np
import psutil

from knetengine.gpu import memory_stats

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
