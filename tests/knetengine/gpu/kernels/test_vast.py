# ruff: noqa: N806  # T, B, H: axes as in the shape comments
"""Index arithmetic beyond 2^31 entries, by launch geometry: of a vast grid the last blocks run.

An array is put so that its last entries lie in a small block of memory and all others nowhere: a
product or a sum of indices in 32 bits would be an address that the driver refuses, or another
entry.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from knetengine.gpu.drivers.interface import Address
from knetengine.gpu.kernels import (
    copying,
    elementwise,
    geometry,
    indexing,
    random,
    reductions,
    scans,
)
from knetengine.gpu.kernels.layers import activations, dropout, softmax, windows
from knetengine.gpu.kernels.operand import Operand, bounds, contiguous
from tests.knetengine.gpu.host.host_driver import HostDriver
from tests.knetengine.gpu.kernels.board import Board

ROOM = 1 << 22  # bytes of an array's end that are there


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[Board]:
    """A board of a driver of its own, and grids without a limit but CUDA's.

    Arrays overlap where they are nowhere, which is no matter.
    """
    monkeypatch.setattr(geometry, "MOST_BLOCKS", (1 << 31) - 1)
    for module in (copying, elementwise, indexing):
        monkeypatch.setattr(module, "may_overlap", lambda a, b: False)
    board = Board(HostDriver(1 << 27))
    yield board
    board.clear()


def vast(board: Board, shape: Any, dtype: Any, strides: Any = None) -> Operand:
    """An array of which only the end is in memory, filled with 1, 2, 3 ... up to the last entry."""
    found = contiguous(Address(0), shape, dtype)
    if strides is not None:
        found = found._replace(strides=strides)
    high = bounds(found)[1]
    room = min(ROOM, high) // found.dtype.itemsize * found.dtype.itemsize
    block = board.scratch(room)
    numbers = np.arange(1, 1 + room // found.dtype.itemsize).astype(found.dtype)
    board.driver.to_device(block, numbers)
    return found._replace(address=Address(block + room - high))


def last(board: Board, x: Operand, count: int) -> np.ndarray:
    """The last entries in memory."""
    high = bounds(x)[1]
    found = np.empty(count, x.dtype)
    board.driver.to_host(found, Address(high - found.nbytes))
    return found


@contextmanager
def only_last_blocks(
    board: Board, monkeypatch: pytest.MonkeyPatch, count: int = 1
) -> Iterator[None]:
    """Have each launch run its last blocks alone."""
    driver: Any = board.driver
    real = driver.launch

    def launch(function: Any, grid: Any, block: Any, *more: Any, **other: Any) -> None:
        blocks = grid[0] * grid[1] * grid[2]
        with driver.only_blocks(blocks - count, blocks):
            real(function, grid, block, *more, **other)

    with monkeypatch.context() as patch:
        patch.setattr(driver, "launch", launch)
        yield


N = 2**33 + 3


@pytest.mark.parametrize("letter", "fdB")
def test_entries(own: Board, monkeypatch: pytest.MonkeyPatch, letter: str) -> None:
    x, out = vast(own, (N,), letter), vast(own, (N,), letter)
    before = last(own, out, 300)
    with only_last_blocks(own, monkeypatch):
        elementwise.binary(own.driver, "add", x, x, out)
    after = last(own, out, 300)
    done = N - (N - 1) // 256 * 256
    np.testing.assert_array_equal(after[-done:], 2 * last(own, x, done))
    np.testing.assert_array_equal(after[:-done], before[:-done])


def test_entries_of_strided_arrays(own: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    shape = (70_000, 2, 40_000)
    x = vast(own, shape, "f", (4 * 80_000, 4 * 40_000, 4))
    turned = vast(own, shape, "f", (4 * 40_000, 4 * 70_000 * 40_000, 4))
    with only_last_blocks(own, monkeypatch):
        elementwise.unary(own.driver, "negative", x, turned)
    done = 70_000 * 80_000 % 256 or 256
    np.testing.assert_array_equal(last(own, turned, done), -last(own, x, done))


def test_a_thread_of_a_vast_array_comes_round(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps of the grid's stride, with the limit on blocks as it is; one entry is all."""
    one, out = board.put(np.full(1, 3.0)), board.put(np.zeros(1))
    x, y = (a._replace(shape=(N,), strides=(0,)) for a in (one, out))
    with only_last_blocks(board, monkeypatch):
        elementwise.unary(board.driver, "square", x, y)
    assert board.get(out)[0] == 9
    with only_last_blocks(board, monkeypatch):
        copying.copy(board.driver, y, x)
    assert board.get(one)[0] == 9


