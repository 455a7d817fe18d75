"""Counts that a launch leaves: of instructions, of sectors, of cycles of shared memory."""

import numpy as np
import pytest

from tests.ptx.counters import bank_cycles, distinct
from tests.ptx.snippets import NEEDS_NVRTC, emulator, every_architecture

pytestmark = NEEDS_NVRTC
LANES = np.arange(32)


@every_architecture
@pytest.mark.parametrize(
    ("stride", "offset", "sectors"),
    [(1, 0, 4), (1, 1, 5), (2, 0, 8), (8, 0, 32), (32, 0, 32), (0, 0, 1)],
)
def test_sectors_of_a_request(stride: int, offset: int, sectors: int, architecture: int) -> None:
    source = """
extern "C" __global__ void kn_stride(const float* x, float* y, int stride, int offset) {
  y[blockIdx.x * 32 + threadIdx.x] = x[threadIdx.x * stride + offset];
}"""
    device = emulator(source, architecture)
    x, y = device.put(np.zeros(1024, "f4")), device.allocate(384)
    device.launch("kn_stride", 3, 32, [x, y, np.int32(stride), np.int32(offset)])
    counters = device.counters
    assert counters.global_load_requests == counters.global_store_requests == 3
    assert counters.global_load_sectors == 3 * sectors
    assert counters.global_store_sectors == 3 * 4


@every_architecture
@pytest.mark.parametrize(
    ("kind", "stride", "cycles"),
    [
        ("float", 1, 1),
        ("float", 2, 2),
        ("float", 32, 32),
        ("float", 33, 1),
        ("float", 0, 1),
        ("unsigned char", 1, 1),
        ("unsigned char", 4, 1),
        ("unsigned char", 128, 32),
        ("double", 1, 2),
        ("double", 16, 32),
        ("float4", 1, 4),
    ],
)
def test_conflicts_of_banks(kind: str, stride: int, cycles: int, architecture: int) -> None:
    source = f"""
extern "C" __global__ void kn_banks({kind}* y, int stride) {{
  extern __shared__ {kind} s[];
  {kind} zero = {{}};
  int t = threadIdx.x;
  if (stride || t == 0) s[t * stride] = zero;
  __syncthreads();
  y[t] = s[t * stride];
}}"""
    device = emulator(source, architecture)
    size = {"float": 4, "unsigned char": 1, "double": 8, "float4": 16}[kind]
    y = device.allocate(512)
    device.launch("kn_banks", 1, 32, [y, np.int32(stride)], (31 * stride + 1) * size)
    assert device.counters.shared_requests == 2
    assert device.counters.shared_cycles == 2 * cycles  # the store, and the load like it


def test_banks_of_half_and_quarter_warps() -> None:
    assert bank_cycles(LANES, LANES * 8, 8) == 2
    assert bank_cycles(LANES, LANES * 16, 16) == 4
    assert bank_cycles(LANES, LANES // 2 * 8, 8) == 2
    assert bank_cycles(LANES, LANES[::-1] * 128, 4) == 32
    assert bank_cycles(np.arange(64), np.arange(64) * 4, 4) == 2
    assert bank_cycles(np.array([3, 40]), np.array([0, 0]), 4) == 2  # lanes of two warps


def test_distinct_keys_in_any_order() -> None:
    keys = np.random.default_rng(0).integers(0, 50, 200)
    assert distinct(keys) == len(set(keys.tolist()))
    assert distinct(np.sort(keys)) == len(set(keys.tolist()))
    assert distinct(keys[:0]) == 0


@every_architecture
def test_instructions_are_counted_by_warp(architecture: int) -> None:
    """A branch that half of a warp takes costs both ways; one that whole warps take, one."""
    source = """
extern "C" __global__ void kn_part(float* y, int by) {
  int t = threadIdx.x;
  float v = t;
  if (t / by % 2) { for (int n = 0; n < 50; n++) v = v * 1.5f + y[64]; }
  else { for (int n = 0; n < 50; n++) v = v * 2.5f - y[65]; }
  y[t] = v;
}"""
    device = emulator(source, architecture)
    y = device.put(np.ones(66, "f4"))
    counts = []
    for by in (1, 32):
        device.launch("kn_part", 1, 64, [y, np.int32(by)])
        counts.append(device.counters.warp_instructions)
    assert 1.7 < counts[0] / counts[1] < 2.1
    device.launch("kn_part", 1, 64, [y, np.int32(32)])
    assert device.counters.warp_instructions == counts[1]


@every_architecture
def test_counts_do_not_depend_on_how_many_run_together(architecture: int) -> None:
    source = """
extern "C" __global__ void kn_sum(const float* x, float* y, int n) {
  __shared__ float s[96];
  int t = threadIdx.x;
  float sum = 0;
  for (int i = t + blockIdx.x; i < n; i += 96) sum += x[i * 3 % n];
  s[t] = sum;
  __syncthreads();
  if (t < 32) s[t] += s[t + 32] + s[t + 64];
  __syncthreads();
  if (t == 0) for (int i = 0; i < 32; i++) atomicAdd(y, s[i]);
}"""
    device = emulator(source, architecture)
    x = device.put(np.arange(1000, dtype="f4") % 10)
    counts, results = [], []
    for at_once in (1, 200, 1 << 14):
        device.lanes_at_once = at_once
        y = device.put(np.zeros(1, "f4"))
        device.launch("kn_sum", 9, 96, [x, y, np.int32(1000)])
        counts.append(device.counters.as_dict())
        results.append(device.get(y, (), "f4"))
    assert counts[0] == counts[1] == counts[2]
    assert counts[0]["barriers"] == 18
    assert counts[0]["atomic_requests"] == 9 * 32
    assert results[0] == pytest.approx(results[2], rel=1e-6)
    assert device.totals["kn_sum"].barriers >= 3 * 18
