"""Copies, transpositions, triangles, concatenation and splitting, against NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from knetengine.gpu.kernels import copying, geometry
from knetengine.selftest.numbers import LETTERS, samples
from tests.knetengine.gpu.kernels.board import Board

# Copies


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize(
    ("shape", "view"),
    [
        ((7, 5), lambda a: a),
        ((70, 45), lambda a: a.T),
        ((40, 33), lambda a: a.T[::-1]),
        ((3, 40, 50), lambda a: a.transpose(0, 2, 1)),
        ((40, 3, 50), lambda a: a.transpose(2, 1, 0)),
        ((40, 30, 5), lambda a: a.transpose(1, 0, 2)),
        ((33, 40, 20), lambda a: a.transpose(2, 0, 1)),
        ((17, 16), lambda a: a.T),
        ((4, 6, 8, 3), lambda a: a.transpose(3, 1, 0, 2)[:, ::-2]),
        ((9,), lambda a: a[::-1]),
        ((), lambda a: a),
        ((0, 3), lambda a: a.T),
        ((5, 1), lambda a: np.broadcast_to(a, (5, 7))),
    ],
)
def test_a_copy_of_a_view(board: Board, letter: str, shape: Any, view: Any) -> None:
    x = view(samples(letter, 1, int(np.prod(shape))).reshape(shape))
    out = board.empty(x.shape, x.dtype)
    copying.copy(board.driver, board.put(x), out)
    np.testing.assert_array_equal(board.get(out), x)


def test_a_copy_into_a_view_leaves_the_rest(board: Board) -> None:
    base = np.zeros((40, 70), "f")
    x = np.arange(33 * 40, dtype="f").reshape(33, 40)
    expected = base.copy()
    expected.T[:66:2] = x
    there = board.put(base)
    copying.copy(board.driver, board.put(x), there._replace(shape=(33, 40), strides=(8, 280)))
    np.testing.assert_array_equal(board.get(there), expected)


def launches(
    board: Board, monkeypatch: pytest.MonkeyPatch, action: Callable[[], None]
) -> list[Any]:
    """The geometries and names of what an action launches."""
    seen: list[Any] = []
    real = board.driver.launch

    def launch(
        function: Any, grid: Any, block: Any, arguments: Any, *more: Any, **other: Any
    ) -> None:
        seen.append((grid, block))
        real(function, grid, block, arguments, *more, **other)

    monkeypatch.setattr(board.driver, "launch", launch)
    action()
    monkeypatch.undo()
    return seen


def test_only_what_exchanges_long_axes_goes_by_tiles(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    def blocks(x: np.ndarray) -> list[Any]:
        there, out = board.put(x), board.empty(x.shape, x.dtype)
        return [
            b
            for _, b in launches(board, monkeypatch, lambda: copying.copy(board.driver, there, out))
        ]

    x = np.zeros((64, 64), "f")
    assert blocks(x) == []  # the driver's own copy
    assert blocks(x.T) == [(32, 8, 1)]
    assert blocks(x[:, :8].T) == [(256, 1, 1)]
    assert blocks(x[:, ::2]) == [(256, 1, 1)]


def test_a_copy_onto_itself_and_one_that_overlaps(board: Board) -> None:
    x = board.put(np.arange(12.0))
    copying.copy(board.driver, x, x)
    shifted = x._replace(address=type(x.address)(x.address + 8), shape=(11,))
    with pytest.raises(ValueError, match="overlaps"):
        copying.copy(board.driver, x._replace(shape=(11,)), shifted)


def test_a_copy_casts(board: Board) -> None:
    x = np.arange(6).reshape(2, 3)
    out = board.empty((3, 2), np.float16)
    copying.copy(board.driver, board.put(x.T), out)
    np.testing.assert_array_equal(board.get(out), x.T.astype("e"))


# Triangles


@pytest.mark.parametrize("shape", [(4, 6), (6, 4), (3, 5, 5), (1, 1), (0, 3), (2, 0, 3)])
@pytest.mark.parametrize("diagonal", [0, 1, -2, 9, -9, 2**40])
def test_triangles_are_numpy_s(board: Board, shape: Any, diagonal: int) -> None:
    x = np.arange(1, 1 + int(np.prod(shape)), dtype="f").reshape(shape)
    out = board.empty(shape, "f")
    for lower, function in ((True, np.tril), (False, np.triu)):
        copying.triangle(board.driver, board.put(x), out, lower=lower, diagonal=diagonal)
        np.testing.assert_array_equal(board.get(out), function(x, min(diagonal, 99)))


def test_a_triangle_of_a_transposed_matrix(board: Board) -> None:
    x = np.arange(12, dtype="d").reshape(3, 4).T
    out = board.empty((4, 3), "d")
    copying.triangle(board.driver, board.put(x), out, lower=True)
    np.testing.assert_array_equal(board.get(out), np.tril(x))
    with pytest.raises(ValueError, match="contiguous"):
        copying.triangle(board.driver, board.put(x), board.put(x), lower=True)


# Many arrays to one, and back


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize("count", [1, 2, 24, 25, 60])
def test_concatenation_is_one_launch(
    board: Board, monkeypatch: pytest.MonkeyPatch, letter: str, axis: int, count: int
) -> None:
    rng = np.random.default_rng(count)
    parts: list[np.ndarray] = []
    for number in range(count):
        shape = [3, 4, 2]
        shape[axis] = int(rng.integers(0, 6))
        part = samples(letter, number, 200)[: int(np.prod(shape))].reshape(shape)
        parts.append(part[::-1] if number % 3 == 1 else part)
    parts[0] = np.ones((3, 4, 2), letter)
    expected = np.concatenate(parts, axis)
    out = board.empty(expected.shape, letter)
    operands = [board.put(part) for part in parts]
    seen = launches(
        board,
        monkeypatch,
        lambda: copying.concatenate(board.driver, operands, axis, out, scratch=board.scratch),
    )
    assert len(seen) == 1
    np.testing.assert_array_equal(board.get(out), expected)
    back = [board.empty(part.shape, letter) for part in parts]
    seen = launches(
        board,
        monkeypatch,
        lambda: copying.split(board.driver, out, axis, back, scratch=board.scratch),
    )
    assert len(seen) == 1
    for operand, part in zip(back, parts, strict=True):
        np.testing.assert_array_equal(board.get(operand), part)


def test_arrays_are_joined_into_a_view(board: Board) -> None:
    base = board.put(np.zeros((5, 8), "i"))
    view = base._replace(shape=(4, 5), strides=(8, 32))  # columns 0, 2, 4, 6, transposed
    x, y = np.arange(5, dtype="i")[None], np.arange(15, dtype="i").reshape(3, 5)
    copying.concatenate(board.driver, [board.put(x), board.put(y)], 0, view, scratch=board.scratch)
    expected = np.zeros((5, 8), "i")
    expected[:, ::2] = np.concatenate([x, y]).T
    np.testing.assert_array_equal(board.get(base), expected)


def test_nothing_is_joined_to_nothing(board: Board) -> None:
    empty = board.put(np.zeros((0, 3), "f"))
    copying.concatenate(board.driver, [empty, empty], 0, empty, scratch=board.scratch)


def test_what_does_not_fit_is_not_joined(board: Board) -> None:
    x, y = board.put(np.zeros((2, 3), "f")), board.put(np.zeros((2, 4), "f"))
    out = board.empty((4, 3), "f")
    with pytest.raises(ValueError, match="array 1 has shape"):
        copying.concatenate(board.driver, [x, y], 0, out, scratch=board.scratch)
    with pytest.raises(ValueError, match="array 0 is float32, the whole float64"):
        copying.concatenate(board.driver, [x], 0, board.empty((2, 3), "d"), scratch=board.scratch)
    with pytest.raises(ValueError, match="2 entries along axis 0, the whole 4"):
        copying.concatenate(board.driver, [x], 0, out, scratch=board.scratch)
    with pytest.raises(ValueError, match="axis is 2"):
        copying.concatenate(board.driver, [x], 2, x, scratch=board.scratch)
    half = out._replace(shape=(2, 3))
    with pytest.raises(ValueError, match="array 1 overlaps"):
        copying.concatenate(board.driver, [x, half], 0, out, scratch=board.scratch)


def test_many_parts_of_many_entries_stay_within_the_grid() -> None:
    grid, _ = geometry.lists(10**6, 2**33, most=4096)
    assert grid == (4096, 65535, 1)


@pytest.mark.parametrize("letter", "efdil")
def test_arange(board: Board, letter: str) -> None:
    out = board.empty((300,), letter)
    copying.arange(board.driver, out, -3, 2)
    np.testing.assert_array_equal(board.get(out), (-3 + 2 * np.arange(300)).astype(letter))
    reverse = out._replace(
        address=type(out.address)(out.address + 299 * out.dtype.itemsize),
        strides=(-out.dtype.itemsize,),
    )
    copying.arange(board.driver, reverse, 5, 1)
    np.testing.assert_array_equal(board.get(out)[::-1], np.arange(5, 305).astype(letter))