def test_tiles_of_a_transposed_matrix(own: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    side = 2**16
    x = vast(own, (side, side), "B")
    out = vast(own, (side, side), "B")
    with only_last_blocks(own, monkeypatch):
        copying.copy(own.driver, x._replace(strides=(1, side)), out)
    before, after = (last(own, a, 32 * side).reshape(32, side)[:, -32:] for a in (x, out))
    np.testing.assert_array_equal(after, before.T)


def test_parts_of_a_whole(own: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    one = own.put(np.ones(1, "f"))
    long = one._replace(shape=(2**32,), strides=(0,))
    short = own.put(np.array([7, 8, 9], "f"))
    whole = vast(own, (2**32 + 3,), "f")
    with monkeypatch.context() as patch:
        driver: Any = own.driver
        real = driver.launch

        def launch(function: Any, grid: Any, *more: Any, **other: Any) -> None:
            with driver.only_blocks(grid[0], grid[0] + 1):  # the first block of the second part
                real(function, grid, *more, **other)

        patch.setattr(driver, "launch", launch)
        copying.concatenate(driver, [long, short], 0, whole, scratch=own.scratch)
        np.testing.assert_array_equal(last(own, whole, 3), [7, 8, 9])
        back = own.empty((3,), "f")
        copying.split(driver, whole, 0, [long, back], scratch=own.scratch)
    np.testing.assert_array_equal(own.get(back), [7, 8, 9])


def test_many_sums(own: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 2^31 rows the last one, and of 2^33 columns the last ones."""
    rows = 2**31 - 3
    x, out = vast(own, (rows, 3), "d"), vast(own, (rows,), "d")
    with only_last_blocks(own, monkeypatch):
        reductions.reduce(own.driver, "sum", x, (1,), out, scratch=own.scratch)
    assert last(own, out, 1)[0] == last(own, x, 3).sum()
    x, out = vast(own, (1, N), "d"), vast(own, (N,), "d")
    with only_last_blocks(own, monkeypatch):
        reductions.reduce(own.driver, "sumabs2", x, (0,), out, scratch=own.scratch)
    np.testing.assert_array_equal(last(own, out, 3), last(own, x, 3) ** 2)


def test_a_long_sum(own: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 2^33 numbers each of 1024 blocks adds up its share; the last one's are counted."""
    one = own.put(np.ones(1, "B"))
    x = one._replace(shape=(2**33,), strides=(0,))
    places: list[Address] = []

    def scratch(nbytes: int) -> Address:
        places.append(own.scratch(nbytes))
        return places[-1]

    with only_last_blocks(own, monkeypatch):
        reductions.reduce(own.driver, "countnz", x, None, own.empty((), "l"), scratch=scratch)
    found = own.get(contiguous(places[0], (1024,), "l"))
    assert found[-1] == 2**23


def test_places_of_extremes(own: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    one = own.put(np.ones(1, "B"))
    x = one._replace(shape=(2**33,), strides=(0,))
    places: list[Address] = []

    def scratch(nbytes: int) -> Address:
        places.append(own.scratch(nbytes))
        return places[-1]

    with only_last_blocks(own, monkeypatch):
        reductions.reduce(own.driver, "argmax", x, None, own.empty((), "l"), scratch=scratch)
    placed = own.get(contiguous(places[0], (1024, 2), "l"))
    assert placed[-1, 1] == 2**33 - 2**23  # the first of the last block's share


def test_rows_of_a_scan(own: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 2**31 - 7
    x, out = vast(own, (rows, 3), "i"), vast(own, (rows, 3), "l")
    with only_last_blocks(own, monkeypatch):
        scans.scan(own.driver, "cumsum", x, 1, out, scratch=own.scratch)
    np.testing.assert_array_equal(last(own, out, 3), np.cumsum(last(own, x, 3)))


def test_items(own: Board) -> None:
    x = vast(own, (2**31 + 9, 3), "i")
    index = own.put(np.array([-1, 2**31 + 7, 2**31 + 8]))
    out = own.empty((3, 3), "i")
    indexing.gather(own.driver, x, [index], out)
    end = last(own, x, 6).reshape(2, 3)
    np.testing.assert_array_equal(own.get(out), end[[1, 0, 1]])
    values = own.put(np.array([[10, 20, 30]] * 3, "i"))
    indexing.scatter_add(own.driver, x, [index], values, scratch=own.scratch)
    end += np.array([[10, 20, 30], [20, 40, 60]])
    np.testing.assert_array_equal(last(own, x, 6).reshape(2, 3), end)
    one = index._replace(shape=(1,))
    indexing.scatter(own.driver, x, [one], values._replace(shape=(1, 3)), scratch=None)
    np.testing.assert_array_equal(last(own, x, 3), [10, 20, 30])


def test_random_numbers(own: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.knetengine.gpu.kernels.test_random import philox

    count = 2**34 + 8
    out = vast(own, (count,), "f")
    with only_last_blocks(own, monkeypatch):
        random.uniform(own.driver, out, 3, 5)
    expected = [(w >> 8) / 2**24 for k in (count // 4 - 2, count // 4 - 1) for w in philox(3, 5, k)]
    np.testing.assert_array_equal(last(own, out, 8), np.array(expected, "f"))


def test_arange(own: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    out = vast(own, (N,), "l")
    with only_last_blocks(own, monkeypatch):
        copying.arange(own.driver, out, 5, 2)
    np.testing.assert_array_equal(last(own, out, 3), 5 + 2 * np.arange(N - 3, N))


# Layers


def test_activations_and_dropout(own: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = vast(own, (2**20 + 1, 3, 2**12), "f"), vast(own, (2**20 + 1, 3, 2**12), "f")
    bias = own.put(np.array([-1, -2, -4e9], "f"))
    with only_last_blocks(own, monkeypatch):
        activations.forward(own.driver, "relu", x, bias, y)
    np.testing.assert_array_equal(last(own, y, 256), np.zeros(256))  # the last channel's bias
    with only_last_blocks(own, monkeypatch):
        dropout.dropout(own.driver, x, 7, 2**63, 2.0, y)
    at = np.arange(x.size - 255, x.size + 1, dtype=np.uint64)
    z = at * np.uint64(0x9E3779B97F4A7C15) + np.uint64(7)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    kept = (z ^ (z >> np.uint64(31))) >= np.uint64(2**63)
    np.testing.assert_array_equal(last(own, y, 256), 2 * last(own, x, 256) * kept)


def test_softmax(own: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = vast(own, (2**31 - 9, 5), "d"), vast(own, (2**31 - 9, 5), "d")
    with only_last_blocks(own, monkeypatch):
        softmax.softmax(own.driver, x, y)
    powers = np.exp(np.arange(5.0))
    np.testing.assert_allclose(last(own, y, 5), powers / powers.sum(), rtol=1e-14)


def test_windows(own: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    N = 2**29 + 1
    x = vast(own, (N, 1, 4, 4), "f")
    image = last(own, x, 16).reshape(4, 4)
    columns = vast(own, (N, 9, 4), "f")
    once, none = (1, 1), (0, 0)
    with only_last_blocks(own, monkeypatch):
        windows.columns(own.driver, x, (3, 3), none, once, once, columns)
    assert last(own, columns, 1)[0] == image[-1, -1]
    y, chosen = vast(own, (N, 1, 2, 2), "f"), vast(own, (N, 1, 2, 2), "b")
    with only_last_blocks(own, monkeypatch):
        windows.max_forward(own.driver, x, (2, 2), none, (2, 2), y, chosen)
    np.testing.assert_array_equal(last(own, y, 4), image[1::2, 1::2].reshape(-1))
    np.testing.assert_array_equal(last(own, chosen, 4), 3)
    back = vast(own, (N, 1, 4, 4), "f")
    with only_last_blocks(own, monkeypatch):
        windows.max_backward(own.driver, y, chosen, (2, 2), none, (2, 2), back)
    expected = np.zeros((4, 4))
    expected[1::2, 1::2] = image[1::2, 1::2]
    np.testing.assert_array_equal(last(own, back, 16).reshape(4, 4), expected)
