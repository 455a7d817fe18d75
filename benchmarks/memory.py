"""What a pool of memory saves, and what it costs: traces of the slides' models, six policies.

    python -m benchmarks.memory [--json FILE] [--traces FOLDER] [CSV ...]

For each trace and policy: how often the driver was asked for memory, and how often it got some
back; the most bytes that it had given at any one time to the most that were in use; and
microseconds an event (an allocation or a free; no driver is called, so this is the pool's own cost;
Knet's has the runs of the garbage collector in it). The traces are those of
benchmarks/allocations.py; CSV files are more of them, as `write_trace` writes them, or as
google/minimalloc has them (id,lower,upper,size). `--traces` writes the traces to a folder.

Then the default beside exact sizes on other traces, where nothing is promised: LeNet with other
batches, and the examples as they stand, recorded while they train on a KnetArray
(benchmarks/recorded.py).

Then what a pool saves on the host, beside the C library told to keep its memory
(benchmarks/host_allocation.py): a good part of the gain can be had by that alone.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from pathlib import Path

from benchmarks.allocations import MODELS, lenet, trace_of
from benchmarks.interleaved import machine
from benchmarks.recorded import EXAMPLES, recorded
from knetengine.gpu.memory import (
    POLICIES,
    Event,
    ExactSize,
    GrowingSegments,
    Replayed,
    read_trace,
    replay,
    write_trace,
)

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
PAGE = 2 * MIB
"""A device's memory comes in pages of this size: nothing smaller can be reserved."""

Results = dict[str, Replayed]


def other_traces() -> dict[str, list[Event]]:
    """Traces on which nothing is promised; they were in view when the default was made."""
    traces = {
        f"LeNet, batches of {size}": trace_of(
            lambda device, size=size: lenet(device, [*[size] * 19, size * 3 // 4])
        )
        for size in (16, 32, 64, 256, 512, 1024)
    }
    generator = random.Random(2)
    sizes = [generator.randint(100, 1024) for _ in range(60)]
    traces["LeNet, random, 100 to 1024"] = trace_of(lambda device: lenet(device, sizes))
    return traces | {name: recorded(example) for name, example in EXAMPLES.items()}


def replayed(trace: list[Event]) -> Results:
    """A trace through every policy; the faster of two replays."""
    return {
        name: min((replay(trace, policy()) for _ in range(2)), key=lambda r: r.seconds)
        for name, policy in POLICIES.items()
    }


def calls(result: Replayed) -> int:
    """Of the driver, for memory and back."""
    return result.driver_allocations + result.driver_releases


def is_seldom(default: Replayed, exact: Replayed) -> bool:
    """Whether the default kept to a tenth of the calls."""
    return calls(default) * TENTH <= calls(exact)


def verdict(results: Results) -> str:
    """What is promised of the default, and whether it holds."""
    default, exact = results["default"], results["exact"]
    few = "kept" if is_seldom(default, exact) else "NOT KEPT"
    near = "kept" if default.ratio <= MOST else "NOT KEPT"
    if default.peak_live < PAGE:
        near += ", less than a page of a device is in use"
    return (
        f"a tenth of the calls: {few} ({calls(default)} to {calls(exact)})\n"
        f"  reserved at most {MOST} of what is in use: {near} "
        f"({default.peak_reserved / MIB:.2f} to {default.peak_live / MIB:.2f} MiB)"
    )


def print_trace(name: str, results: Results) -> None:
    """One table."""
    first = results["default"]
    print(
        f"\n{name}: {first.requests:,} requests, at most {first.peak_live / MIB:.2f} MiB in use\n"
        f"  {'':<14}{'driver mallocs':>16}{'and frees':>11}{'reserved / used':>17}"
        f"{'us an event':>13}"
    )
    for policy, result in results.items():
        print(
            f"  {TITLES[policy]:<14}{result.driver_allocations:>16,}"
            f"{result.driver_releases:>11,}{result.ratio:>17.2f}{result.microseconds:>13.2f}"
        )
    print(f"  {verdict(results)}")


def print_others(others: dict[str, Results]) -> None:
    """One line a trace."""
    print(
        "\nOther traces: driver mallocs and frees, and reserved / used\n"
        f"  {'':<28}{'MiB in use':>11}{'exact size':>19}{'default':>20}"
    )
    kept = 0
    for name, results in others.items():
        exact, default = results["exact"], results["default"]
        good = is_seldom(default, exact) and default.ratio <= MOST
        kept += good
        print(
            f"  {name:<28}{default.peak_live / MIB:>11.2f}"
            + "".join(
                f"{f'{r.driver_allocations:,} + {r.driver_releases:,}':>12}{r.ratio:>7.2f}"
                for r in (exact, default)
            )
            + ("  as promised above" if good else "")
        )
    print(f"  {kept} of {len(others)} as promised above")


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
        "library has it too;\nwhere it is less than 1, the pool's own cost is what is left."
    )


def figures(results: dict[str, Results]) -> dict[str, dict[str, dict[str, float]]]:
    """For the file."""
    return {
        name: {
            policy: result._asdict() | {"ratio": result.ratio}
            for policy, result in policies.items()
        }
        for name, policies in results.items()
    }


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
    others = other_traces()
    if options.traces:
        options.traces.mkdir(parents=True, exist_ok=True)
        for name, trace in (traces | others).items():
            write_trace(options.traces / f"{name.replace(',', '').replace(' ', '-')}.csv", trace)
    traces |= {path.name: read_trace(path) for path in options.files}
    results: dict[str, Results] = {}
    for name, trace in traces.items():
        results[name] = replayed(trace)
        print_trace(name, results[name])
    beside = {
        name: {policy.name: replay(trace, policy()) for policy in (ExactSize, GrowingSegments)}
        for name, trace in others.items()
    }
    print_others(beside)
    plain, kept = on_the_host(""), on_the_host(KEEPING)
    print_host(plain, kept)
    if options.json:
        everything = {
            "machine": machine(),
            "traces": figures(results),
            "others": figures(beside),
            "host": {"plain": plain, "tuned": kept, "tunables": KEEPING},
        }
        options.json.write_text(json.dumps(everything, indent=1) + "\n")


if __name__ == "__main__":
    main()
