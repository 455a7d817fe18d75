"""What a pool of memory saves, and what it costs: traces of the slides' models, six policies.

    python -m benchmarks.memory [--json FILE] [--traces FOLDER] [CSV ...]

For each trace and policy: calls of the driver for memory and back, the most bytes that the driver
had given at any one time to the most that were in use, and microseconds an event (an allocation or
a free; no driver is called, so this is the pool's own cost). The traces are those of
benchmarks/allocations.py; CSV files are more of them, as `write_trace` writes them, or as
google/minimalloc has them (id,lower,upper,size). `--traces` writes the traces to a folder. The
first segment of the default is of 2 MiB: a model that needs less has a ratio that says nothing.

Then what a pool saves on the host, beside the C library told to keep its memory
(benchmarks/host_allocation.py): a good part of the gain can be had by that alone.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.allocations import MODELS, trace_of
from benchmarks.interleaved import machine
from knetengine.gpu.memory import POLICIES, Event, Replayed, read_trace, replay, write_trace

TITLES = {
    "none": "no pool",
    "exact": "exact size",
    "knet": "Knet",
    "cupy-like": "CuPy-like",
    "pytorch-like": "PyTorch-like",
    "default": "default",
}
MOST = 1.25
"""Peak reserved to peak in use, at most, for the default."""

TENTH = 10
"""The default calls the driver at most one over this as often as exact sizes do."""

KEEPING = "glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=8589934592"
MIB = 2**20


def replayed(trace: list[Event]) -> dict[str, Replayed]:
    """A trace through every policy; the faster of two replays."""
    return {
        name: min((replay(trace, policy()) for _ in range(2)), key=lambda r: r.seconds)
        for name, policy in POLICIES.items()
    }


def verdict(results: dict[str, Replayed]) -> str:
    """What is promised of the default, and whether it holds."""
    default, exact = results["default"], results["exact"]
    calls = default.driver_allocations + default.driver_releases
    allowed = exact.driver_allocations + exact.driver_releases
    few = "kept" if calls * TENTH <= allowed else "NOT KEPT"
    near = "kept" if default.ratio <= MOST else "NOT KEPT"
    return (
        f"a tenth of the calls: {few} ({calls} to {allowed})\n"
        f"  reserved at most {MOST} of what is in use: {near} "
        f"({default.peak_reserved / MIB:.2f} to {default.peak_live / MIB:.2f} MiB)"
    )


def print_trace(name: str, results: dict[str, Replayed]) -> None:
    """One table."""
    first = results["default"]
    print(
        f"\n{name}: {first.requests:,} requests, at most {first.peak_live / MIB:.2f} MiB in use\n"
        f"  {'':<14}{'driver calls':>14}{'of them back':>14}{'reserved / used':>17}"
        f"{'us an event':>13}"
    )
    for policy, result in results.items():
        calls = result.driver_allocations + result.driver_releases
        print(
            f"  {TITLES[policy]:<14}{calls:>14,}{result.driver_releases:>14,}{result.ratio:>17.2f}"
            f"{result.microseconds:>13.2f}"
        )
    print(f"  {verdict(results)}")


def on_the_host(tunables: str) -> list[dict[str, float]]:
    """The figures of benchmarks/host_allocation.py in a process of its own."""
    environment = os.environ | ({"GLIBC_TUNABLES": tunables} if tunables else {})
    command = [sys.executable, "-m", "benchmarks.host_allocation"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def print_host(plain: list[dict[str, float]], kept: list[dict[str, float]]) -> None:
    """The table of the host."""
    print(
        "\nThe sum of two float32 arrays on the host, so many results kept and then dropped; "
        "microseconds\na sum, for results that are fresh, from the pool, and fresh from a C "
        f"library that is told to\nkeep its memory (GLIBC_TUNABLES={KEEPING})\n"
        f"  {'':<16}{'fresh':>10}{'pooled':>10}{'fresh, kept':>13}{'fresh / pooled':>16}"
        f"{'fresh, kept / pooled':>22}"
    )
    for row, other in zip(plain, kept, strict=True):
        size = f"{row['kib']:,.0f} KiB x {row['count']:.0f}"
        print(
            f"  {size:<16}{row['fresh']:>10.1f}{row['pooled']:>10.1f}{other['fresh']:>13.1f}"
            f"{row['fresh'] / row['pooled']:>16.2f}{other['fresh'] / row['pooled']:>22.2f}"
        )
    print(
        "The gain is that of not giving pages back: where the last column is near 1, the tuned C "
        "library has it too."
    )


def main() -> None:
    """Measure and print."""
    summary, _, usage = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        description=summary, epilog=usage, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="CSV")
    parser.add_argument("--json", type=Path, help="a file for all figures")
    parser.add_argument("--traces", type=Path, help="a folder for the traces")
    options = parser.parse_args()
    print(machine())
    traces = {name: trace_of(model) for name, model in MODELS.items()}
    if options.traces:
        options.traces.mkdir(parents=True, exist_ok=True)
        for name, trace in traces.items():
            write_trace(options.traces / f"{name.replace(',', '').replace(' ', '-')}.csv", trace)
    traces |= {path.name: read_trace(path) for path in options.files}
    results: dict[str, dict[str, Replayed]] = {}
    for name, trace in traces.items():
        results[name] = replayed(trace)
        print_trace(name, results[name])
    plain, kept = on_the_host(""), on_the_host(KEEPING)
    print_host(plain, kept)
    if options.json:
        figures = {
            "machine": machine(),
            "traces": {
                name: {
                    policy: result._asdict() | {"ratio": result.ratio}
                    for policy, result in policies.items()
                }
                for name, policies in results.items()
            },
            "host": {"plain": plain, "tuned": kept, "tunables": KEEPING},
        }
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
