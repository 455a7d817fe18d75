"""Which accesses race, and which are ordered."""

import numpy as np
import pytest

from tests.ptx.faults import Fault
from tests.ptx.snippets import NEEDS_NVRTC, emulator, every_architecture, line_of

pytestmark = [NEEDS_NVRTC, every_architecture]

WARP_SUM = """
extern "C" __global__ void kn_warp_sum(const float* x, float* y) {
  __shared__ float s[64];
  int t = threadIdx.x, lane = t & 31;
  s[t] = x[t];
  __syncwarp();
  for (int k = 16; k > 0; k >>= 1) {
    if (lane < k) s[t] += s[t + k];
    __syncwarp();  // WARP
  }
  if (lane == 0) y[t / 32] = s[t];
}
"""


def test_a_warp_may_order_its_own_lanes(architecture: int) -> None:
    device = emulator(WARP_SUM, architecture)
    x = device.put(np.arange(64, dtype="f4"))
    y = device.allocate(8)
    device.launch("kn_warp_sum", 1, 64, [x, y])
    np.testing.assert_array_equal(device.get(y, 2, "f4"), [496, 1520])
    device = emulator(WARP_SUM.replace("__syncwarp();  // WARP", ""), architecture)
    with pytest.raises(Fault, match=r"race: .* shared memory"):
        device.launch("kn_warp_sum", 1, 64, [device.put(np.ones(64, "f4")), device.allocate(8)])


def test_a_warp_does_not_order_others(architecture: int) -> None:
    source = """
extern "C" __global__ void kn_swap(float* y) {
  __shared__ float s[64];
  s[threadIdx.x] = threadIdx.x;
  __syncwarp();
  y[threadIdx.x] = s[threadIdx.x ^ DISTANCE];
}"""
    device = emulator(source.replace("DISTANCE", "16"), architecture)
    device.launch("kn_swap", 1, 64, [device.allocate(256)])
    device = emulator(source.replace("DISTANCE", "32"), architecture)
    with pytest.raises(Fault, match="race"):
        device.launch("kn_swap", 1, 64, [device.allocate(256)])


def test_bytes_side_by_side_are_not_the_same(architecture: int) -> None:
    source = """
extern "C" __global__ void kn_bytes(unsigned char* y, int step) {
  y[threadIdx.x * step] = threadIdx.x;  // BUG
}"""
    device = emulator(source, architecture)
    y = device.allocate(64)
    device.launch("kn_bytes", 1, 64, [y, np.int32(1)])
    np.testing.assert_array_equal(device.get(y, 64, "u1"), np.arange(64))
    with pytest.raises(Fault, match=r"race: .* writes global memory that .* writes") as caught:
        device.launch("kn_bytes", 1, 64, [y, np.int32(0)])
    assert caught.value.line == line_of(source)


def test_a_wide_access_meets_the_bytes_in_it(architecture: int) -> None:
    source = """
extern "C" __global__ void kn_wide(unsigned char* y, unsigned* z) {
  int t = threadIdx.x;
  y[t] = t;
  if (ORDERED) __syncthreads();
  if (t < 8) z[t] = ((unsigned*)y)[t];
}"""
    device = emulator(source.replace("ORDERED", "1"), architecture)
    y, z = device.allocate(32), device.allocate(32)
    device.launch("kn_wide", 1, 32, [y, z])
    np.testing.assert_array_equal(device.get(z, 32, "u1"), np.arange(32))
    device = emulator(source.replace("ORDERED", "0"), architecture)
    with pytest.raises(Fault, match="race"):
        device.launch("kn_wide", 1, 32, [device.allocate(32), device.allocate(32)])


def test_many_readers_and_then_a_writer(architecture: int) -> None:
    """The writer is among the readers, so that the last reader alone would not tell."""
    source = """
extern "C" __global__ void kn_readers(float* x, float* y) {
  int t = blockIdx.x * blockDim.x + threadIdx.x;
  y[t] = x[0];
  if (BARRIER) __syncthreads();
  if (t == WRITER) x[0] = 2.f;
}"""
    for barrier, writer, threads, races in (
        (0, 31, 32, True),
        (0, 63, 64, True),
        (1, 31, 32, False),
        (1, 5, 64, False),
    ):
        text = source.replace("BARRIER", str(barrier)).replace("WRITER", str(writer))
        device = emulator(text, architecture)
        arguments = [device.put(np.ones(1, "f4")), device.allocate(512)]
        if races:
            with pytest.raises(Fault, match="race"):
                device.launch("kn_readers", 1, threads, arguments)
        else:
            device.launch("kn_readers", 1, threads, arguments)
        with pytest.raises(Fault, match="race"):  # no barrier orders two blocks
            device.launch("kn_readers", 2, threads, arguments)


