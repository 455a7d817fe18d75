"""Launches of the layers' kernels whose counts are kept, as those of `typical`."""

from collections.abc import Callable, Iterator

import numpy as np

from knetengine.gpu.kernels.layers import (
    activations,
    dropout,
    normalization,
    optimisers,
    recurrent,
    softmax,
    windows,
)
from tests.knetengine.gpu.kernels.board import Board
from tests.ptx.kernels.typical import F32, Case, numbers, whole

B, H = 24, 64
"""Sequences, and the width of a recurrent layer's state."""

Named = Iterator[tuple[str, Case]]


def cases() -> dict[str, Case]:
    """By name."""
    return dict((*_activations(), *_softmax(), *_norms(), *_recurrent(), *_windows(), *_updates()))


def _activations() -> Named:
    def activate(name: str) -> Case:
        def case(board: Board) -> None:
            x, g = numbers(board, 64, 48), numbers(board, 64, 48, seed=1)
            bias, y = numbers(board, 48, seed=2), board.empty((64, 48), F32)
            activations.forward(board.driver, name, x, bias, y)
            saved = y if activations.ACTIVATIONS[name].by_result else x
            activations.backward(board.driver, name, g, saved, bias, g)

        return case

    for name in activations.ACTIVATIONS:
        yield f"activation {name}", activate(name)

    def drop(board: Board) -> None:
        x = numbers(board, 4096)
        dropout.dropout(board.driver, x, 7, 2**63, 2.0, x)

    yield "dropout", drop


def _softmax() -> Named:
    def rows(forward: Callable[..., None], backward: Callable[..., None]) -> Case:
        def case(board: Board) -> None:
            x, g = numbers(board, 40, 100), numbers(board, 40, 100, seed=1)
            forward(board.driver, x, x)
            backward(board.driver, g, x, g)

        return case

    yield "softmax", rows(softmax.softmax, softmax.softmax_backward)
    yield "logsoftmax", rows(softmax.logsoftmax, softmax.logsoftmax_backward)

    def cross_entropy(board: Board) -> None:
        softmax.cross_entropy(
            board.driver,
            numbers(board, 40, 100),
            numbers(board, 100),
            whole(board, 100, 40),
            True,
            board.empty((), F32),
            board.empty((2,), np.int64),
            board.empty((40, 100), F32),
            board.empty((100,), F32),
            scratch=board.scratch,
        )

    yield "cross_entropy", cross_entropy


def _norms() -> Named:
    def batch(board: Board) -> None:
        shape = (6, 8, 10, 10)
        x, g, y = numbers(board, *shape), numbers(board, *shape, seed=1), board.empty(shape, F32)
        params, (mean, var, inverse) = numbers(board, 16), (board.empty((8,), F32) for _ in "mvi")
        driver = board.driver
        normalization.batch_forward(driver, x, params, True, 1e-5, mean, var, inverse, y)
        out = board.empty((16,), F32)
        normalization.batch_backward(driver, g, x, params, mean, inverse, True, y, out)

    def layer(board: Board) -> None:
        x, g, y = numbers(board, 40, 96), numbers(board, 40, 96, seed=1), board.empty((40, 96), F32)
        gain, bias = numbers(board, 96, seed=2), numbers(board, 96, seed=3)
        mean, inverse = board.empty((40,), F32), board.empty((40,), F32)
        normalization.layer_forward(board.driver, x, gain, bias, 1e-5, mean, inverse, y)
        sums = board.empty((96,), F32), board.empty((96,), F32)
        normalization.layer_backward(
            board.driver, g, x, gain, mean, inverse, y, *sums, scratch=board.scratch
        )

    yield "batch norm", batch
    yield "layer norm", layer


def _recurrent() -> Named:
    def lstm(board: Board) -> None:
        driver, h, c, y, cells = board.driver, *(numbers(board, B, H, seed=k) for k in range(4))
        projected, recurrent_part = numbers(board, B, 4 * H), numbers(board, B, 4 * H, seed=9)
        gates, lengths = board.empty((B, 4 * H), F32), whole(board, 5, B)
        recurrent.lstm_step(
            driver, 2, projected, None, recurrent_part, lengths, h, c, y, gates, cells
        )
        recurrent.lstm_step_backward(
            driver, 2, 5, False, gates, cells, c, h, lengths, y, h, c, recurrent_part
        )

    def gru(board: Board) -> None:
        driver, h, y, before, dh = board.driver, *(numbers(board, B, H, seed=k) for k in range(4))
        projected, recurrent_part = numbers(board, B, 3 * H), numbers(board, B, 3 * H, seed=9)
        gates, bias, new = board.empty((B, 4 * H), F32), numbers(board, H), board.empty((B, H), F32)
        recurrent.gru_step(driver, 2, projected, None, recurrent_part, bias, None, h, y, gates)
        recurrent.gru_step_backward(
            driver, 2, 5, False, gates, before, h, None, y, dh, recurrent_part, new
        )

    def elman(board: Board) -> None:
        driver, h, y, part, dh = board.driver, *(numbers(board, B, H, seed=k) for k in range(4))
        recurrent.elman_step(driver, 2, False, part, whole(board, B, B), part, None, h, y)
        recurrent.elman_step_backward(driver, 2, False, y, None, h, dh, board.empty((B, H), F32))

    yield "lstm", lstm
    yield "gru", gru
    yield "elman", elman


def _windows() -> Named:
    window, padding, stride, dilation = (3, 3), (1, 1), (2, 2), (1, 1)
    shape, out = (4, 6, 14, 14), (4, 6, 7, 7)

    def columns(board: Board) -> None:
        matrix = board.empty((4, 54, 49), F32)
        x, geometry = numbers(board, *shape), (window, padding, stride, dilation)
        windows.columns(board.driver, x, *geometry, matrix)
        windows.images(board.driver, matrix, *geometry, x)

    def largest(board: Board) -> None:
        x, y = numbers(board, *shape), board.empty(out, F32)
        chosen, geometry = board.empty(out, np.int8), (window, padding, stride)
        windows.max_forward(board.driver, x, *geometry, y, chosen)
        windows.max_backward(board.driver, y, chosen, *geometry, x)

    def average(board: Board) -> None:
        x, y, factors = numbers(board, *shape), board.empty(out, F32), numbers(board, 7, 7)
        windows.sum_forward(board.driver, x, factors, window, padding, stride, y)
        windows.sum_backward(board.driver, y, factors, window, padding, stride, x)

    yield "columns", columns
    yield "max pooling", largest
    yield "sum pooling", average


def _updates() -> Named:
    def update(name: str, count: int) -> Case:
        def case(board: Board) -> None:
            rule = optimisers.RULES[name]
            sizes = [300 * (1 + k % 3) for k in range(count)]
            lists = [
                [numbers(board, n, seed=k + 100 * s, dtype=F32) for k, n in enumerate(sizes)]
                for s in range(2 + rule.slots)
            ]
            for state in lists[2:]:
                for array in state:
                    board.driver.fill(array.address, 0, 4 * array.size)
            constants = [0.1] * rule.constants
            states = [tuple(of) for of in zip(*lists[2:], strict=True)] or [()] * count
            optimisers.update(
                board.driver, name, lists[0], lists[1], states, constants, scratch=board.scratch
            )

        return case

    for name in optimisers.RULES:
        yield f"{name} of 5 arrays", update(name, 5)
    yield "adam of 70 arrays", update("adam", 70)
