"""What typical launches ask of the machine, against committed numbers; on all architectures."""

import dataclasses

import numpy as np
import pytest

from tests.knetengine.gpu.kernels.board import Board
from tests.ptx import nvrtc, verification
from tests.ptx.kernels import counts, selection
from tests.ptx.kernels.cases import CASES, in_float32
from tests.ptx.kernels.recording import RecordingDriver
from tests.ptx.snippets import ARCHITECTURES, NEEDS_NVRTC

pytestmark = NEEDS_NVRTC


@pytest.mark.parametrize("case", CASES)
def test_counts_are_those_of_the_table(
    case: str, board: Board, driver: RecordingDriver, pytestconfig: pytest.Config
) -> None:
    CASES[case](board)
    found = {name: dataclasses.astuple(c) for (name, _), c in driver.launched.items()}
    if len(found) < len(driver.launched):  # one kernel with several definitions
        found = {
            " ".join((name, *options)): dataclasses.astuple(c)
            for (name, options), c in driver.launched.items()
        }
    assert found
    if pytestconfig.option.update_snapshots:
        counts.renewed.update({(case, kernel): numbers for kernel, numbers in found.items()})
        return
    version, table = counts.committed()
    if version != nvrtc.version_text():
        pytest.skip(f"counts.txt is of NVRTC {version}, this is {nvrtc.version_text()}")
    known = {kernel: numbers for (other, kernel), numbers in table.items() if other == case}
    assert not counts.differences(known, found)
    verification.seen.counted |= driver.launched.keys() & selection.kernels()


def test_every_file_s_kernels_are_counted() -> None:
    """What is counted stands for all of the catalogue."""
    _, table = counts.committed()
    counted = {kernel.split()[0] for _, kernel in table | counts.renewed}
    files = [s for s in selection.sources() if selection.file_of(s).endswith(".cu")]
    assert {kernel for source in files for kernel in source.kernels} <= counted
    assert {variant.kernel for variant in in_float32().values()} <= counted


def contents(case: str, architecture: int) -> list[np.ndarray]:
    """What all blocks of a case hold in the end, addresses among it: the device is a new one."""
    driver = RecordingDriver(architecture)
    board = Board(driver)
    CASES[case](board)
    memory = driver.emulator.memory
    return [memory.data[memory.span(b, memory.size_of(b), case)] for b in board.blocks]


@pytest.mark.slow
@pytest.mark.parametrize("architecture", [a for a in ARCHITECTURES if a != counts.ARCHITECTURE])
@pytest.mark.parametrize("case", CASES)
def test_architectures_agree(case: str, architecture: int) -> None:
    """Every byte that a case leaves is the same, whatever NVRTC compiled for."""
    expected, found = (contents(case, a) for a in (counts.ARCHITECTURE, architecture))
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_array_equal(one, other)
