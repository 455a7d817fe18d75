"""The memory of the emulated device: blocks, guards, states, and what a read of each says."""

import numpy as np
import pytest

from knetengine.gpu.drivers.interface import DeviceOutOfMemoryError
from tests.ptx.emulator import Emulator
from tests.ptx.faults import Fault
from tests.ptx.memory import GUARD, DeviceMemory
from tests.ptx.snippets import NEEDS_NVRTC, emulator, every_architecture

COPY = """
extern "C" __global__ void kn_copy(const float* x, float* y, int n) {
  int t = blockIdx.x * blockDim.x + threadIdx.x;
  if (t < n) y[t] = x[t];
}
"""


def test_blocks_are_aligned_and_apart() -> None:
    memory = DeviceMemory(1 << 16)
    sizes = (1, 255, 256, 257, 1000)
    starts = [memory.allocate(size) for size in sizes]
    assert all(start % 256 == 0 for start in starts)
    for start, size, after in zip(starts, sizes, starts[1:], strict=False):
        assert after - (start + size) >= GUARD
    assert memory.used == sum(sizes)


def test_memory_that_was_freed_is_used_again_last_and_joined() -> None:
    memory = DeviceMemory(1 << 14)
    starts = [memory.allocate(256) for _ in range(31)]  # each takes 512 with its guard
    with pytest.raises(DeviceOutOfMemoryError, match=r"allocate\(256\): 7936 of 16384 bytes"):
        memory.allocate(256)
    memory.release(starts[3])
    memory.release(starts[5])
    with pytest.raises(DeviceOutOfMemoryError):
        memory.allocate(700)
    memory.release(starts[4])
    assert memory.allocate(700) == starts[3]  # 1024 of the 1536 bytes that three blocks leave
    assert memory.allocate(256) == starts[5]


def test_what_is_freed_was_allocated() -> None:
    memory = DeviceMemory(1 << 14)
    start = memory.allocate(64)
    with pytest.raises(Fault, match="release: no allocation begins here"):
        memory.release(start + 8)
    memory.release(start)
    with pytest.raises(Fault, match="release: freed twice"):
        memory.release(start)


def test_copies_stay_inside_of_a_block_and_are_of_written_bytes() -> None:
    device = Emulator(total_bytes=1 << 16)
    x = device.put(np.arange(10, dtype="f4"))
    np.testing.assert_array_equal(device.get(x + 8, 3, "f4"), [2, 3, 4])
    with pytest.raises(Fault, match="out of bounds: copy from the device of 44 bytes"):
        device.get(x, 11, "f4")
    y = device.allocate(40)
    with pytest.raises(Fault, match=r"uninitialised: .* byte 0 of 40 was never written"):
        device.get(y, 10, "f4")
    device.copy(y, x, 20)
    np.testing.assert_array_equal(device.get(y, 5, "f4"), np.arange(5))
    with pytest.raises(Fault, match="byte 20 of 40"):
        device.get(y, 10, "f4")
    device.fill(y, 0, 40)
    assert not device.get(y, 10, "f4").any()
    device.memory.forget(y, 4)
    with pytest.raises(Fault, match="uninitialised"):
        device.get(y, 1, "f4")


@NEEDS_NVRTC
@every_architecture
def test_kernels_read_what_was_written_and_is_still_there(architecture: int) -> None:
    device = emulator(COPY, architecture)
    n = np.int32(8)
    x, y = device.allocate(32), device.allocate(32)
    with pytest.raises(Fault, match=r"uninitialised: .* what nothing has written"):
        device.launch("kn_copy", 1, 32, [x, y, n])
    device.copy_in(x, np.arange(7, dtype="f4"))
    with pytest.raises(Fault, match="uninitialised") as caught:
        device.launch("kn_copy", 1, 32, [x, y, n])
    assert caught.value.thread == (7, 0, 0)
    device.copy_in(x, np.arange(8, dtype="f4"))
    device.launch("kn_copy", 1, 32, [x, y, n])
    np.testing.assert_array_equal(device.get(y, 8, "f4"), np.arange(8))
    device.release(x)
    with pytest.raises(Fault, match=r"use after free: .* byte 0 of a block that was freed"):
        device.launch("kn_copy", 1, 32, [x, y, n])
    device.release(y)


@NEEDS_NVRTC
@every_architecture
def test_variables_of_a_module_have_their_values(architecture: int) -> None:
    source = """
__constant__ float weight[3] = {1.f, 2.f, 3.f};
__device__ int counter = 5;
__device__ double zeros[2];
__device__ int* pointer = &counter;
extern "C" __global__ void kn_values(float* y) {
  int t = threadIdx.x;
  y[t] = weight[t % 3] + zeros[t & 1] + *pointer;
  if (t == 0) atomicAdd(pointer, 1);
}
extern "C" __global__ void kn_count(int* y) { y[0] = counter; }
"""
    source = source.replace("if (t == 0) atomic", "__syncthreads(); if (t == 0) atomic")
    device = Emulator(source, architecture, total_bytes=1 << 20)
    y, count = device.allocate(128), device.allocate(4)
    device.launch("kn_values", 1, 32, [y])
    np.testing.assert_array_equal(device.get(y, 32, "f4"), np.arange(32) % 3 + 6)
    device.launch("kn_count", 1, 1, [count])
    assert device.get(count, (), "i4") == 6


@NEEDS_NVRTC
@every_architecture
def test_a_pointer_may_lead_anywhere(architecture: int) -> None:
    """Generic addresses: a select between global, shared and local memory, thread by thread."""
    source = """
extern "C" __global__ void kn_anywhere(float* y, int n) {
  __shared__ float s[32];
  float l[4] = {0.f, 10.f, 20.f, 30.f};
  int t = threadIdx.x;
  s[t] = 100 + t;
  y[t] = -t;
  __syncthreads();
  volatile float* p = t % 3 == 0 ? y + t : t % 3 == 1 ? s + t : l + (t + n) % 4;
  *p += 0.5f;
  float found = *p;
  y[32 + t] = found;
}"""
    device = emulator(source, architecture)
    y = device.allocate(256)
    device.launch("kn_anywhere", 1, 32, [y, np.int32(1)])
    t = np.arange(32)
    expected = np.select([t % 3 == 0, t % 3 == 1], [-t + 0.5, 100.5 + t], (t + 1) % 4 * 10 + 0.5)
    np.testing.assert_array_equal(device.get(y + 128, 32, "f4"), expected)


@NEEDS_NVRTC
@every_architecture
def test_vectors_are_loaded_whole(architecture: int) -> None:
    source = """
extern "C" __global__ void kn_vectors(const float4* x, double2* y, uchar4* z) {
  int t = threadIdx.x;
  float4 v = x[t];
  y[t] = make_double2(v.x + v.y, v.z * v.w);
  z[t] = make_uchar4(t, t + 1, t + 2, 255);
}"""
    device = emulator(source, architecture)
    x = np.random.default_rng(0).standard_normal((32, 4)).astype("f4")
    addresses = device.put(x), device.allocate(512), device.allocate(128)
    device.launch("kn_vectors", 1, 32, addresses)
    y = device.get(addresses[1], (32, 2), "f8")
    np.testing.assert_array_equal(y, np.stack((x[:, 0] + x[:, 1], x[:, 2] * x[:, 3]), 1))
    z = device.get(addresses[2], (32, 4), "u1")
    np.testing.assert_array_equal(z[:, 1], np.arange(1, 33))
    with pytest.raises(Fault, match=r"misaligned: .* not a multiple of 16"):
        device.launch("kn_vectors", 1, 32, [addresses[0] + 4, *addresses[1:]])
