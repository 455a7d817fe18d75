"""Bugs that a GPU may hide, planted: each is caught, with the line of the source."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.ptx.emulator import Emulator
from tests.ptx.faults import Fault
from tests.ptx.snippets import NEEDS_NVRTC, emulator, every_architecture, line_of

pytestmark = NEEDS_NVRTC

NO_BUG = "test_nothing_is_reported_where_nothing_is_wrong"


@pytest.fixture(autouse=True)
def counted(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> None:
    """For the line at the end; see conftest.py."""
    name = request.node.originalname
    if name != NO_BUG:
        record_property("planted", name.removeprefix("test_").replace("_", " "))


ROW_SUM = """
extern "C" __global__ void kn_row_sum(const float* x, float* y, int columns) {
  __shared__ float s[128];
  int row = blockIdx.x, t = threadIdx.x;
  float sum = 0;
  for (int j = t; j < columns; j += blockDim.x) sum += x[row * columns + j];
  s[t] = sum;
  __syncthreads();
  for (int k = blockDim.x / 2; k > 0; k >>= 1) {
    if (t < k) s[t] += s[t + k];  // TREE
    __syncthreads();  // BARRIER
  }
  if (t == 0) y[row] = s[0];
}
"""
ROWS, COLUMNS = 5, 300
X = np.random.default_rng(0).standard_normal((ROWS, COLUMNS)).astype("f4")


def row_sum(source: str, architecture: int) -> np.ndarray:
    device = emulator(source, architecture)
    x, y = device.put(X), device.allocate(ROWS * 4)
    device.launch("kn_row_sum", ROWS, 128, [x, y, np.int32(COLUMNS)])
    return device.get(y, ROWS, "f4")


@every_architecture
def test_nothing_is_reported_where_nothing_is_wrong(architecture: int) -> None:
    np.testing.assert_allclose(row_sum(ROW_SUM, architecture), X.sum(1), rtol=1e-5, atol=1e-5)


@every_architecture
def test_a_missing_barrier(architecture: int) -> None:
    source = ROW_SUM.replace("__syncthreads();  // BARRIER", "")
    with pytest.raises(Fault, match=r"race: .*shared memory that block .* no barrier") as caught:
        row_sum(source, architecture)
    assert caught.value.kind == "race"
    assert caught.value.line == line_of(source, "// TREE")
    assert f"source.cu:{caught.value.line}" in str(caught.value)
    assert "\n" not in str(caught.value)


@every_architecture
def test_a_barrier_too_few_before_shared_memory_is_used_again(architecture: int) -> None:
    """Write after read: every thread reads s[0], and one writes it anew."""
    source = """
extern "C" __global__ void kn_twice(float* y) {
  __shared__ float s;
  for (int n = 0; n < 2; n++) {
    if (threadIdx.x == 0) s = n + 1;  // BUG
    __syncthreads();
    y[threadIdx.x + 64 * n] = s;
  }
}"""
    device = emulator(source, architecture)
    with pytest.raises(Fault, match=r"writes shared .* read, with no barrier") as caught:
        device.launch("kn_twice", 1, 64, [device.allocate(512)])
    assert (caught.value.kind, caught.value.line) == ("race", line_of(source))
    right = source.replace("= s;", "= s; __syncthreads();")
    device = emulator(right, architecture)
    y = device.allocate(512)
    device.launch("kn_twice", 1, 64, [y])
    np.testing.assert_array_equal(device.get(y, (2, 64), "f4"), np.full((2, 64), [[1], [2]]))


HISTOGRAM = """
extern "C" __global__ void kn_histogram(const int* bin, int* count, int n) {
  int t = blockIdx.x * blockDim.x + threadIdx.x;
  if (t < n) atomicAdd(&count[bin[t]], 1);  // BUG
}
"""


def histogram(source: str, architecture: int, n: int = 500) -> np.ndarray:
    device = emulator(source, architecture)
    bins = np.random.default_rng(0).integers(0, 7, n).astype("i4")
    x, y = device.put(bins), device.put(np.zeros(7, "i4"))
    device.launch("kn_histogram", -(-n // 128), 128, [x, y, np.int32(n)])
    np.testing.assert_array_equal(device.get(y, 7, "i4"), np.bincount(bins, minlength=7))


@every_architecture
def test_a_missing_atomic(architecture: int) -> None:
    histogram(HISTOGRAM, architecture)
    source = HISTOGRAM.replace("atomicAdd(&count[bin[t]], 1)", "count[bin[t]] += 1")
    with pytest.raises(Fault, match=r"race: .* global memory") as caught:
        histogram(source, architecture)
    assert caught.value.line == line_of(source)


@every_architecture
def test_one_block_reads_what_another_writes(architecture: int) -> None:
    source = """
