"""What a gradient keeps: peak memory of a long recurrence, and of many small slices.

    python -m benchmarks.tape_memory

Peaks are of memory that Python allocated (tracemalloc), above what was there before the gradient.
PyTorch allocates elsewhere and is not shown.
"""

import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from benchmarks.interleaved import machine, one_thread

one_thread()

import numpy as np  # noqa: E402  # after the threads are set

from knetengine import checkpoint, grad  # noqa: E402

MIB = 2**20


def peak_and_seconds(run: Callable[[], Any]) -> tuple[float, float]:
    """MiB at the peak of a call, and the seconds of another one without the measuring."""
    run()
    start = time.perf_counter()
    run()
    seconds = time.perf_counter() - start
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1] / MIB
    tracemalloc.stop()
    return peak, seconds


def recurrence(steps: int, block: int) -> Callable[[], Any]:
    """The gradient of h = tanh(h @ w), `block` steps to a checkpoint, or none if it is 0."""
    h = np.ones((64, 64))
    w = np.full((64, 64), 0.01)

    def advance(h: Any, w: Any, count: int) -> Any:
        for _ in range(count):
            h = np.tanh(h @ w)
        return h

    def plain(w: Any) -> Any:
        return np.sum(advance(h, w, steps))

    def in_blocks(w: Any) -> Any:
        part, run = h, checkpoint(advance)
        for start in range(0, steps, block):
            part = run(part, w, min(block, steps - start))
        return np.sum(part)

    gradient = grad(in_blocks if block else plain)
    return lambda: gradient(w)


def slices(rows: int) -> Callable[[], Any]:
    """The gradient of a sum over the rows of an array, taken one by one."""
    x = np.ones((rows, 100))

    def total(x: Any) -> Any:
        result = 0.0
        for i in range(rows):
            result = result + np.sum(x[i])
        return result

    gradient = grad(total)
    return lambda: gradient(x)


def main() -> None:
    """Print both tables."""
    print(machine())
    steps, one = 1000, 64 * 64 * 8 / MIB
    print(
        f"\nh = tanh(h @ w), {steps} steps of (64, 64) float64; two arrays a step: "
        f"{2 * steps * one:.1f} MiB"
    )
    print("                                  peak MiB   ms")
    for title, block in (
        ("all kept, freed while walking back", 0),
        ("checkpoints of 32 steps", 32),
    ):
        peak, seconds = peak_and_seconds(recurrence(steps, block))
        print(f"  {title:<36} {peak:5.1f} {seconds * 1e3:6.0f}")
    print("\nsum of x[i].sum() over n rows of 100 float64")
    print("       n   peak MiB   us a row")
    for rows in (1250, 2500, 5000, 10000):
        peak, seconds = peak_and_seconds(slices(rows))
        print(f"  {rows:6} {peak:10.2f} {seconds / rows * 1e6:10.2f}")


if __name__ == "__main__":
    main()
