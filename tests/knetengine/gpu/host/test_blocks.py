"""Blocks and threads: who they are, in which order they run, where they wait."""

import itertools
from typing import Any

import numpy as np
import pytest

from knetengine.gpu.drivers.interface import DriverError
from tests.knetengine.gpu.host.host_driver import HostDriver
from tests.knetengine.gpu.host.snippets import Bench

ORDERS = ["forward", "backward", 0, 1, 12345]

WHO = """
extern "C" __global__ void kn_test(int* out) {
    const int block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
    const int thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
    out[block * (blockDim.x * blockDim.y * blockDim.z) + thread] =
        ((block * 100 + threadIdx.z) * 100 + threadIdx.y) * 100 + threadIdx.x;
}
"""


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("grid", "block"), [((1,), (1,)), ((5,), (7,)), ((2, 3, 2), (4, 3, 2)), ((1, 1, 9), (1, 1, 5))]
)
def test_every_thread_of_every_block_runs_once(
    bench: Bench, order: Any, grid: Any, block: Any
) -> None:
    bench.driver.order = order
    blocks, threads = int(np.prod(grid)), int(np.prod(block))
    result = bench.run(WHO, blocks * threads, np.int32, grid=grid, block=block)
    z, y, x = tuple(reversed((*block, 1, 1)[:3]))
    expected = [
        ((b * 100 + k) * 100 + j) * 100 + i
        for b, k, j, i in itertools.product(range(blocks), range(z), range(y), range(x))
    ]
    np.testing.assert_array_equal(result, expected)


NOTE_ORDER = """
extern "C" __global__ void kn_test(int* out) {
    const int place = atomicAdd(out, 1);
    out[1 + place] = blockIdx.x * blockDim.x + threadIdx.x;
}
"""


