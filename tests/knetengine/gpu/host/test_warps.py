"""Shuffles and votes: what each lane gets, against the PTX manual's tables."""

from typing import Any

import numpy as np
import pytest

from knetengine.gpu.drivers.interface import DriverError
from tests.knetengine.gpu.host.snippets import Bench

LANES = np.arange(32)


def shuffled(bench: Bench, call: str, dtype: Any = np.int32, block: int = 32) -> np.ndarray:
    kind = {"i": "int", "f": "float", "d": "double", "l": "long long"}[np.dtype(dtype).char]
    source = f"""
extern "C" __global__ void kn_test({kind}* out) {{
    const {kind} mine = threadIdx.x + 100;
    const int lane = threadIdx.x % 32;
    out[threadIdx.x] = {call} + 0 * lane;
}}
"""
    return bench.run(source, block, dtype, block=block)


ALL_FOUR = """
extern "C" __global__ void kn_test(int* out) {
    const int mine = threadIdx.x + 100;
    out[threadIdx.x] = __shfl_sync(0xffffffffu, mine, DELTA, WIDTH);
    out[32 + threadIdx.x] = __shfl_up_sync(0xffffffffu, mine, DELTA, WIDTH);
    out[64 + threadIdx.x] = __shfl_down_sync(0xffffffffu, mine, DELTA, WIDTH);
    out[96 + threadIdx.x] = __shfl_xor_sync(0xffffffffu, mine, DELTA, WIDTH);
}
"""


@pytest.mark.parametrize("width", [1, 2, 4, 8, 16, 32])
@pytest.mark.parametrize("delta", [0, 1, 3, 5, 17, 31])
def test_shuffles_read_the_lane_that_the_manual_says(bench: Bench, width: int, delta: int) -> None:
    source = ALL_FOUR.replace("DELTA", str(delta)).replace("WIDTH", str(width))
    by_index, up, down, across = bench.run(source, 128, np.int32, block=32).reshape(4, 32) - 100
    first = LANES // width * width
    np.testing.assert_array_equal(by_index, first + delta % width)
    np.testing.assert_array_equal(up, np.where(LANES - delta >= first, LANES - delta, LANES))
    end = first + width
    np.testing.assert_array_equal(down, np.where(LANES + delta < end, LANES + delta, LANES))
    other = LANES ^ delta  # beyond its own segment a lane gets its own value
    np.testing.assert_array_equal(across, np.where(other < end, other, LANES))


@pytest.mark.parametrize("dtype", ["f", "d", "l", "i"])
def test_values_of_4_and_8_bytes_are_shuffled(bench: Bench, dtype: str) -> None:
    result = shuffled(bench, "__shfl_xor_sync(0xffffffffu, mine, 1)", dtype)
    np.testing.assert_array_equal(result, 100 + (LANES ^ 1))


def test_warps_of_a_block_are_apart(bench: Bench) -> None:
    result = shuffled(bench, "__shfl_sync(0xffffffffu, mine, 3)", block=96)
    np.testing.assert_array_equal(result, 103 + np.arange(96) // 32 * 32)


def test_a_last_warp_may_be_short(bench: Bench) -> None:
    """A lane that is not there gives what nobody may count on: here all bits set."""
    result = shuffled(bench, "__shfl_down_sync(0xffffffffu, mine, 1)", block=40)
    np.testing.assert_array_equal(result[32:39], 100 + np.arange(33, 40))
    assert result[39] == -1


VOTES = """
extern "C" __global__ void kn_test(unsigned* out) {
    const int third = threadIdx.x % 3 == 0;
    out[threadIdx.x] = __ballot_sync(0xffffffffu, third);
    if (third) out[32 + threadIdx.x] = __ballot_sync(0x49249249u, threadIdx.x > 20);
    out[64] = __any_sync(0xffffffffu, threadIdx.x == 31), out[65] = __any_sync(0xffffffffu, 0);
    out[66] = __all_sync(0xffffffffu, 1), out[67] = __all_sync(0xffffffffu, threadIdx.x != 9);
    __syncwarp();
    out[68] = __popc(__activemask());
}
"""


def test_votes(bench: Bench) -> None:
    result = bench.run(VOTES, 69, np.uint32, block=32)
    np.testing.assert_array_equal(result[:32], 0x49249249)
    np.testing.assert_array_equal(result[32:64:3], 0x49249249 & ~((1 << 21) - 1))
    assert result[64:].tolist() == [1, 0, 1, 0, 1]


def test_lanes_of_a_mask_that_do_not_come_are_an_error(bench: Bench) -> None:
    source = """
extern "C" __global__ void kn_test(int* out) {
    if (threadIdx.x < 16) out[threadIdx.x] = __shfl_xor_sync(0xffffffffu, 1, 1);
    else __syncthreads();
}
"""
    with pytest.raises(
        DriverError, match=r"a shuffle with mask 0xffffffff, kernels\.cu:3"
    ) as error:
        bench.run(source, 32, np.int32, block=32)
    assert "thread (16,0,0) waits at __syncthreads(), kernels.cu:4" in str(error.value)


def test_a_mask_without_the_lane_itself_is_an_error(bench: Bench) -> None:
    with pytest.raises(DriverError, match=r"thread \(4, 0, 0\): a warp operation's mask does not"):
        shuffled(bench, "__shfl_sync(0xfu, mine, 0)")


def test_widths_are_powers_of_two(bench: Bench) -> None:
    with pytest.raises(DriverError, match="the width of a shuffle is not 1, 2, 4, 8, 16 or 32"):
        shuffled(bench, "__shfl_sync(0xffffffffu, mine, 0, 12)")


REDUCE = """
extern "C" __global__ void kn_test(float* out) {
    float sum = threadIdx.x;
    for (int reach = 16; reach > 0; reach /= 2) sum += __shfl_down_sync(0xffffffffu, sum, reach);
    __shared__ float sums[32];
    if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x < 32) {
        sum = threadIdx.x < blockDim.x / 32 ? sums[threadIdx.x] : 0;
        for (int reach = 16; reach > 0; reach /= 2)
            sum += __shfl_down_sync(0xffffffffu, sum, reach);
        if (threadIdx.x == 0) out[0] = sum;
    }
}
"""


@pytest.mark.parametrize("order", ["forward", "backward", 4])
def test_the_usual_sum_of_a_block(bench: Bench, order: Any) -> None:
    bench.driver.order = order
    assert bench.run(REDUCE, 1, np.float32, block=512)[0] == 511 * 256