extern "C" __global__ void kn_shift(float* x, int n) {
  int t = blockIdx.x * blockDim.x + threadIdx.x;
  float next = t + 1 < n ? x[t + 1] : 0.f;
  __syncthreads();
  x[t] = next;  // BUG
}"""
    device = emulator(source, architecture)
    x = device.put(np.arange(128, dtype="f4"))
    device.launch("kn_shift", 1, 128, [x, np.int32(128)])  # one block: the barrier orders them
    np.testing.assert_array_equal(device.get(x, 4, "f4"), [1, 2, 3, 4])
    with pytest.raises(Fault, match="race") as caught:
        device.launch("kn_shift", 2, 64, [x, np.int32(128)])
    assert caught.value.line == line_of(source)
    assert caught.value.block == (1, 0, 0)
    assert "block (0, 0, 0), thread (63, 0, 0) read" in str(caught.value)


@every_architecture
def test_one_too_many(architecture: int) -> None:
    source = """
extern "C" __global__ void kn_scale(float* x, int n) {
  int t = blockIdx.x * blockDim.x + threadIdx.x;
  if (t <= n)
    x[t] *= 2.f;  // BUG
}"""
    device = emulator(source, architecture)
    x = device.put(np.ones(100, "f4"))
    with pytest.raises(Fault, match="0 bytes after the end of an allocation of 400") as caught:
        device.launch("kn_scale", 2, 64, [x, np.int32(100)])
    fault = caught.value
    assert (fault.kind, fault.line) == ("out of bounds", line_of(source))
    assert (fault.block, fault.thread, fault.address) == ((1, 0, 0), (36, 0, 0), x + 400)


@every_architecture
def test_an_argument_of_the_wrong_size(architecture: int) -> None:
    """A Python int is 8 bytes to CuPy; the kernel would read the upper half as the next one."""
    device = emulator(HISTOGRAM, architecture)
    with pytest.raises(Fault, match=r"argument 2 \(int 500\) has 8 bytes, .* parameter 4"):
        device.launch("kn_histogram", 4, 128, [device.allocate(4), device.allocate(4), 500])
    with pytest.raises(Fault, match="takes 3 arguments, 2 were given"):
        device.launch("kn_histogram", 4, 128, [device.allocate(4), device.allocate(4)])


@every_architecture
def test_shared_memory_that_nobody_wrote(architecture: int) -> None:
    source = ROW_SUM.replace("s[t] = sum;", "if (t < 100) s[t] = sum;")
    with pytest.raises(
        Fault, match=r"uninitialised: .* reads 4 bytes: what nothing has written"
    ) as caught:
        row_sum(source, architecture)
    assert caught.value.line == line_of(source, "// TREE")
    assert caught.value.thread == (36, 0, 0)


DYNAMIC = """
extern "C" __global__ void kn_reverse(float* x) {
  extern __shared__ float s[];
  s[threadIdx.x] = x[threadIdx.x];  // BUG
  __syncthreads();
  x[threadIdx.x] = s[blockDim.x - 1 - threadIdx.x];
}
"""


@every_architecture
def test_too_little_dynamic_shared_memory(architecture: int) -> None:
    device = emulator(DYNAMIC, architecture)
    x = device.put(np.arange(64, dtype="f4"))
    device.launch("kn_reverse", 1, 64, [x], shared_bytes=256)
    np.testing.assert_array_equal(device.get(x, 64, "f4"), np.arange(64)[::-1])
    with pytest.raises(Fault, match="shared memory has 252 bytes here") as caught:
        device.launch("kn_reverse", 1, 64, [x], shared_bytes=252)
    assert (caught.value.line, caught.value.thread) == (line_of(DYNAMIC), (63, 0, 0))


@every_architecture
def test_a_static_array_ends_where_it_ends(architecture: int) -> None:
    """The next array, or dynamic shared memory, lies behind it: on a GPU nothing would be seen."""
    source = ROW_SUM.replace("s[128]", "s[127]")
    with pytest.raises(Fault, match="out of bounds") as caught:
        row_sum(source, architecture)
    assert caught.value.thread == (127, 0, 0)


@every_architecture
@pytest.mark.parametrize(
    ("bug", "match"),
    [
        (
            "if (t < 40) __syncthreads();",
            r"40 threads of the block wait for 24 more, of which "
            r"thread \(40, 0, 0\) has ended",
        ),
        ("if (t >= 40) return; __syncthreads();", "40 threads of the block wait"),
    ],
)
def test_a_barrier_that_not_all_threads_reach(bug: str, match: str, architecture: int) -> None:
    source = f"""
