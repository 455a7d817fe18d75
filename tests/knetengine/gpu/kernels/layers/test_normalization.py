# ruff: noqa: N806  # T, B, H: axes as in the shape comments
"""Batch and layer normalization, against the plain twins' values and gradients in float64."""

from typing import Any

import numpy as np
import pytest

from knetengine import nn
from knetengine.autograd import vjp
from knetengine.gpu.kernels.layers import normalization
from tests.knetengine.gpu.kernels.board import Board
from tests.knetengine.gpu.kernels.layers.agreement import agree

EPS = 1e-5


def wide(*arrays: np.ndarray) -> list[np.ndarray]:
    return [a.astype(float) for a in arrays]


def batchnorm(x: Any, params: Any, moments: Any) -> Any:
    """The twin."""
    given = None
    if moments is not None:
        given = nn.bnmoments()
        given.mean, given.var = moments
    training = moments is None
    with nn.reference(True):
        return nn.batchnorm(x, given, params, eps=EPS, training=training)


@pytest.mark.parametrize("letter", "fd")
@pytest.mark.parametrize("batch", [True, False])
@pytest.mark.parametrize(
    "shape", [(8, 3), (5, 1), (300, 5), (2, 3, 9), (4, 5, 6, 7), (1, 2, 2, 3, 2), (3, 33, 20, 20)]
)
def test_channels_are_normalized(board: Board, shape: Any, batch: bool, letter: str) -> None:
    rng = np.random.default_rng(sum(shape))
    C = shape[1]
    x = (3 + 2 * rng.standard_normal(shape)).astype(letter)
    g = rng.standard_normal(shape).astype(letter)
    params = rng.uniform(0.5, 2, 2 * C).astype(letter)
    moments = [rng.uniform(1, 3, C).astype(letter) for _ in range(2)]
    there, gradient = board.put(x), board.put(g)
    mean, var = (board.empty((C,), letter) if batch else board.put(m) for m in moments)
    for p in (params, None):
        on = None if p is None else board.put(p)
        inverse, y = board.empty((C,), letter), board.empty(shape, letter)
        normalization.batch_forward(board.driver, there, on, batch, EPS, mean, var, inverse, y)
        given = None if batch else tuple(wide(*moments))
        arguments = wide(x) if p is None else wide(x, p)
        expected, pull = vjp(
            lambda *a: batchnorm(a[0], a[1] if len(a) > 1 else None, given),  # noqa: B023
            *arguments,
        )
        agree(board.get(y), expected, letter, 2)
        if batch:
            others = (0, *range(2, x.ndim))
            agree(board.get(mean), x.astype(float).mean(others), letter)
            agree(board.get(var), x.astype(float).var(others), letter, 2)
        dx, dparams = board.empty(shape, letter), board.empty((2 * C,), letter)
        normalization.batch_backward(
            board.driver, gradient, there, on, mean, inverse, batch, dx, dparams
        )
        parts = pull(g.astype(float))
        agree(board.get(dx), parts[0], letter, 4)
        if p is not None:
            agree(board.get(dparams), parts[1], letter, 20)


def test_a_large_mean_takes_no_digits_of_the_variance(board: Board) -> None:
    rng = np.random.default_rng(1)
    x = (1e4 + rng.standard_normal((64, 3, 5))).astype("f")
    mean, var, inverse = (board.empty((3,), "f") for _ in range(3))
    y = board.put(x)
    normalization.batch_forward(board.driver, y, None, True, EPS, mean, var, inverse, y)
    np.testing.assert_allclose(board.get(var), x.astype(float).var((0, 2)), rtol=2e-4)
    rows = board.put(x.reshape(3, -1))
    means, inverses = board.empty((3,), "f"), board.empty((3,), "f")
    normalization.layer_forward(
        board.driver, rows, None, None, EPS, means, inverses, board.empty((3, 320), "f")
    )
    expected = 1 / np.sqrt(x.reshape(3, -1).astype(float).var(-1) + EPS)
    np.testing.assert_allclose(board.get(inverses), expected, rtol=1e-4)


@pytest.mark.parametrize("letter", "fd")
@pytest.mark.parametrize(
    "shape", [(1, 1), (4, 7), (300, 33), (3, 5, 257), (70, 1000), (0, 5), (9,), (2000, 3)]
)
def test_rows_are_normalized(board: Board, shape: Any, letter: str) -> None:
    rng = np.random.default_rng(sum(shape))
    D, R = shape[-1], int(np.prod(shape[:-1]))
    x = (3 + 2 * rng.standard_normal(shape)).astype(letter)
    g = rng.standard_normal(shape).astype(letter)
    gain, bias = (rng.uniform(0.5, 2, D).astype(letter) for _ in range(2))
    there = board.put(x)
    mean, inverse, y = (board.empty(s, letter) for s in ((R,), (R,), shape))
    for with_both in (True, False):
        on = [board.put(a) if with_both else None for a in (gain, bias)]
        normalization.layer_forward(board.driver, there, *on, EPS, mean, inverse, y)
        arguments = wide(x, gain, bias) if with_both else wide(x)
        with nn.reference(True):
            expected, pull = vjp(lambda *a: nn.layernorm(*a, eps=EPS), *arguments)
            parts = pull(g.astype(float))
        agree(board.get(y), expected, letter, 2)
        dx, dgain, dbias = (board.empty(s, letter) for s in (shape, (D,), (D,)))
        normalization.layer_backward(
            board.driver,
            *(board.put(g), there, on[0], mean, inverse, dx, dgain, dbias),
            scratch=board.scratch,
        )
        if D > 1:
            agree(board.get(dx), parts[0], letter, 4)
        if with_both:
            agree(board.get(dgain), parts[1], letter, 20)
            agree(board.get(dbias), parts[2], letter, 20)


def test_nan_stays_in_its_channel_and_row(board: Board) -> None:
    x = np.random.default_rng(0).standard_normal((4, 3, 5))
    x[1, 1, 2] = np.nan
    mean, var, inverse = (board.empty((3,), "d") for _ in range(3))
    y = board.empty(x.shape, "d")
    normalization.batch_forward(board.driver, board.put(x), None, True, EPS, mean, var, inverse, y)
    result = board.get(y)
    assert np.isnan(result[:, 1]).all()
    assert np.isfinite(result[:, [0, 2]]).all()
    means, inverses = board.empty((12,), "d"), board.empty((12,), "d")
    normalization.layer_forward(board.driver, board.put(x), None, None, EPS, means, inverses, y)
    result = board.get(y)
    assert np.isnan(result[1, 1]).all()
    assert np.isnan(result).sum() == 5


def test_what_does_not_fit_is_refused(board: Board) -> None:
    x, three = board.put(np.zeros((4, 3), "f")), board.put(np.zeros(3, "f"))
    with pytest.raises(ValueError, match=r"params has shape \(3,\); expected \(6,\)"):
        normalization.batch_forward(board.driver, x, three, True, EPS, three, three, three, x)
    empty = board.put(np.zeros((0, 3), "f"))
    with pytest.raises(ValueError, match="expected at least one entry"):
        normalization.batch_forward(
            board.driver, empty, None, True, EPS, three, three, three, empty
        )
    nothing = board.put(np.zeros((3, 0), "f"))
    with pytest.raises(ValueError, match=r"expected \(..., D\), D > 0"):
        normalization.layer_forward(board.driver, nothing, None, None, EPS, three, three, nothing)
    with pytest.raises(ValueError, match=r"mean has shape \(3,\); expected \(4,\)"):
        normalization.layer_forward(board.driver, x, None, None, EPS, three, three, x)
