"""Dropout by a key: the CPU's mask, to the bit."""

from typing import Any

import numpy as np
import pytest

from knetengine.cpu.dropout import dropout as on_the_cpu
from knetengine.gpu.kernels.layers.dropout import dropout
from tests.knetengine.gpu.kernels.board import Board


@pytest.mark.parametrize("letter", "fd")
@pytest.mark.parametrize("shape", [(), (1,), (257,), (30, 40), (0, 3), (5, 1, 333)])
@pytest.mark.parametrize(("key", "p"), [(0, 0.5), (2**64 - 1, 0.1), (12345678901234567890, 0.99)])
def test_the_mask_is_the_cpu_s(board: Board, key: int, p: float, shape: Any, letter: str) -> None:
    x = np.asarray(np.random.default_rng(0).standard_normal(shape)).astype(letter)
    threshold, scale = round(p * 2**64), 1 / (1 - p)
    there, y = board.put(x), board.empty(shape, letter)
    dropout(board.driver, there, key, threshold, scale, y)
    np.testing.assert_array_equal(board.get(y), on_the_cpu(x, key, threshold, scale))
    dropout(board.driver, there, key, threshold, scale, there)
    np.testing.assert_array_equal(board.get(there), board.get(y))


def test_what_does_not_fit_is_refused(board: Board) -> None:
    x = board.put(np.zeros((2, 3), "f"))
    with pytest.raises(ValueError, match=r"y has shape \(3,\); expected \(2, 3\)"):
        dropout(board.driver, x, 1, 1, 1.0, board.empty((3,), "f"))
    half = board.put(np.zeros(3, "e"))
    with pytest.raises(ValueError, match="x is float16"):
        dropout(board.driver, half, 1, 1, 1.0, half)
