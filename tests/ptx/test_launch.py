"""Launches: where threads are, what they are given, how they part and call functions."""

import numpy as np
import pytest

from tests.ptx.emulator import Emulator, Loaded
from tests.ptx.faults import Fault
from tests.ptx.nvrtc import CompilationError, available, cubin, ptx
from tests.ptx.snippets import ARCHITECTURES, NEEDS_NVRTC, emulator, every_architecture

pytestmark = NEEDS_NVRTC

WHERE = """
extern "C" __global__ void kn_where(int4* y) {
  int block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  int thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  int t = block * (blockDim.x * blockDim.y * blockDim.z) + thread;
  unsigned lane;
  asm("mov.u32 %0, %laneid;" : "=r"(lane));
  y[t] = make_int4(blockIdx.x + 100 * blockIdx.y + 10000 * blockIdx.z,
                   threadIdx.x + 100 * threadIdx.y + 10000 * threadIdx.z, lane, warpSize);
}
"""


@every_architecture
@pytest.mark.parametrize(
    ("grid", "block"),
    [((7, 1, 1), (33, 1, 1)), ((3, 4, 2), (5, 3, 2)), ((1, 1, 1), (1, 1, 1)), ((2, 3), (16, 16))],
)
def test_blocks_and_threads_of_three_dimensions(
    grid: tuple[int, ...], block: tuple[int, ...], architecture: int
) -> None:
    device = emulator(WHERE, architecture)
    count = int(np.prod(grid) * np.prod(block))
    y = device.allocate(count * 16)
    device.lanes_at_once = 128  # several chunks of blocks
    device.launch("kn_where", grid, block, [y])
    found = device.get(y, (int(np.prod(grid)), int(np.prod(block)), 4), "i4")
    at = 0
    for number, place in enumerate(np.ndindex(*grid[::-1])):
        for thread, inner in enumerate(np.ndindex(*block[::-1])):
            b = sum(p * 100**n for n, p in enumerate(place[::-1]))
            i = sum(p * 100**n for n, p in enumerate(inner[::-1]))
            assert found[number, thread].tolist() == [b, i, thread % 32, 32]
            at += 1
    assert at == count


STRUCT = """
struct Shape { int dims; float scale; long long stride[8]; int size[8]; };
extern "C" __global__ void kn_gather(Shape s, const float* x, float* y, long long n, double bias) {
  for (long long t = blockIdx.x * blockDim.x + threadIdx.x; t < n; t += gridDim.x * blockDim.x) {
    long long rest = t, place = 0;
    for (int d = s.dims - 1; d >= 0; d--) {
      place += rest % s.size[d] * s.stride[d];
      rest /= s.size[d];
    }
    y[t] = x[place] * s.scale + bias;
  }
}
"""
SHAPE = np.dtype(
    [("dims", "i4"), ("scale", "f4"), ("stride", "i8", (8,)), ("size", "i4", (8,))], align=True
)


