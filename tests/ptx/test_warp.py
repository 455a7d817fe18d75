"""Shuffles, votes, matches and reductions of a warp, and who has to be there."""

import numpy as np
import pytest

from tests.ptx.emulator import Emulator
from tests.ptx.faults import Fault
from tests.ptx.snippets import ARCHITECTURES, NEEDS_NVRTC, emulator, every_architecture

pytestmark = NEEDS_NVRTC
LANE = np.arange(64) % 32
WARP = np.arange(64) // 32 * 32


def run(body: str, architecture: int, results: int = 1, threads: int = 64) -> np.ndarray:
    """What 64 threads leave in y[n * 64 + t], n up to ``results``; x[t] is 3 * t."""
    source = f"""extern "C" __global__ void kn_warp(const int* x, unsigned* y) {{
  int t = threadIdx.x, lane = t & 31;
  int v = x[t];
  {body}
}}"""
    device = emulator(source, architecture)
    x, y = device.put(3 * np.arange(64, dtype="i4")), device.allocate(256 * results)
    device.launch("kn_warp", 1, threads, [x, y])
    return device.get(y, (results, 64)[2 - min(results, 2) :], "u4")


@every_architecture
@pytest.mark.parametrize("width", [32, 16, 4])
def test_shuffles(width: int, architecture: int) -> None:
    first = LANE // width * width
    for call, source in (
        (f"__shfl_sync(~0u, v, lane + 5, {width})", first + (LANE + 5) % width),
        (f"__shfl_xor_sync(~0u, v, 3, {width})", LANE ^ 3),
        (
            f"__shfl_up_sync(~0u, v, 2, {width})",
            np.where(LANE - first >= 2, LANE - 2, LANE),
        ),
        (
            f"__shfl_down_sync(~0u, v, 3, {width})",
            np.where(LANE - first + 3 < width, LANE + 3, LANE),
        ),
    ):
        found = run(f"y[t] = {call};", architecture)
        np.testing.assert_array_equal(found, 3 * (WARP + source), err_msg=call)


def test_a_shuffle_says_whether_its_source_was_in_range() -> None:
    body = (
        'asm volatile("{ .reg .pred p; .reg .b32 r; shfl.sync.down.b32 r|p, %1, 4, 31, -1; '
        'selp.u32 %0, 1, 0, p; }" : "=r"(y[t]) : "r"(v));'
    )
    np.testing.assert_array_equal(run(body, ARCHITECTURES[0]), LANE + 4 < 32)


