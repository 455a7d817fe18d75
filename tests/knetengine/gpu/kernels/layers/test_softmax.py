# ruff: noqa: N803, N806  # T, B, H: axes as in the shape comments
"""Softmax and the cross entropy, against the plain twins and SciPy."""

from typing import Any

import numpy as np
import pytest
import scipy.special

from knetengine import nn
from knetengine.autograd import vjp
from knetengine.gpu.kernels.layers import softmax
from tests.knetengine.gpu.kernels.board import Board
from tests.knetengine.gpu.kernels.layers.agreement import agree

SHAPES = [(1, 1), (7, 10), (3, 33), (2, 3, 257), (5, 1000), (0, 4), (3, 0), (300, 2), (9,)]


@pytest.mark.parametrize("letter", "fd")
@pytest.mark.parametrize("shape", SHAPES)
def test_rows_and_their_gradients(board: Board, shape: Any, letter: str) -> None:
    rng = np.random.default_rng(0)
    x, g = (3 * rng.standard_normal(shape).astype(letter) for _ in range(2))
    for name, meaning in (
        ("softmax", scipy.special.softmax),
        ("logsoftmax", scipy.special.log_softmax),
    ):
        y, dx = board.empty(shape, letter), board.empty(shape, letter)
        getattr(softmax, name)(board.driver, board.put(x), y)
        expected = meaning(x.astype(float), -1) if x.size else x
        agree(board.get(y), expected, letter)
        getattr(softmax, f"{name}_backward")(board.driver, board.put(g), y, dx)
        if not x.size:
            continue
        with nn.reference(True):
            _, pull = vjp(getattr(nn, name), x.astype(float))
        agree(board.get(dx), pull(g.astype(float))[0], letter, 4)
        again = board.put(x)
        getattr(softmax, name)(board.driver, again, again)
        np.testing.assert_array_equal(board.get(again), board.get(y))


def test_large_scores_overflow_nothing_and_infinite_ones_give_nan(board: Board) -> None:
    inf = np.inf
    x = np.array(
        [
            [1e4, 1e4 - 1, -1e4],
            [-1e30, -1e30, -inf],
            [inf, 0, 0],
            [-inf, -inf, -inf],
            [np.nan, 1, 2],
        ],
        "f",
    )
    y = board.empty(x.shape, "f")
    softmax.softmax(board.driver, board.put(x), y)
    result = board.get(y)
    agree(result[:2], scipy.special.softmax(x[:2].astype(float), -1), "f")
    assert np.isnan(result[2:]).any(-1).all()
    softmax.logsoftmax(board.driver, board.put(x), y)
    agree(board.get(y)[:2], scipy.special.log_softmax(x[:2].astype(float), -1), "f")


# The cross entropy


def run(
    board: Board,
    scores: np.ndarray,
    bias: np.ndarray | None,
    labels: np.ndarray,
    average: bool,
    wanted: int = 2,
) -> tuple[Any, Any, Any, np.ndarray]:
    """Loss, gradient, bias's gradient, and what was found of the labels."""
    dtype, (N, C) = scores.dtype, scores.shape
    loss, found = board.empty((), dtype), board.empty((2,), np.int64)
    gradients = [board.empty((N, C), dtype), board.empty((C,), dtype)][:wanted]
    softmax.cross_entropy(
        board.driver,
        board.put(scores),
        None if bias is None else board.put(bias),
        board.put(labels.astype(np.int64)),
        average,
        loss,
        found,
        *gradients,
        *(None,) * (2 - wanted),
        scratch=board.scratch,
    )
    results = [board.get(a) for a in gradients] + [None] * (2 - wanted)
    return board.get(loss), *results, board.get(found)


@pytest.mark.parametrize("letter", "fd")
@pytest.mark.parametrize("average", [True, False])
@pytest.mark.parametrize(("N", "C"), [(1, 1), (5, 10), (100, 84), (33, 257), (700, 3), (2, 5000)])
def test_loss_and_gradients_are_the_twin_s(
    board: Board, N: int, C: int, average: bool, letter: str
) -> None:
    rng = np.random.default_rng(N)
    scores = 2 * rng.standard_normal((N, C)).astype(letter)
    bias = rng.standard_normal(C).astype(letter)
    labels = rng.integers(-1, C, N)
    for b in (bias, None):
        loss, gradient, of_bias, found = run(board, scores, b, labels, average)
        np.testing.assert_array_equal(found, [(labels >= 0).sum(), -1])

        def twin(s: Any, *rest: Any) -> Any:
            return nn.nll(s, labels, bias=rest[0] if rest else None, average=average)

        with nn.reference(True):
            arguments = [a.astype(float) for a in (scores, b) if a is not None]
            expected, pull = vjp(twin, *arguments)
        agree(loss, expected, letter, 4)
        parts = pull(np.float64(1))
        agree(gradient, parts[0], letter, 4)
        agree(of_bias, parts[0].sum(0), letter, 40)


def test_nothing_but_the_loss(board: Board) -> None:
    scores = np.random.default_rng(1).standard_normal((6, 4))
    labels = np.array([0, 3, -1, 2, 1, -1])
    loss, gradient, of_bias, _ = run(board, scores, None, labels, True, wanted=0)
    assert gradient is None
    assert of_bias is None
    full = run(board, scores, None, labels, True)
    assert loss == full[0]
    half = run(board, scores, None, labels, True, wanted=1)
    np.testing.assert_array_equal(half[1], full[1])


def test_wrong_labels_are_reported_and_left_out(board: Board) -> None:
    scores = np.random.default_rng(2).standard_normal((900, 4))
    labels = np.random.default_rng(3).integers(0, 4, 900)
    labels[[700, 611, 899]] = [4, -2, 2**40]
    loss, gradient, _, found = run(board, scores, None, labels, False)
    np.testing.assert_array_equal(found, [897, 611])
    kept = np.delete(np.arange(900), [611, 700, 899])
    chances = scipy.special.log_softmax(scores, -1)
    np.testing.assert_allclose(loss, -chances[kept, labels[kept]].sum(), rtol=1e-13)
    np.testing.assert_array_equal(gradient[[611, 700, 899]], 0)


def test_no_rows_and_none_that_count(board: Board) -> None:
    loss, gradient, of_bias, found = run(board, np.zeros((0, 3)), None, np.zeros(0), True)
    assert (loss, gradient.shape, found.tolist()) == (0, (0, 3), [0, -1])
    np.testing.assert_array_equal(of_bias, np.zeros(3))
    loss, gradient, _, found = run(board, np.ones((2, 3)), None, np.array([-1, -1]), True)
    assert (loss, found.tolist()) == (0, [0, -1])
    np.testing.assert_array_equal(gradient, 0)


def test_what_does_not_fit_is_refused(board: Board) -> None:
    scores = np.zeros((3, 4), "f")
    with pytest.raises(ValueError, match=r"labels has shape \(2,\); expected \(3,\)"):
        run(board, scores, None, np.zeros(2), True)
    with pytest.raises(ValueError, match=r"bias has shape \(3,\); expected \(4,\)"):
        run(board, scores, np.zeros(3, "f"), np.zeros(3), True)
    with pytest.raises(ValueError, match=r"expected \(N, C\), C > 0"):
        run(board, np.zeros((3, 0), "f"), None, np.zeros(3), True)
    with pytest.raises(ValueError, match=r"bias is float64 .* one for all"):
        run(board, scores, np.zeros(4), np.zeros(3), True)