extern "C" __global__ void kn_part(int* y) {{
  int t = threadIdx.x;
  {bug}  // BUG
  y[t] = t;
}}"""
    device = emulator(source, architecture)
    with pytest.raises(Fault, match=match) as caught:
        device.launch("kn_part", 1, 64, [device.allocate(256)])
    assert (caught.value.kind, caught.value.line) == ("barrier", line_of(source))


@every_architecture
def test_threads_that_wait_at_two_barriers(architecture: int) -> None:
    source = """
extern "C" __global__ void kn_both(int* y) {
  int t = threadIdx.x;
  if (t < 32) {
    y[t] = 1;
    __syncthreads();  // BUG
  } else {
    y[t] = 2;
    __syncthreads();  // OTHER
  }
}"""
    device = emulator(source, architecture)
    with pytest.raises(Fault, match=f"waits at source.cu:{line_of(source, '// OTHER')}") as caught:
        device.launch("kn_both", 1, 64, [device.allocate(256)])
    assert (caught.value.kind, caught.value.line) == ("barrier", line_of(source))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("x[threadIdx.x] = ((float*)((char*)x + 2))[threadIdx.x];", "misaligned"),
        ("x[threadIdx.x] = *(float*)(unsigned long long)(threadIdx.x * 4);", "out of bounds"),
        ("if (threadIdx.x == 3) __trap();", "trap"),
        ("while (x[0] < 5.f) x[threadIdx.x + 1] = 1.f;", "endless"),
        ("x[threadIdx.x] = 77 / (int)threadIdx.x;", "division by zero"),
        ('asm volatile("nanosleep.u32 3; barrier.cluster.arrive;");', "unsupported"),
    ],
)
def test_other_faults(body: str, kind: str) -> None:
    source = f'extern "C" __global__ void kn_bad(float* x) {{\n{body}\n}}'
    device = Emulator(source, 90, total_bytes=1 << 20, step_limit=1000)
    with pytest.raises(Fault) as caught:
        device.launch("kn_bad", 1, 32, [device.put(np.zeros(64, "f4"))])
    assert (caught.value.kind, caught.value.line) == (kind, 2)


@every_architecture
def test_a_line_of_a_function_that_was_inlined_names_the_call_too(architecture: int) -> None:
    source = """#line 1 "knet.cuh"
__device__ float item(const float* x, int at) { return x[at]; }
#line 1 "reduce.cu"
extern "C" __global__ void kn_call(const float* x, float* y) {
  y[0] = 2.f * item(x, 7);
}"""
    device = emulator(source, architecture)
    with pytest.raises(Fault, match=r"knet.cuh:1 \(called at reduce.cu:2\)") as caught:
        device.launch("kn_call", 1, 1, [device.put(np.ones(4, "f4")), device.allocate(4)])
    assert caught.value.line == 1
