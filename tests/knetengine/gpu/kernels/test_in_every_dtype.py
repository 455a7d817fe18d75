"""Kernels of the catalogue in the dtypes that the tests of their files do not launch them in."""

import numpy as np
import pytest

from knetengine.gpu.kernels import copying
from knetengine.gpu.kernels.reductions import OPERATIONS
from knetengine.selftest.numbers import LETTERS, samples
from tests.knetengine.gpu.kernels.board import Board
from tests.knetengine.gpu.kernels.test_reductions import agree, expected, run

LONG = 40_000
"""So many numbers are summed by three blocks, and their sums by another launch."""


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_sums_of_two_launches(board: Board, name: str, letter: str) -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal(LONG) if letter in "efd" else rng.integers(0, 9, LONG)
    if name == "prod":
        x = 1 + 1e-3 * x if letter in "efd" else np.where(x == 3, 1 + x % 5, 1)
    x = x.astype(letter)
    if name == "prod" and letter == "e":
        x = np.where(np.arange(LONG) % 1000, 1, x).astype(letter)
    agree(name, run(board, name, x, None), expected(name, x, None), x, None)


@pytest.mark.parametrize(("letter", "count"), [("B", 200), ("?", 2)])
def test_arange(board: Board, letter: str, count: int) -> None:
    out = board.empty((count,), letter)
    copying.arange(board.driver, out, 0, 1)
    np.testing.assert_array_equal(board.get(out), np.arange(count).astype(letter))


@pytest.mark.parametrize("letter", LETTERS)
def test_triangles(board: Board, letter: str) -> None:
    x = samples(letter, 1, 91).reshape(7, 13)
    out = board.empty(x.shape, letter)
    copying.triangle(board.driver, board.put(x), out, lower=True)
    np.testing.assert_array_equal(board.get(out), np.tril(x))
