"""What the process and the engine's arrays hold, for the memory pane."""

from knetengine.autograd import last_tape, measure_next_tape
from knetengine.gpu import PoolStats, memory_stats
from knetengine.training.metrics import Memory, PoolFigures


class MemorySampler:
    """Samples the process at most every `interval` seconds.

    Counting a tape's bytes costs time, so each sample asks the next gradient to count its own:
    the figures are those of a gradient taken since the sample before.
    """

    def __init__(self, interval: float = 0.25) -> None:
        self._interval = interval
        self._next = 0.0
        measure_next_tape()

    def sample(self, time: float, parameter_bytes: int, *, now: bool = False) -> Memory | None:
        """A sample at `time` seconds into the run, or None when the last one is fresh."""
        if time < self._next and not now:
            return None
        self._next = time + self._interval
        tape, process = last_tape(), memory_stats()
        measure_next_tape()
        return Memory(
            time=time,
            process_bytes=process.process_bytes,
            process_peak_bytes=process.process_peak_bytes,
            tape_entries=tape.entries,
            tape_bytes=tape.bytes,
            parameter_bytes=parameter_bytes,
            pools=tuple(_figures(pool) for pool in process.pools.values()),
        )


def _figures(pool: PoolStats) -> PoolFigures:
    return PoolFigures(
        device=pool.device,
        used_bytes=pool.active.now,
        used_peak_bytes=pool.active.peak,
        reserved_bytes=pool.reserved.now,
        reserved_peak_bytes=pool.reserved.peak,
        fragmentation=pool.fragmentation,
        reuse=pool.reuse,
    )