def test_atomics_race_with_plain_accesses_only(architecture: int) -> None:
    source = """
extern "C" __global__ void kn_mixed(int* x) {
  if (threadIdx.x < 40) atomicAdd(x, 1);
  else x[PLACE] = 7;
}"""
    device = emulator(source.replace("PLACE", "threadIdx.x"), architecture)
    x = device.put(np.zeros(64, "i4"))
    device.launch("kn_mixed", 1, 64, [x])
    assert device.get(x, 64, "i4")[0] == 40
    device = emulator(source.replace("PLACE", "0"), architecture)
    with pytest.raises(Fault, match="race"):
        device.launch("kn_mixed", 1, 41, [device.put(np.zeros(64, "i4"))])


LAST_BLOCK = """
__device__ unsigned finished = 0;
extern "C" __global__ void kn_total(const float* x, float* part, float* y) {
  __shared__ bool last;
  int t = threadIdx.x;
  if (t == 0) {
    part[blockIdx.x] = x[blockIdx.x];
    __threadfence();  // FENCE
    last = atomicInc(&finished, gridDim.x - 1) == gridDim.x - 1;
  }
  __syncthreads();
  if (last && t == 0) {
    float sum = 0;
    for (int b = 0; b < gridDim.x; b++) sum += part[b];
    y[0] = sum;
  }
}
"""


def test_the_last_block_may_read_what_the_others_published(architecture: int) -> None:
    """A fence, then an atomic operation: the pattern of CUDA's threadFenceReduction sample."""
    device = emulator(LAST_BLOCK, architecture)
    x, part, y = device.put(np.arange(50, dtype="f4")), device.allocate(200), device.allocate(4)
    for _ in range(2):
        device.launch("kn_total", 50, 64, [x, part, y])
        assert device.get(y, (), "f4") == 1225
    device = emulator(LAST_BLOCK.replace("__threadfence();", ""), architecture)
    x, part, y = device.put(np.arange(50, dtype="f4")), device.allocate(200), device.allocate(4)
    with pytest.raises(Fault, match=r"race: .* reads global memory that block"):
        device.launch("kn_total", 50, 64, [x, part, y])


def test_a_promise_that_memory_is_constant_is_held(architecture: int) -> None:
    """``const T* __restrict__`` becomes ld.global.nc; the two pointers are the same memory."""
    source = """
extern "C" __global__ void kn_restrict(const float* __restrict__ x, float* __restrict__ y) {
  int t = threadIdx.x;
  y[t] = 3.f;
  y[t + 64] = x[t] + 1.f;
}"""
    device = emulator(source, architecture)
    y = device.put(np.zeros(128, "f4"))
    device.launch("kn_restrict", 1, 64, [device.put(np.zeros(64, "f4")), y])
    source = source.replace("y[t] = 3.f;", "y[t] = 3.f; __syncthreads();")
    device = emulator(source, architecture)
    y = device.put(np.zeros(128, "f4"))
    with pytest.raises(Fault, match="promised that it is constant"):
        device.launch("kn_restrict", 1, 64, [y, y])


def test_chunks_of_a_launch_meet(architecture: int) -> None:
    """Blocks that the emulator runs one after another race as those do that it runs together."""
    source = """
extern "C" __global__ void kn_ring(float* x) {
  int t = blockIdx.x * blockDim.x + threadIdx.x, n = gridDim.x * blockDim.x;
  x[(t + 1) % n] = x[t];
}"""
    device = emulator(source, architecture)
    x = device.put(np.zeros(4096, "f4"))
    device.lanes_at_once = 64
    try:
        with pytest.raises(Fault, match="race"):
            device.launch("kn_ring", 64, 1, [x])
    finally:
        device.lanes_at_once = 1 << 14