@every_architecture
def test_where_a_lane_is(architecture: int) -> None:
    names = ("laneid", "warpid", "lanemask_lt", "lanemask_le", "lanemask_gt", "lanemask_ge")
    body = "".join(
        f'asm("mov.u32 %0, %%{name};" : "=r"(y[{64 * n} + t]));' for n, name in enumerate(names)
    )
    found = run(body, architecture, len(names))
    below = 2 ** LANE.astype("u8") - 1
    ones = np.full(64, 2**32 - 1, "u8")
    for name, row, expected in zip(
        names,
        found,
        (LANE, WARP // 32, below, 2 * below + 1, ones - 2 * below - 1, ones - below),
        strict=True,
    ):
        np.testing.assert_array_equal(row, expected, err_msg=name)


@every_architecture
def test_votes(architecture: int) -> None:
    body = """
  y[t] = __ballot_sync(~0u, v % 2);
  y[64 + t] = __any_sync(~0u, v == 9);
  y[128 + t] = __all_sync(~0u, v >= 96);
  y[192 + t] = __activemask();"""
    found = run(body, architecture, 4)
    np.testing.assert_array_equal(found[0], 0xAAAAAAAA)
    np.testing.assert_array_equal(found[1], WARP == 0)
    np.testing.assert_array_equal(found[2], WARP == 32)
    np.testing.assert_array_equal(found[3], 0xFFFFFFFF)


@every_architecture
def test_masks_of_some_lanes(architecture: int) -> None:
    """Two halves take part in instructions of their own, on branches of their own."""
    body = """
  if (lane < 16) y[t] = __ballot_sync(0x0000ffffu, v % 2);
  else y[t] = __shfl_xor_sync(0xffff0000u, v, 1);"""
    found = run(body, architecture)
    np.testing.assert_array_equal(found, np.where(LANE < 16, 0xAAAA, 3 * (WARP + (LANE ^ 1))))


@every_architecture
def test_lanes_that_parted_meet_at_a_shuffle(architecture: int) -> None:
    """Half of the lanes do more before they come to the instruction."""
    body = """
  if (lane % 2) for (int n = 0; n < lane; n++) v += y[64 + t];
  y[t] = __shfl_xor_sync(~0u, v, 1);"""
    body = body.replace("y[64 + t]", "x[n % 2]")  # 0 and 3 in turn
    t = np.arange(64)
    value = 3 * t + np.where(LANE % 2, LANE // 2 * 3, 0)
    np.testing.assert_array_equal(run(body, architecture), value[t ^ 1])


@every_architecture
def test_matches(architecture: int) -> None:
    body = """
  int same;
  y[t] = __match_any_sync(~0u, v % 4);
  y[64 + t] = __match_all_sync(~0u, v / 96, &same);
  y[128 + t] = same;
  y[192 + t] = __match_all_sync(~0u, lane == 31, &same) + same;"""
    found = run(body, architecture, 4)
    expected = [
        sum(1 << j for j in range(32) if 3 * (t // 32 * 32 + j) % 4 == 3 * t % 4) for t in range(64)
    ]
    np.testing.assert_array_equal(found[0], expected)
    np.testing.assert_array_equal(found[1], 0xFFFFFFFF)
    np.testing.assert_array_equal(found[2], 1)
    np.testing.assert_array_equal(found[3], 0)


@pytest.mark.parametrize("architecture", [a for a in ARCHITECTURES if a >= 80])
def test_reductions_of_a_warp(architecture: int) -> None:
    body = """
  y[t] = __reduce_add_sync(~0u, v);
  y[64 + t] = __reduce_max_sync(~0u, v - 50);
  y[128 + t] = __reduce_xor_sync(~0u, (unsigned)v);"""
    found = run(body, architecture, 3)
    values = 3 * np.arange(64, dtype="i4").reshape(2, 32)
    np.testing.assert_array_equal(found[0], np.repeat(values.sum(1), 32))
    np.testing.assert_array_equal(found[1].view("i4"), np.repeat(values.max(1) - 50, 32))
    np.testing.assert_array_equal(found[2], np.repeat(np.bitwise_xor.reduce(values, 1), 32))


@every_architecture
def test_reading_a_lane_that_is_not_there(architecture: int) -> None:
    """A block of 48: the second warp has 16 lanes, and CUDA leaves what the others give open."""
    with pytest.raises(Fault, match="reads lane 16 of the warp, which does not take part") as fault:
        run("y[t] = __shfl_down_sync(~0u, v, 16);", architecture, threads=48)
    assert (fault.value.kind, fault.value.thread) == ("shuffle", (32, 0, 0))


@every_architecture
def test_waiting_for_a_lane_that_waits_elsewhere(architecture: int) -> None:
    body = "if (lane < 16) y[t] = __shfl_xor_sync(~0u, v, 1); else __syncthreads();"
    with pytest.raises(Fault, match=r"16 threads of the warp wait for 16 more") as fault:
        run(body, architecture)
    assert fault.value.kind == "warp"


@every_architecture
def test_a_mask_names_the_thread_itself(architecture: int) -> None:
    with pytest.raises(Fault, match="does not name the thread"):
        run("if (lane < 16) y[t] = __ballot_sync(0xffff0000u, v);", architecture)


@every_architecture
def test_lanes_that_have_ended_are_not_waited_for(architecture: int) -> None:
    body = "y[t] = 7; if (lane >= 20) return; y[t] = __ballot_sync(0x000fffffu, v >= 0);"
    np.testing.assert_array_equal(run(body, architecture), np.where(LANE < 20, 0xFFFFF, 7))


def test_a_whole_row_sum_by_shuffles() -> None:
    source = """
extern "C" __global__ void kn_row_sum(const double* x, double* y, int columns) {
  __shared__ double s[32];
  int t = threadIdx.x;
  double sum = 0;
  for (int j = t; j < columns; j += blockDim.x) sum += x[(long long)blockIdx.x * columns + j];
  for (int o = 16; o > 0; o >>= 1) sum += __shfl_down_sync(~0u, sum, o);
  if (t % 32 == 0) s[t / 32] = sum;
  __syncthreads();
  if (t < 32) {
    sum = t < blockDim.x / 32 ? s[t] : 0.;
    for (int o = 16; o > 0; o >>= 1) sum += __shfl_down_sync(~0u, sum, o);
    if (t == 0) y[blockIdx.x] = sum;
  }
}"""
    x = np.random.default_rng(0).standard_normal((37, 501))
    for architecture in ARCHITECTURES:
        device = Emulator(source, architecture, total_bytes=1 << 20)
        a, y = device.put(x), device.allocate(37 * 8)
        device.launch("kn_row_sum", 37, 256, [a, y, np.int32(501)])
        np.testing.assert_allclose(device.get(y, 37, "f8"), x.sum(1), rtol=1e-13)