@every_architecture
def test_structures_by_value_and_dynamic_indices(architecture: int) -> None:
    """The loop over dimensions indexes the parameter by a variable: .local or .param space."""
    device = emulator(STRUCT, architecture)
    x = np.random.default_rng(0).standard_normal((6, 5, 4)).astype("f4")
    view = x.transpose(2, 0, 1)[::-1]  # (4, 6, 5), the first axis backwards
    shape = np.zeros((), SHAPE)
    shape["dims"], shape["scale"] = 3, 0.5
    shape["stride"][:3] = [s // 4 for s in view.strides]
    shape["size"][:3] = view.shape
    base = device.put(x)
    y = device.allocate(x.nbytes)
    first = base + 3 * 4  # the pointer goes to the view's first element
    arguments = [shape, np.uint64(first), y, np.int64(x.size), np.float64(2)]
    device.launch("kn_gather", 2, 32, arguments)
    found = device.get(y, view.shape, "f4")
    expected = ((view * np.float32(0.5)).astype("f8") + 2).astype("f4")
    np.testing.assert_array_equal(found, expected)


@every_architecture
def test_a_local_array_is_each_threads_own(architecture: int) -> None:
    source = """
extern "C" __global__ void kn_sort(const int* x, int* y, int n) {
  int item[8], t = threadIdx.x;
  for (int i = 0; i < n; i++) item[i] = x[t * n + i];
  for (int i = 1; i < n; i++)
    for (int j = i; j > 0 && item[j - 1] > item[j]; j--) {
      int swap = item[j];
      item[j] = item[j - 1];
      item[j - 1] = swap;
    }
  for (int i = 0; i < n; i++) y[t * n + i] = item[i];
}"""
    device = emulator(source, architecture)
    x = np.random.default_rng(0).integers(0, 1000, (50, 8)).astype("i4")
    y = device.allocate(x.nbytes)
    device.launch("kn_sort", 1, 50, [device.put(x), y, np.int32(8)])
    np.testing.assert_array_equal(device.get(y, x.shape, "i4"), np.sort(x, 1))
    with pytest.raises(Fault, match=r"out of bounds|uninitialised"):
        device.launch("kn_sort", 1, 1, [device.put(x), y, np.int32(9)])


@every_architecture
def test_functions_are_called_and_call_themselves(architecture: int) -> None:
    source = """
struct Pair { double sum; int calls; };
__device__ __noinline__ float power(float x, int n, int* calls) {
  float result = 1.f;
  for (int i = 0; i < n; i++) { result *= x; ++*calls; }
  return result;
}
__device__ __noinline__ Pair digits(long long n) {
  int digit[2] = {(int)(n % 10), 1};
  if (n < 10) return Pair{(double)digit[0], digit[1]};
  Pair rest = digits(n / 10);
  return Pair{rest.sum + digit[n < 0], rest.calls + digit[n > 0]};
}
extern "C" __global__ void kn_call(float* y, double* z, int* c) {
  int t = threadIdx.x, calls = 0;
  y[t] = t % 3 ? power(1.5f, t % 5, &calls) : -1.f;
  Pair pair = digits(t * 7919ll);
  z[t] = pair.sum;
  c[t] = 100 * pair.calls + calls;
}"""
    device = emulator(source, architecture)
    y, z, c = device.allocate(256), device.allocate(512), device.allocate(256)
    device.launch("kn_call", 1, 64, [y, z, c])
    t = np.arange(64)
    np.testing.assert_array_equal(device.get(y, 64, "f4"), np.where(t % 3, 1.5 ** (t % 5), -1))
    text = [str(n * 7919) for n in t]
    np.testing.assert_array_equal(device.get(z, 64, "f8"), [sum(map(int, s)) for s in text])
    expected = [100 * len(s) + (n % 5 if n % 3 else 0) for n, s in enumerate(text)]
    np.testing.assert_array_equal(device.get(c, 64, "i4"), expected)


@every_architecture
def test_threads_part_and_meet_again(architecture: int) -> None:
    """Collatz: each thread has a loop of another length, and branches in it."""
    source = """
extern "C" __global__ void kn_collatz(int* y) {
  int t = threadIdx.x + blockIdx.x * blockDim.x, steps = 0;
  for (long long n = t + 1; n != 1; steps++) n = n % 2 ? 3 * n + 1 : n / 2;
  switch (t % 7) {
    case 0: steps += 1000; break;
    case 1: steps = -steps; break;
    case 2: if (steps > 20) { steps *= 3; break; }
    case 3: steps ^= 0x55; break;
    case 5: return;
    default: steps += t;
  }
  y[t] = steps;
}"""

    def expected(t: int) -> int:
        n, steps = t + 1, 0
        while n != 1:
            n, steps = (3 * n + 1 if n % 2 else n // 2), steps + 1
        match t % 7:
            case 0:
                return steps + 1000
            case 1:
                return -steps
            case 2:
                return steps * 3 if steps > 20 else steps ^ 0x55
            case 3:
                return steps ^ 0x55
            case 5:
                return 0
        return steps + t

    device = emulator(source, architecture)
    y = device.put(np.zeros(300, "i4"))
    device.launch("kn_collatz", 3, 100, [y])
    assert device.get(y, 300, "i4").tolist() == [expected(t) for t in range(300)]


def test_a_table_of_branches() -> None:
    """brx.idx, which NVRTC writes for few switches; so by hand."""
    text = """
.version 7.8
.target sm_75
.address_size 64
.visible .entry kn_table(.param .u64 kn_table_param_0)
{
  .reg .b32 %r<4>;
  .reg .b64 %rd<4>;
  ld.param.u64 %rd1, [kn_table_param_0];
  mov.u32 %r1, %tid.x;
  mul.wide.u32 %rd2, %r1, 4;
  add.s64 %rd3, %rd1, %rd2;
  and.b32 %r2, %r1, 3;
$table: .branchtargets $A, $B, $C, $B;
  brx.idx %r2, $table;
$A: mov.u32 %r3, 10; bra.uni $end;
$B: mov.u32 %r3, 20; bra.uni $end;
$C: { .reg .b32 %r3x; mov.u32 %r3x, 30; mov.u32 %r3, %r3x; }
$end:
  st.global.u32 [%rd3], %r3;
  ret;
}
"""
    device = Emulator(total_bytes=1 << 16)
    y = device.allocate(256)
    device.launch("kn_table", 1, 64, [y], loaded=Loaded(text, device.memory))
    np.testing.assert_array_equal(device.get(y, 64, "i4"), np.tile([10, 20, 30, 20], 16))


def test_a_launch_is_checked_before_it_starts() -> None:
    source = """
extern "C" __global__ void __launch_bounds__(128) kn_bounded(int* y) {
  __shared__ int s[12000];
  s[threadIdx.x] = 1;
  y[threadIdx.x] = s[threadIdx.x];
}"""
    device = emulator(source, 75)
    y = device.allocate(512)
    device.launch("kn_bounded", 1, 128, [y])
    for grid, block, shared, match in (
        (1, 129, 0, "129 threads in a block, __launch_bounds__ says 128"),
        (1, (64, 32, 1), 0, "2048 threads in a block, at most 1024"),
        (1, (1, 1, 65), 0, r"block \(1, 1, 65\), each from 1 to"),
        (0, 32, 0, r"grid \(0, 1, 1\), each from 1"),
        ((1, 65536), 32, 0, r"grid \(1, 65536, 1\), each from 1"),
        (1, 32, 2000, r"48000 \+ 2000 bytes of shared memory, a block has 49152"),
    ):
        with pytest.raises(Fault, match=match) as caught:
            device.launch("kn_bounded", grid, block, [y], shared)
        assert caught.value.kind == "launch"
    with pytest.raises(Fault, match="no kernel 'kn_other'; there are kn_bounded"):
        device.launch("kn_other", 1, 1, [])
    with pytest.raises(Fault, match=r"list .* cannot be passed"):
        device.launch("kn_bounded", 1, 1, [[1, 2]])
    with pytest.raises(Fault, match=r"shape \(3,\) cannot be passed by value"):
        device.launch("kn_bounded", 1, 1, [np.zeros(3)])


def test_the_compiler_says_why_it_refuses() -> None:
    with pytest.raises(CompilationError, match=r"source.cu\(2\): error: .* undefined"):
        ptx("\nint x = missing;", 75)
    assert available() == ""


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_cubins_are_made_by_the_same_library(architecture: int) -> None:
    assert cubin(WHERE, architecture).startswith(b"\x7fELF")