def test_the_order_is_the_one_that_was_asked_for(bench: Bench) -> None:
    def order() -> list[int]:
        return bench.run(NOTE_ORDER, 25, np.int32, grid=4, block=6)[1:].tolist()

    everybody = list(range(24))
    assert order() == everybody
    bench.driver.order = "backward"
    assert order() == everybody[::-1]
    seen = set()
    for seed in range(5):
        bench.driver.order = seed
        first = order()
        assert first == order()
        assert sorted(first) == everybody
        blocks = [place // 6 for place in first]
        assert blocks == sorted(blocks, key=blocks.index)  # one block runs at a time
        seen.add(tuple(first))
    assert len(seen) == 5
    with pytest.raises(ValueError, match="order is 'sideways'"):
        bench.driver.order = "sideways"


def test_the_order_can_be_set_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNET_HOST_ORDER", "77")
    assert HostDriver(1 << 20).order == 77
    monkeypatch.setenv("KNET_HOST_ORDER", "backward")
    assert HostDriver(1 << 20).order == "backward"
    assert HostDriver(1 << 20, order=3).order == 3


TURN = """
extern "C" __global__ void kn_test(int* out) {
    __shared__ int shared[300];
    int value = threadIdx.x;
    for (int turn = 0; turn < 3; ++turn) {
        shared[threadIdx.x] = value;
        __syncthreads();
        value = shared[(threadIdx.x + 1) % blockDim.x] + 1;
        __syncthreads();
    }
    out[blockIdx.x * blockDim.x + threadIdx.x] = value;
}
"""


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("threads", [1, 2, 32, 33, 300])
def test_a_barrier_keeps_all_threads_of_a_block(bench: Bench, order: Any, threads: int) -> None:
    bench.driver.order = order
    result = bench.run(TURN, 3 * threads, np.int32, grid=3, block=threads)
    np.testing.assert_array_equal(result, np.tile((np.arange(threads) + 3) % threads + 3, 3))


VOTES = """
extern "C" __global__ void kn_test(int* out) {
    const int odd = threadIdx.x % 2;
    out[3 * threadIdx.x] = __syncthreads_count(odd * 7);
    out[3 * threadIdx.x + 1] = __syncthreads_and(threadIdx.x < 5) * 2 + __syncthreads_and(1);
    out[3 * threadIdx.x + 2] = __syncthreads_or(threadIdx.x == 4) * 2 + __syncthreads_or(0);
}
"""


def test_barriers_that_count(bench: Bench) -> None:
    result = bench.run(VOTES, 15, np.int32, block=5).reshape(5, 3)
    np.testing.assert_array_equal(result, np.tile([2, 3, 2], (5, 1)))
    result = bench.run(VOTES, 18, np.int32, block=6).reshape(6, 3)
    np.testing.assert_array_equal(result, np.tile([3, 1, 2], (6, 1)))


def test_a_barrier_that_not_all_threads_come_to_is_an_error(bench: Bench) -> None:
    source = """
extern "C" __global__ void kn_test(int* out) {
    if (threadIdx.x < 3) __syncthreads();
    out[threadIdx.x] = 1;
}
"""
    with pytest.raises(
        DriverError, match=r"block \(0, 0, 0\), thread \(0, 0, 0\): barrier div"
    ) as e:
        bench.run(source, 5, np.int32, block=5)
    assert "waits at __syncthreads(), kernels.cu:3" in str(e.value)
    assert "thread (3,0,0) has left the kernel" in str(e.value)
    assert bench.run(TURN, 2, np.int32, block=2).tolist() == [4, 3]  # and the driver goes on


def test_two_barriers_are_not_one(bench: Bench) -> None:
    source = """
extern "C" __global__ void kn_test(int* out) {
    if (threadIdx.x == 0)
        __syncthreads();
    else
        __syncthreads();
}
"""
    with pytest.raises(DriverError, match=r"kernels\.cu:4; thread \(1,0,0\) waits at .*:6"):
        bench.run(source, 1, np.int32, block=2)


def test_blocks_of_a_vast_grid_can_be_looked_at_alone(bench: Bench) -> None:
    """Index arithmetic beyond 2^31, without the memory or the time."""
    beyond = """
extern "C" __global__ void kn_test(long long* out) {
    out[threadIdx.x] = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    out[4] = (long long)gridDim.x * blockDim.x;
    out[5] += 1;
}
"""
    grid = (1 << 31) - 1
    with bench.driver.only_blocks(grid - 1, grid):
        result = bench.run(beyond, 6, np.int64, grid=grid, block=4)
    assert result.tolist() == [4 * (grid - 1) + k for k in range(4)] + [4 * grid, 4]
    where = """
extern "C" __global__ void kn_test(int* out) {
    out[0] = blockIdx.x, out[1] = blockIdx.y, out[2] = blockIdx.z;
}
"""
    with bench.driver.only_blocks(2 * 4 * 65535 + 4 * 7 + 3, 2 * 4 * 65535 + 4 * 7 + 4):
        assert bench.run(where, 3, np.int32, grid=(4, 65535, 3)).tolist() == [3, 7, 2]
    assert bench.run(beyond, 6, np.int64, grid=2, block=4)[5] == 8  # all blocks again


def test_what_a_processor_traps_ends_the_launch_alone(bench: Bench) -> None:
    divide = 'extern "C" __global__ void kn_test(int* out) { out[0] = 77 / out[0]; }'
    with pytest.raises(DriverError, match="divided an integer by 0"):
        bench.run(divide, 1, np.int32)
    trap = """extern "C" __global__ void kn_test(int* out) {
    if (blockIdx.x == 1) __trap();
}"""
    bench.driver.order = "backward"
    with pytest.raises(
        DriverError, match=r"block \(1, 0, 0\), thread \(2, 0, 0\): __trap\(\), .*:2"
    ):
        bench.run(trap, 1, np.int32, grid=2, block=3)
    deep = """
__device__ int fall(int n) {
    volatile char room[999];
    room[n % 999] = 1;
    return n ? fall(n - 1) + room[7] : 0;
}
extern "C" __global__ void kn_test(int* out) { out[0] = fall(out[0] + 100000); }
"""
    with pytest.raises(DriverError, match="used an address that is not the device's"):
        bench.run(deep, 1, np.int32)
    assert bench.run(TURN, 1, np.int32, block=1).tolist() == [3]
