# ruff: noqa: N806  # T, B, H: axes as in the shape comments
"""Columns of images, pooling, the ways back: against sliding windows and the twins' gradients."""

import math
from typing import Any

import numpy as np
import pytest

from knetengine import nn
from knetengine.autograd import vjp
from knetengine.gpu.kernels.layers import windows
from knetengine.nn.windows import views
from tests.knetengine.gpu.kernels.board import Board
from tests.knetengine.gpu.kernels.layers.agreement import agree

# size, window, padding, stride, dilation
GEOMETRIES = [
    ((5,), (3,), (0,), (1,), (1,)),
    ((9,), (2,), (1,), (3,), (2,)),
    ((6, 7), (3, 2), (0, 0), (1, 1), (1, 1)),
    ((8, 5), (5, 3), (2, 1), (2, 1), (1, 2)),
    ((7, 9), (2, 3), (1, 2), (3, 2), (3, 2)),
    ((28, 28), (5, 5), (0, 0), (1, 1), (1, 1)),
    ((4, 4), (1, 1), (0, 0), (2, 2), (1, 1)),
    ((3, 3), (3, 3), (0, 0), (1, 1), (1, 1)),
    ((4, 5, 6), (2, 3, 2), (1, 0, 1), (1, 2, 2), (1, 1, 2)),
]
IMAGES = [(1, 1), (2, 3), (5, 1)]


def patches(x: Any, geometry: Any) -> Any:
    """(N, C, P, K) of images, by sliding windows."""
    _, window, padding, stride, dilation = geometry
    every = views(x, window, padding, stride, dilation)
    N, C = every.shape[:2]
    return every.reshape(N, C, -1, math.prod(window))


@pytest.mark.parametrize("letter", "fd")
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_columns_and_back(board: Board, geometry: Any, letter: str) -> None:
    for N, C in IMAGES:
        rng = np.random.default_rng(N)
        x = rng.standard_normal((N, C, *geometry[0])).astype(letter)
        every = patches(x, geometry)
        P, K = every.shape[2:]
        assert windows.positions(*geometry) == views(x, *geometry[1:]).shape[2 : x.ndim]
        there = board.empty((N, C * K, P), letter)
        windows.columns(board.driver, board.put(x), *geometry[1:], there)
        expected = every.swapaxes(2, 3).reshape(N, C * K, P)
        np.testing.assert_array_equal(board.get(there), expected)
        g = rng.standard_normal(expected.shape).astype(letter)
        back = board.empty(x.shape, letter)
        windows.images(board.driver, board.put(g), *geometry[1:], back)
        _, pull = vjp(lambda v: patches(v, geometry), x.astype(float))
        expected = pull(g.reshape(N, C, K, P).swapaxes(2, 3).astype(float))[0]
        agree(board.get(back), expected, letter)


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_flipped_columns_have_the_entries_of_a_window_last_to_first(
    board: Board, geometry: Any
) -> None:
    x = np.random.default_rng(1).standard_normal((2, 3, *geometry[0]))
    P, K = patches(x, geometry).shape[2:]
    straight, flipped = board.empty((2, 3 * K, P), "d"), board.empty((2, 3 * K, P), "d")
    windows.columns(board.driver, board.put(x), *geometry[1:], straight)
    windows.columns(board.driver, board.put(x), *geometry[1:], flipped, flipped=True)
    expected = board.get(straight).reshape(2, 3, K, P)[:, :, ::-1]
    np.testing.assert_array_equal(board.get(flipped).reshape(2, 3, K, P), expected)
    g = np.random.default_rng(2).standard_normal((2, 3, K, P))
    one, other = board.empty(x.shape, "d"), board.empty(x.shape, "d")
    turned = np.ascontiguousarray(g[:, :, ::-1]).reshape(2, 3 * K, P)
    windows.images(board.driver, board.put(g.reshape(2, 3 * K, P)), *geometry[1:], one)
    windows.images(board.driver, board.put(turned), *geometry[1:], other, flipped=True)
    agree(board.get(other), board.get(one), "d")  # summed up in the other order


def test_a_convolution_is_a_product_with_columns(board: Board) -> None:
    """The whole way on the device: columns, then the vendor's product, one for each image."""
    from knetengine.gpu.drivers.interface import Product

    rng = np.random.default_rng(5)
    x, w = rng.standard_normal((3, 2, 6, 7)), rng.standard_normal((4, 2, 3, 2))
    once = (1, 1)
    columns, y = board.empty((3, 12, 24), "d"), board.empty((3, 4, 24), "d")
    windows.columns(board.driver, board.put(x), (3, 2), (0, 0), once, once, columns)
    product = Product(
        np.dtype("d"), (3, 4, 24, 12), (False, False), (12, 24, 24), (0, 12 * 24, 4 * 24)
    )
    matrix = board.put(w.reshape(4, 12))
    board.driver.multiply(product, matrix.address, columns.address, y.address)
    expected = nn.conv4(w, x, mode=1)
    np.testing.assert_allclose(board.get(y).reshape(3, 4, 4, 6), expected, rtol=1e-12, atol=1e-13)


# Pooling

POOLS = [
    ((6,), (2,), (0,), (2,)),
    ((7,), (3,), (1,), (1,)),
    ((6, 8), (2, 2), (0, 0), (2, 2)),
    ((7, 5), (3, 2), (1, 1), (2, 3)),
    ((9, 9), (3, 3), (2, 2), (1, 1)),
    ((24, 24), (12, 12), (0, 0), (12, 12)),
    ((5, 4, 6), (2, 3, 2), (1, 1, 0), (2, 1, 3)),
    ((3, 4), (1, 1), (0, 0), (2, 2)),
]


