"""NaN and infinity where numbers are moved, added up by place, and scanned."""

from typing import Any

import numpy as np
import pytest

from knetengine.gpu.kernels import copying, indexing, scans
from tests.knetengine.gpu.kernels.board import Board

NAN, INF = np.nan, np.inf


def bits(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}")


@pytest.mark.parametrize("letter", "efd")
def test_copies_keep_every_bit(board: Board, letter: str) -> None:
    """Payloads of NaNs, and the sign of a zero, however a copy goes."""
    width = np.dtype(letter).itemsize
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2 ** (8 * width) - 1, (40, 48), dtype=f"u{width}").view(letter)
    x[0, :3] = [NAN, -NAN, -0.0]
    there = board.put(x)
    for view in (x, x.T, x[:, ::2], x[::-1]):
        out = board.empty(view.shape, letter)
        start = view.__array_interface__["data"][0] - x.__array_interface__["data"][0]
        operand = there._replace(
            address=type(there.address)(there.address + start),
            shape=view.shape,
            strides=view.strides,
        )
        copying.copy(board.driver, operand, out)
        np.testing.assert_array_equal(bits(board.get(out)), bits(view))
    out = board.empty((80, 48), letter)
    copying.concatenate(board.driver, [there, there], 0, out, scratch=board.scratch)
    np.testing.assert_array_equal(bits(board.get(out)), bits(np.concatenate([x, x])))
    index = board.put(np.array([39, 0, 0]))
    rows = board.empty((3, 48), letter)
    indexing.gather(board.driver, there, [index], rows)
    np.testing.assert_array_equal(bits(board.get(rows)), bits(x[[39, 0, 0]]))


@pytest.mark.parametrize("letter", "efd")
@pytest.mark.parametrize("size", [6, 1500])
@pytest.mark.parametrize("name", scans.OPERATIONS)
def test_a_scan_is_nan_from_the_first_on(board: Board, name: str, size: int, letter: str) -> None:
    for special in ([NAN], [INF, 1, -INF], [-INF, 2], [INF, 0.0], [-0.0, NAN, INF]):
        x = np.ones(size, letter)
        x[size // 2 : size // 2 + len(special)] = special
        function: Any = {"cumsum": np.cumsum, "cumprod": np.cumprod}.get(name)
        if function is None:
            function = (np.maximum if name == "cummax" else np.minimum).accumulate
        out = board.empty(x.shape, letter)
        scans.scan(board.driver, name, board.put(x), 0, out, scratch=board.scratch)
        with np.errstate(invalid="ignore"):
            expected = function(x.astype("f" if letter == "e" else letter)).astype(letter)
        np.testing.assert_array_equal(board.get(out), expected)


@pytest.mark.parametrize("letter", "efd")
def test_what_is_added_at_a_place_stays_there(board: Board, letter: str) -> None:
    rng = np.random.default_rng(1)
    index = rng.integers(0, 20, 300)
    values = rng.integers(-3, 4, (300, 2)).astype(letter)
    values[np.flatnonzero(index == 3)[:2]] = [[NAN, 1], [0, INF]]
    values[np.flatnonzero(index == 7)[:2], 1] = [INF, -INF]
    x = rng.integers(-3, 4, (20, 2)).astype(letter)
    there = board.put(x)
    indexing.scatter_add(
        board.driver, there, [board.put(index)], board.put(values), scratch=board.scratch
    )
    with np.errstate(invalid="ignore"):
        np.add.at(x, index, values)
    np.testing.assert_array_equal(board.get(there), x)
    assert np.isnan(x).sum() == 2


def test_no_item_at_all(board: Board) -> None:
    """Empty indices, an empty item, an empty axis."""
    for shape, size in (((4, 3), 0), ((4, 0), 5), ((4,), 0)):
        x = np.arange(float(np.prod(shape))).reshape(shape)
        there = board.put(x)
        index = board.put(np.zeros(size, np.int64))
        values = board.put(np.zeros((size, *shape[1:])))
        for function in (indexing.scatter, indexing.scatter_add):
            function(board.driver, there, [index], values, scratch=board.scratch)
        out = board.empty((size, *shape[1:]), "d")
        indexing.gather(board.driver, there, [index], out)
        np.testing.assert_array_equal(board.get(there), x)
