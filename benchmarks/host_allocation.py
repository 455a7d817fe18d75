"""Fresh arrays beside those of a pool, on the host; `benchmarks.memory` runs it.

    python -m benchmarks.host_allocation

Prints JSON: for each size, microseconds of a sum of two float32 arrays whose result is fresh, and
one whose result is in a block of the pool; so many results are kept, and then all are dropped, as a
tape does.
"""

import json
from collections.abc import Callable

from benchmarks.interleaved import in_turn, one_thread, timed

one_thread()

import numpy as np  # noqa: E402  # after the threads are set

from knetengine.gpu.memory import HostMemory, Pool, array_on  # noqa: E402

SIZES = ((64, 50), (512, 50), (4096, 50), (16384, 20), (65536, 8))
"""KiB of a result, and how many are kept."""

ROUNDS = 9
KIB = 1024


def row(kib: int, count: int) -> dict[str, float]:
    """The figures of one size."""
    a = np.ones(kib * KIB // 4, np.float32)
    pool = Pool(HostMemory())

    def fresh() -> np.ndarray:
        return a + a

    def pooled() -> np.ndarray:
        return np.add(a, a, out=array_on(pool.allocate(a.nbytes), a.shape, a.dtype))

    def tape(make: Callable[[], np.ndarray]) -> Callable[[], object]:
        return lambda: [make() for _ in range(count)]

    calls = max(1, 2 * 10**5 // (kib * count))
    programs = {"fresh": tape(fresh), "pooled": tape(pooled)}
    for program in programs.values():
        program()
    clocks = {name: lambda run=run: timed(run, calls) for name, run in programs.items()}
    times = in_turn(clocks, ROUNDS)
    figures = {name: measured.median / count * 1e6 for name, measured in times.items()}
    return {"kib": kib, "count": count} | figures


def main() -> None:
    """Measure and print."""
    print(json.dumps([row(*size) for size in SIZES]))


if __name__ == "__main__":
    main()
