"""Blocks that come round, and what every barrier in the kernels is good for."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from knetengine.gpu.drivers.interface import DriverError
from knetengine.gpu.kernels import geometry, modules
from tests.knetengine.gpu.host.host_driver import HostDriver
from tests.knetengine.gpu.kernels.board import Board
from tests.knetengine.gpu.kernels.chosen import CHOSEN

ORDERS = ("backward", 1, "forward", 2)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("number", range(len(CHOSEN)))
def test_one_block_does_for_all(
    monkeypatch: pytest.MonkeyPatch, number: int, order: str | int
) -> None:
    """On a device a vast array has more chunks than there are blocks, and each takes several."""
    monkeypatch.setattr(geometry, "MOST_BLOCKS", 1)
    run(CHOSEN[number], order)


def run(chosen: Any, order: str | int) -> None:
    test, *arguments = chosen
    board = Board(HostDriver(order=order))
    test(board, *arguments)
    board.clear()


# Every barrier

BARRIER = re.compile(r"__syncthreads\(\);")

TESTS: dict[str, str] = {
    "knet.cuh": "softmax|nonzero|keys|channels|rows",
    "copying.cu": "copy",
    "reductions.cu": "long_and_short",
    "scans.cu": "scans",
    "selecting.cu": "nonzero",
    "sorting.cu": "keys",
    "layers/normalization.cu": "rows_are",
}
"""Which of the chosen tests run the kernels of a file."""

BARRIERS = [
    (file, number) for file in TESTS for number in range(len(BARRIER.findall(modules.read(file))))
]


@pytest.fixture
def fresh() -> Iterator[None]:
    """Sources are put together anew, before and after."""
    for cache in (modules.preamble, modules.source):
        cache.cache_clear()
    yield
    for cache in (modules.preamble, modules.source):
        cache.cache_clear()


def test_all_barriers_are_in_these_files() -> None:
    folder = modules._FOLDER
    files = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.cu*")
        if BARRIER.search(path.read_text())
    }
    assert files == set(TESTS)


@pytest.mark.slow
@pytest.mark.parametrize(("file", "number"), BARRIERS)
def test_no_barrier_can_be_left_out(
    monkeypatch: pytest.MonkeyPatch, fresh: None, file: str, number: int
) -> None:
    """Without it some order of the threads gives a wrong result, or an address that is nobody's."""
    place = list(BARRIER.finditer(modules.read(file)))[number].span()
    real = modules.read

    def read(name: str) -> str:
        text = real(name)
        return text[: place[0]] + ";" + text[place[1] :] if name == file else text

    monkeypatch.setattr(modules, "read", read)
    chosen = [each for each in CHOSEN if re.search(TESTS[file], each[0].__name__)]
    assert chosen
    for blocks in (1 << 20, 1):
        monkeypatch.setattr(geometry, "MOST_BLOCKS", blocks)
        for order in ORDERS:
            for each in chosen:
                try:
                    run(each, order)
                except (AssertionError, DriverError):
                    return
    pytest.fail(f"nothing noticed that barrier {number} of {file} was missing")
