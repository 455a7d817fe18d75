"""Timing several engines in one run, in turn, so that noise of the machine strikes all alike."""

import gc
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

THREADS = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
)


def one_thread() -> None:
    """Ask for one thread of every BLAS; call it before NumPy is imported."""
    for name in THREADS:
        os.environ[name] = "1"


class Times(NamedTuple):
    """Seconds of one engine, a figure for each round."""

    seconds: list[float]

    @property
    def median(self) -> float:
        """The median."""
        return statistics.median(self.seconds)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The first and the third quartile."""
        first, _, third = statistics.quantiles(self.seconds, n=4)
        return first, third

    def __str__(self) -> str:
        first, third = self.quartiles
        return f"{self.median * 1e6:9.2f} ({first * 1e6:.2f} .. {third * 1e6:.2f})"


def timed(run: Callable[[], object], calls: int) -> float:
    """Seconds a call, of `calls` in a row; the garbage collector runs before, not in between."""
    gc.collect()
    gc.disable()
    start = time.perf_counter()
    for _ in range(calls):
        run()
    seconds = (time.perf_counter() - start) / calls
    gc.enable()
    return seconds


def in_turn(clocks: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, Times]:
    """What clocks say, as seconds; each round asks every clock once."""
    times: dict[str, Times] = {name: Times([]) for name in clocks}
    for _ in range(rounds):
        for name, clock in clocks.items():
            times[name].seconds.append(clock())
    return times


def measure(
    engines: Mapping[str, Callable[[], object]], rounds: int, calls: int
) -> dict[str, Times]:
    """Seconds a call of each engine; each round times every engine once, `calls` calls in a row.

    The garbage collector runs between the timings, not in them, for all engines alike.
    """
    for run in engines.values():
        run()
    clocks = {name: partial(timed, run, calls) for name, run in engines.items()}
    return in_turn(clocks, rounds)


def ratio(ours: Times, theirs: Times) -> tuple[float, float, float]:
    """The median of the ratios round by round, with their quartiles."""
    ratios = [a / b for a, b in zip(ours.seconds, theirs.seconds, strict=True)]
    first, _, third = statistics.quantiles(ratios, n=4)
    return statistics.median(ratios), first, third


def machine() -> str:
    """Date, processor, cores and load, for the head of a table."""
    try:
        with open("/proc/cpuinfo") as file:
            model = next(
                line.split(":")[1].strip() for line in file if line.startswith("model name")
            )
    except (OSError, StopIteration):
        model = platform.processor()
    load = os.getloadavg()[0]
    today = time.strftime("%Y-%m-%d")
    python = platform.python_version()
    return f"{today}, {model}, {os.cpu_count()} cores, load {load:.2f}, Python {python}"
