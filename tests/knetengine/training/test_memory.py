"""Samples of what a run holds: rarely, and of the newest gradient."""

import numpy as np

from knetengine import grad
from knetengine.gpu import KnetArray
from knetengine.training.memory import MemorySampler


def test_samples_are_an_interval_apart() -> None:
    sampler = MemorySampler(interval=0.25)
    taken = [time for time in np.arange(0, 2, 0.1) if sampler.sample(float(time), 0) is not None]
    assert np.allclose(taken, [0.0, 0.3, 0.6, 0.9, 1.2, 1.5, 1.8])


def test_a_last_sample_is_taken_at_any_time() -> None:
    sampler = MemorySampler(interval=10)
    assert sampler.sample(0.0, 0) is not None
    assert sampler.sample(0.1, 0) is None
    sample = sampler.sample(0.2, 0, now=True)
    assert sample is not None
    assert sample.time == 0.2


def test_a_sample_says_what_the_last_gradient_kept() -> None:
    sampler = MemorySampler(interval=0)

    def held(rows: int) -> tuple[int, int]:
        sampler.sample(0.0, 0)  # asks the next gradient to count
        grad(lambda w: np.sum(np.tanh(w) ** 2))(np.ones((rows, 100)))
        sample = sampler.sample(1.0, 80)
        assert sample is not None
        assert sample.parameter_bytes == 80
        assert sample.process_peak_bytes >= sample.process_bytes > 1 << 20
        return sample.tape_entries, sample.tape_bytes

    small_entries, small_bytes = held(10)
    entries, large_bytes = held(1000)
    assert entries == small_entries >= 3
    assert small_bytes >= 10 * 100 * 8  # at least what tanh gave
    assert 90 < large_bytes / small_bytes < 110


def test_a_sample_has_the_pool_of_each_device_in_use() -> None:
    sampler = MemorySampler(interval=0)
    held = KnetArray(np.zeros((100, 100)), device="cpu")
    sample = sampler.sample(0.0, 0)
    assert sample is not None
    pool = next(pool for pool in sample.pools if pool.device == "cpu")
    assert held.nbytes <= pool.used_bytes <= pool.reserved_bytes <= pool.reserved_peak_bytes
    assert pool.used_bytes <= pool.used_peak_bytes
    assert 0 <= pool.reuse <= 1
