"""Kernels with a bug in each, and kernels without: what must be caught, and by which means.

Each is a sum, a turn or a histogram as one would write it, with the bug marked in its line. Their
functions are called in a child with a sanitizer, or in this process.
"""

import numpy as np

from knetengine.gpu.drivers.interface import DriverError
from tests.knetengine.gpu.host.host_driver import HostDriver
from tests.knetengine.gpu.host.snippets import Bench

SUM = """
extern "C" __global__ void kn_test(const float* from, float* to, int n) {
    __shared__ float part[64];
    float own = 0;
    for (int i = threadIdx.x; i < n; i += blockDim.x) own += from[i];
    part[threadIdx.x] = own;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) part[threadIdx.x] += part[threadIdx.x + half];
        __syncthreads();
    }
    if (threadIdx.x == 0) to[blockIdx.x] = part[0];
}
"""
COUNT = """
extern "C" __global__ void kn_test(const float* from, float* to, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) atomicAdd(&to[i % 2], from[i]);
}
"""

SOURCES = {
    "sum": SUM,
    "count": COUNT,
    "missing barrier before the tree": SUM.replace("own;\n    __syncthreads();", "own;"),
    "missing barrier in the tree": SUM.replace("half];\n        __syncthreads();", "half];"),
    "missing atomic": COUNT.replace("atomicAdd(&to[i % 2], from[i])", "to[i % 2] += from[i]"),
    "two blocks write one place": COUNT.replace(
        "atomicAdd(&to[i % 2], from[i])", "to[0] = from[i]"
    ),
    "one too many read": SUM.replace("i < n", "i <= n"),
    "one too many written": COUNT.replace("&to[i % 2]", "&to[i % 3]"),
    "shared array too short": SUM.replace("part[64]", "part[63]"),
    "uninitialised shared read": SUM.replace("part[threadIdx.x] = own", "part[threadIdx.x] += own"),
}


def run(name: str, order: str | int | None = None) -> list[float]:
    """What a kernel makes of 0, 1 ... 99: each of two blocks' sum, or the sums of even and odd."""
    bench = Bench(HostDriver(1 << 22, order=order))
    numbers, out = bench.put(np.arange(100, dtype="f")), bench.put(np.zeros(2, "f"))
    bench.launch(SOURCES[name], numbers, out, np.int32(100), grid=2, block=64)
    return bench.get(out).tolist()


def run_both() -> list[list[float]]:
    """The two without a bug."""
    return [run("sum"), run("count")]


def right(name: str) -> list[float]:
    """What it should have been."""
    return [2450.0, 2500.0] if "atomicAdd(&to" in SOURCES[name] else [4950.0, 4950.0]


def run_dynamic(shared_bytes: int) -> list[float]:
    """A sum in dynamic shared memory, which may be too short."""
    source = SUM.replace("__shared__ float part[64]", "KN_SHARED(float, part)")
    bench = Bench(HostDriver(1 << 22))
    numbers, out = bench.put(np.arange(100, dtype="f")), bench.put(np.zeros(2, "f"))
    bench.launch(source, numbers, out, np.int32(100), grid=2, block=64, shared_bytes=shared_bytes)
    return bench.get(out).tolist()


def run_after_release() -> None:
    """A kernel that is given a block which was given back."""
    bench = Bench(HostDriver(1 << 22))
    numbers, out = bench.put(np.arange(100, dtype="f")), bench.put(np.zeros(2, "f"))
    bench.driver.release(bench.board.blocks.pop(0))
    bench.launch(SOURCES["sum"], numbers, out, np.int32(100), grid=2, block=64)


def run_divergent() -> str:
    """What the driver says of a barrier that not all come to, with a sanitizer about."""
    source = SUM.replace(
        "    if (threadIdx.x == 0) to", "    if (threadIdx.x) __syncthreads();\n    to"
    )
    bench = Bench(HostDriver(1 << 22))
    numbers, out = bench.put(np.arange(100, dtype="f")), bench.put(np.zeros(2, "f"))
    try:
        bench.launch(source, numbers, out, np.int32(100), grid=2, block=64)
    except DriverError as error:
        return str(error) if run("sum") == right("sum") else "wrong afterwards"
    return "not refused"
