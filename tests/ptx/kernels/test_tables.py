"""What the committed tables stand on: the compiler's log, the files, what counts as worse."""

from pathlib import Path

import pytest

from tests.ptx import kept, nvcc, nvrtc, ptxas
from tests.ptx.kernels import counts, registers
from tests.ptx.ptxas import Usage
from tests.ptx.snippets import NEEDS_NVRTC, WANTED

SPILLING = """
extern "C" __global__ void __launch_bounds__(1024, 2) kn_crowded(const float* x, float* y) {
  float a[64];
  for (int k = 0; k < 64; k++) a[k] = x[k * 1024 + threadIdx.x];
  __syncthreads();
  for (int j = 0; j < 64; j++) {
    float sum = 0;
    for (int k = 0; k < 64; k++) sum += a[k] * a[(k * 7 + j) % 64];
    y[j * 1024 + threadIdx.x] = sum;
  }
}
extern "C" __global__ void kn_table(float* y, int k) {
  __shared__ float s[300];
  float a[9] = {0, 1, 2, 3, 5, 7, 9, 11, 13};
  s[threadIdx.x] = a[k];
  __syncthreads();
  y[threadIdx.x] = s[299 - threadIdx.x];
}
"""


def check(usages: dict[tuple[str, int], Usage], architecture: int) -> None:
    crowded, table = usages["kn_crowded", architecture], usages["kn_table", architecture]
    assert crowded.registers <= 64
    assert crowded.spilled > 0
    assert table.shared == 1200
    assert table.spilled == 0
    assert 8 <= table.registers < 40


@NEEDS_NVRTC
@pytest.mark.parametrize("architecture", WANTED)
def test_spills_are_seen(architecture: int) -> None:
    check(ptxas.usages(nvrtc.ptxas_log(SPILLING, architecture)), architecture)


@pytest.mark.skipif(bool(nvcc.available()), reason=nvcc.available())
def test_spills_are_seen_by_nvcc() -> None:
    usages = ptxas.usages(nvcc.ptxas_log(SPILLING, (75, 90)))
    assert len(usages) == 4
    for architecture in (75, 90):
        check(usages, architecture)


@NEEDS_NVRTC
def test_errors_are_the_compiler_s() -> None:
    for compile_it in (nvrtc.ptxas_log, nvrtc.ptx):
        with pytest.raises(nvrtc.CompilationError, match="KN_T"):
            compile_it("__global__ void k(KN_T x) {}", 80)


def test_more_is_worse_and_less_is_not() -> None:
    assert not registers.growth((32, 0), (32, 0))
    assert not registers.growth((32, 40), (30, 40))
    assert registers.growth((32, 0), (33, 0)) == "takes 33 registers, 32 before"
    assert registers.growth((32, 0), (30, 8)) == "takes 8 bytes of stack, 0 before"
    assert "not in the table" in registers.growth(None, (8, 0))


def test_a_table_of_registers_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "registers.txt"
    table: registers.Table = {
        ("a.cu T=float", "kn_b"): {75: (10, 0), 120: (16, 40)},
        ("a.cu T=float", "kn_a"): dict.fromkeys(WANTED, (20, 0)),
        ("elementwise f32", "kn_c"): {80: (255, 1024)},
    }
    registers.write("12.9", table, path)
    assert registers.read(path) == ("12.9", table)
    assert registers.read(tmp_path / "none") == ("", {})


def test_a_table_of_counts_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "counts.txt"
    numbers = tuple(range(len(counts.COLUMNS)))
    table = {("sum of rows", "kn_reduce"): numbers, ("sort", "kn_digit -DKN_T=float"): numbers}
    counts.write("12.9", table, path)
    assert counts.read(path) == ("12.9", table)


def test_every_difference_of_counts_is_said() -> None:
    numbers = (5,) * len(counts.COLUMNS)
    more = (6, *numbers[1:])
    assert not counts.differences({"kn_a": numbers}, {"kn_a": numbers})
    said = counts.differences(
        {"kn_a": numbers, "kn_gone": numbers}, {"kn_a": more, "kn_new": numbers}
    )
    assert said == [
        "kn_a: warp_instructions 6, was 5",
        "kn_gone: no longer launched",
        "kn_new: not in the table; renew it, see counts.txt",
    ]


def test_what_was_made_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_folder", tmp_path)
    made: list[bytes] = []

    def make() -> bytes:
        made.append(b"text" * 1000)
        return made[-1]

    assert kept.remembered(("a", "b"), make) == kept.remembered(("a", "b"), make) == made[0]
    assert len(made) == 1
    kept.remembered(("ab", ""), make)
    assert len(made) == 2
    for path in tmp_path.glob("??/*"):
        path.write_bytes(b"damaged")
    assert kept.remembered(("a", "b"), make) == made[0]
    assert len(made) == 3