@pytest.mark.parametrize("letter", "fd")
@pytest.mark.parametrize("geometry", POOLS)
def test_maxima_and_their_places(board: Board, geometry: Any, letter: str) -> None:
    size, window, padding, stride = geometry
    once = (1,) * len(window)
    for N, C in IMAGES:
        rng = np.random.default_rng(C)
        x = rng.integers(-3, 3, (N, C, *size)).astype(letter)  # many that are equal
        every = views(x, window, padding, stride, once, fill=-np.inf)
        shape = every.shape[: x.ndim]
        flat = every.reshape(*shape, -1)
        y = board.empty(shape, letter)
        chosen = board.empty(shape, windows.place_dtype(window))
        windows.max_forward(board.driver, board.put(x), *geometry[1:], y, chosen)
        np.testing.assert_array_equal(board.get(y), flat.max(-1))
        np.testing.assert_array_equal(board.get(chosen), flat.argmax(-1))
        g, dx = rng.standard_normal(shape).astype(letter), board.empty(x.shape, letter)
        windows.max_backward(board.driver, board.put(g), chosen, *geometry[1:], dx)
        with nn.reference(True):
            _, pull = vjp(
                lambda v: nn.pool(v, window, padding=padding, stride=stride), x.astype(float)
            )
        agree(board.get(dx), pull(g.astype(float))[0], letter)


def test_a_nan_is_the_largest_and_padding_never_is(board: Board) -> None:
    x = np.full((1, 1, 4, 4), -np.inf)
    x[0, 0, 1, 1] = np.nan
    x[0, 0, 3, 3] = np.inf
    y, chosen = board.empty((1, 1, 3, 3), "d"), board.empty((1, 1, 3, 3), "b")
    windows.max_forward(board.driver, board.put(x), (2, 2), (1, 1), (2, 2), y, chosen)
    expected = np.full((1, 1, 3, 3), -np.inf)
    expected[0, 0, 1, 1], expected[0, 0, 2, 2] = np.nan, np.inf
    np.testing.assert_array_equal(board.get(y), expected)
    places = board.get(chosen)[0, 0]
    np.testing.assert_array_equal(places[0], [3, 2, 2])  # the first that is no padding
    assert places[1, 1] == 0


def test_places_in_large_windows_are_wide() -> None:
    assert windows.place_dtype((127,)) == np.int8
    assert windows.place_dtype((8, 16)) == np.int32


@pytest.mark.parametrize("letter", "fd")
@pytest.mark.parametrize("geometry", POOLS)
def test_sums_of_windows(board: Board, geometry: Any, letter: str) -> None:
    size, window, padding, stride = geometry
    once = (1,) * len(window)
    for N, C in IMAGES:
        rng = np.random.default_rng(N + C)
        x = rng.standard_normal((N, C, *size)).astype(letter)
        every = views(x.astype(float), window, padding, stride, once)
        shape = every.shape[: x.ndim]
        factors = rng.uniform(0.1, 1, shape[2:]).astype(letter)
        y = board.empty(shape, letter)
        there = board.put(factors)
        windows.sum_forward(board.driver, board.put(x), there, *geometry[1:], y)
        agree(board.get(y), every.reshape(*shape, -1).sum(-1) * factors, letter, 4)
        g, dx = rng.standard_normal(shape).astype(letter), board.empty(x.shape, letter)
        windows.sum_backward(board.driver, board.put(g), there, *geometry[1:], dx)

        def twin(v: Any) -> Any:
            every = views(v, window, padding, stride, once)
            return every.sum(tuple(range(-len(window), 0))) * factors.astype(float)  # noqa: B023

        _, pull = vjp(twin, x.astype(float))
        agree(board.get(dx), pull(g.astype(float))[0], letter, 4)


def test_images_of_nothing(board: Board) -> None:
    x = board.put(np.zeros((0, 3, 4, 4), "f"))
    out = board.empty((0, 27, 4), "f")
    windows.columns(board.driver, x, (3, 3), (0, 0), (1, 1), (1, 1), out)
    windows.images(board.driver, out, (3, 3), (0, 0), (1, 1), (1, 1), x)
    y, chosen = board.empty((0, 3, 2, 2), "f"), board.empty((0, 3, 2, 2), "b")
    windows.max_forward(board.driver, x, (2, 2), (0, 0), (2, 2), y, chosen)


def test_what_does_not_fit_is_refused(board: Board) -> None:
    x = board.put(np.zeros((1, 1, 4, 4), "f"))
    out = board.empty((1, 9, 4), "f")
    once, none = (1, 1), (0, 0)
    with pytest.raises(ValueError, match="does not fit into"):
        windows.columns(board.driver, x, (5, 5), none, once, once, out)
    with pytest.raises(ValueError, match=r"columns has shape \(1, 9, 4\); expected \(1, 4, 9\)"):
        windows.columns(board.driver, x, (2, 2), none, once, once, out)
    with pytest.raises(ValueError, match="a number for each of 1 to 3 spatial axes"):
        windows.columns(board.driver, x, (2, 2), (0,), once, once, out)
    y = board.empty((1, 1, 2, 2), "f")
    with pytest.raises(ValueError, match="chosen is float32; expected contiguous int8"):
        windows.max_forward(board.driver, x, (2, 2), none, (2, 2), y, y)
    with pytest.raises(ValueError, match="factors has shape"):
        windows.sum_forward(board.driver, x, y, (2, 2), none, (2, 2), y)
