"""A bias and an activation in one launch, against the tape's."""

from typing import Any

import numpy as np
import pytest

from knetengine.autograd import vjp
from knetengine.gpu.kernels.layers import activations
from knetengine.gpu.kernels.layers.activations import ACTIVATIONS
from knetengine.nn import activations as plain
from tests.knetengine.gpu.kernels.board import Board
from tests.knetengine.gpu.kernels.layers.agreement import agree

MEANINGS: dict[str, Any] = {
    "none": lambda x: x * 1.0,
    "relu": plain.relu,
    "sigm": plain.sigm,
    "tanh": np.tanh,
    "elu": plain.elu,
    "selu": plain.selu,
    "gelu": plain.gelu,
    "gelu_tanh": lambda x: plain.gelu(x, "tanh"),
    "swish": lambda x: x * plain.sigm(x),
}

SHAPES = [(3, 5), (1, 1), (2, 3, 7), (4, 33, 5, 3), (2, 1, 2, 3, 4), (0, 4), (3, 0, 2), (2, 300)]


@pytest.mark.parametrize("letter", "fd")
@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_and_slopes_are_the_tape_s(
    board: Board, name: str, with_bias: bool, letter: str
) -> None:
    for number, shape in enumerate(SHAPES):
        rng = np.random.default_rng(number)
        x, g = (2 * rng.standard_normal(shape).astype(letter) for _ in range(2))
        b = rng.standard_normal(shape[1]).astype(letter)
        if x.size > 8:
            x.flat[:3] = -b[0] if with_bias else 0.0  # at the kink
        bias = board.put(b) if with_bias else None
        there, y, dz = board.put(x), board.empty(shape, letter), board.empty(shape, letter)
        activations.forward(board.driver, name, there, bias, y)
        wide = x + b.reshape(1, -1, *(1,) * (x.ndim - 2)) if with_bias else x
        expected, pull = vjp(MEANINGS[name], wide.astype(float))
        agree(board.get(y), expected, letter)
        saved = y if ACTIVATIONS[name].by_result else there
        gradient = board.put(g)
        activations.backward(board.driver, name, gradient, saved, bias, dz)
        agree(board.get(dz), pull(g.astype(float))[0], letter, 2)
        activations.backward(board.driver, name, gradient, saved, bias, gradient)
        np.testing.assert_array_equal(board.get(gradient), board.get(dz))
        activations.forward(board.driver, name, there, bias, there)  # in place
        np.testing.assert_array_equal(board.get(there), board.get(y))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_nan_and_infinity_go_through(board: Board, name: str) -> None:
    x = np.array([[np.nan, np.inf, -np.inf, 1e30, -1e30]])
    y = board.empty(x.shape, "d")
    activations.forward(board.driver, name, board.put(x), None, y)
    with np.errstate(all="ignore"):
        expected = MEANINGS[name](x)
    result = board.get(y)
    assert np.isnan(result[0, 0])
    np.testing.assert_array_equal(result[0, 1], np.inf if expected[0, 1] > 1 else 1)
    np.testing.assert_array_equal(result[0, 3], expected[0, 3])
    np.testing.assert_allclose(result[0, 4], expected[0, 4], rtol=1e-12, atol=0)


def test_what_does_not_fit_is_refused(board: Board) -> None:
    x = board.put(np.zeros((2, 3), "f"))
    with pytest.raises(ValueError, match=r"bias has shape \(2,\); expected \(3,\)"):
        activations.forward(board.driver, "relu", x, board.put(np.zeros(2, "f")), x)
    with pytest.raises(ValueError, match="y is float64 of shape"):
        activations.forward(board.driver, "relu", x, None, board.empty((2, 3), "d"))
    four = board.put(np.zeros(4, "f"))
    with pytest.raises(ValueError, match=r"x has shape \(4,\); expected \(N, C, ...\)"):
        activations.forward(board.driver, "relu", four, None, four)
    with pytest.raises(ValueError, match="expected contiguous"):
        activations.forward(board.driver, "relu", board.put(np.zeros((3, 2), "f").T), None, x)
    with pytest.raises(KeyError, match="softplus"):
        activations.forward(board.driver, "softplus", x, None, x)
