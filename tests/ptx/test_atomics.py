"""Atomic operations: what is left in memory, and what each thread found there."""

from typing import Any

import numpy as np
import pytest

from tests.ptx.snippets import NEEDS_NVRTC, emulator, every_architecture

pytestmark = [NEEDS_NVRTC, every_architecture]
N = 300
PLACE = np.random.default_rng(1).integers(0, 7, N).astype("i4")
CASES: list[tuple[str, str, Any]] = [
    ("atomicAdd(p, v)", "i4", lambda old, v: old + v),
    ("atomicAdd(p, v)", "f4", lambda old, v: old + v),
    ("atomicAdd(p, v)", "f8", lambda old, v: old + v),
    ("atomicAdd(p, v)", "u8", lambda old, v: old + v),
    ("atomicSub(p, v)", "i4", lambda old, v: old - v),
    ("atomicMin(p, v)", "i4", min),
    ("atomicMax(p, v)", "u4", max),
    ("atomicMax(p, v)", "i8", max),
    ("atomicAnd(p, v)", "u4", lambda old, v: old & v),
    ("atomicOr(p, v)", "u8", lambda old, v: old | v),
    ("atomicXor(p, v)", "u4", lambda old, v: old ^ v),
    ("atomicExch(p, v)", "f4", lambda old, v: v),
    ("atomicInc(p, v % 5)", "u4", lambda old, v: 0 if old >= v % 5 else old + 1),
    ("atomicDec(p, v % 5)", "u4", lambda old, v: v % 5 if old == 0 or old > v % 5 else old - 1),
    ("atomicCAS(p, 3u, v)", "u4", lambda old, v: v if old == 3 else old),
]
NAMES = {"i4": "int", "u4": "unsigned", "i8": "long long", "u8": "unsigned long long"}
NAMES |= {"f4": "float", "f8": "double"}


@pytest.mark.parametrize("space", ["global", "shared"])
@pytest.mark.parametrize("wanted", [True, False], ids=["found", "not asked for"])
@pytest.mark.parametrize(("call", "kind", "update"), CASES)
def test_lanes_change_memory_one_after_another(
    call: str, kind: str, update: Any, wanted: bool, space: str, architecture: int
) -> None:
    keep = "old[t] = " if wanted else ""
    shared = space == "shared"
    source = f"""typedef {NAMES[kind]} T;
extern "C" __global__ void kn_atomic(const int* place, const T* x, T* y, T* old, int n) {{
  __shared__ T s[7];
  int t = threadIdx.x;
  if (t < 7) s[t] = y[t];
  __syncthreads();
  if (t < n) {{
    T v = x[t], *p = {"s" if shared else "y"} + place[t];
    {keep}{call};
  }}
  __syncthreads();
  if ({int(shared)} && t < 7) y[t] = s[t];
}}"""
    device = emulator(source, architecture)
    start = np.arange(7).astype(kind)
    x = np.random.default_rng(0).integers(0, 1000, N).astype(kind)
    y, old = device.put(start), device.put(np.zeros(N, kind))
    arguments = [device.put(PLACE), device.put(x), y, old, np.int32(N)]
    device.launch("kn_atomic", 1, 512, arguments)
    expected, found = start.copy(), np.zeros(N, kind)
    for t, (place, value) in enumerate(zip(PLACE, x, strict=True)):
        found[t] = expected[place]
        expected[place] = update(expected[place], value)
    np.testing.assert_array_equal(device.get(y, 7, kind), expected)
    np.testing.assert_array_equal(device.get(old, N, kind), found if wanted else 0)
    for address in arguments[:4]:
        device.release(address)


def test_a_loop_of_compare_and_swap(architecture: int) -> None:
    """The largest float, which CUDA has no atomic for."""
    source = """
extern "C" __global__ void kn_largest(const float* x, int* y, int n) {
  int t = blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= n) return;
  int old = atomicAdd(y, 0), seen;
  do {
    seen = old;
    if (__int_as_float(seen) >= x[t]) return;
    old = atomicCAS(y, seen, __float_as_int(x[t]));
  } while (old != seen);
}"""
    device = emulator(source, architecture)
    x = np.random.default_rng(0).standard_normal(N).astype("f4")
    y = device.put(np.full(1, -np.inf, "f4"))
    device.launch("kn_largest", 3, 128, [device.put(x), y, np.int32(N)])
    assert device.get(y, (), "f4") == x.max()
