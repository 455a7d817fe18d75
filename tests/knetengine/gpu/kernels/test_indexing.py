"""Items by arrays of indices, scans and sorts, against NumPy."""

from typing import Any

import numpy as np
import pytest

from knetengine.gpu.drivers.interface import Address
from knetengine.gpu.kernels import indexing, scans
from knetengine.gpu.kernels.operand import Operand
from knetengine.gpu.kernels.sorting import sort_keys
from knetengine.selftest.numbers import LETTERS, samples
from tests.knetengine.gpu.kernels.board import Board


def faults(board: Board) -> Address:
    word = board.scratch(8)
    board.driver.fill(word, 0x7F, 8)
    return word


def fault(board: Board, word: Address) -> int:
    return int(board.get(Operand(word, (1,), (8,), np.dtype(np.int64)))[0])


# Taking


CASES = [  # the shape of the array, the indexed axes, the shape of the indices
    ((5,), 1, (7,)),
    ((5, 4), 1, (3, 2)),
    ((5, 4), 2, (11,)),
    ((2, 3, 4, 5), 2, (4,)),
    ((2, 3, 4, 5), 4, (2, 3)),
    ((6, 3), 1, ()),
    ((6, 3), 1, (0,)),
    ((4, 0), 1, (3,)),
    ((90, 7), 1, (1000,)),
]


def indices(shape: Any, count: int, size: Any, seed: int = 0) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    return tuple(np.asarray(rng.integers(-shape[a], shape[a], size)) for a in range(count))


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize(("shape", "count", "size"), CASES)
def test_items_are_taken(board: Board, letter: str, shape: Any, count: int, size: Any) -> None:
    x = samples(letter, 3, 700)[: int(np.prod(shape))].reshape(shape)
    index = indices(shape, count, size)
    expected = x[index]
    out = board.empty(expected.shape, x.dtype)
    word = faults(board)
    indexing.gather(board.driver, board.put(x), [board.put(i) for i in index], out, faults=word)
    np.testing.assert_array_equal(board.get(out), expected)
    assert fault(board, word) == indexing.NO_FAULT


def test_items_of_views_are_taken_into_views(board: Board) -> None:
    base = np.arange(60.0).reshape(3, 4, 5)
    x = base.transpose(2, 0, 1)[::-1]
    index = np.array([[0, -1], [2, 2]])
    target = board.put(np.zeros((2, 2, 4, 3)))
    out = target._replace(shape=(2, 2, 3, 4), strides=(192, 96, 8, 24))
    indexing.gather(board.driver, board.put(x), [board.put(index)], out)
    np.testing.assert_array_equal(board.get(out), x[index])


def test_an_index_out_of_range_is_reported_and_not_followed(board: Board) -> None:
    x = np.arange(1, 13, dtype="f").reshape(4, 3)
    index = np.array([0, -4, 3, 4, 1, -5, 2**62, -(2**63)])
    out = board.empty((8, 3), "f")
    word = faults(board)
    indexing.gather(board.driver, board.put(x), [board.put(index)], out, faults=word)
    assert fault(board, word) == 3
    result = board.get(out)
    np.testing.assert_array_equal(result[[0, 1, 2, 4]], x[[0, 0, 3, 1]])
    np.testing.assert_array_equal(result[[3, 5, 6, 7]], 0)
    there = board.put(x)
    word = faults(board)
    values = board.put(np.full((8, 3), -1, "f"))
    indexing.scatter(
        board.driver, there, [board.put(index)], values, scratch=board.scratch, faults=word
    )
    assert fault(board, word) == 3
    changed = x.copy()
    changed[[0, 3, 1]] = -1
    np.testing.assert_array_equal(board.get(there), changed)
    word = faults(board)
    indexing.scatter_add(
        board.driver, there, [board.put(index)], values, scratch=board.scratch, faults=word
    )
    assert fault(board, word) == 3
    np.add.at(changed, index[[0, 1, 2, 4]], -1)
    np.testing.assert_array_equal(board.get(there), changed)


# Writing


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize(("shape", "count", "size"), CASES)
def test_the_last_of_several_values_stays(
    board: Board, letter: str, shape: Any, count: int, size: Any
) -> None:
    x = samples(letter, 3, 700)[: int(np.prod(shape))].reshape(shape)
    index = indices(shape, count, size)
    values = np.resize(samples(letter, 8, 300), x[index].shape).astype(letter)
    there = board.put(x)
    indexing.scatter(
        board.driver, there, [board.put(i) for i in index], board.put(values), scratch=board.scratch
    )
    expected = x.copy()
    expected[index] = values
    np.testing.assert_array_equal(board.get(there), expected)


def test_values_broadcast_and_the_rest_stays(board: Board) -> None:
    base = np.zeros((6, 8))
    there = board.put(base)
    view = there._replace(shape=(4, 3), strides=(8, 128))
    index = np.array([3, 0])
    indexing.scatter(
        board.driver, view, [board.put(index)], board.put(np.array([1.0, 2, 3])), scratch=None
    )
    base[:6:2, :4].T[index] = [1, 2, 3]
    np.testing.assert_array_equal(board.get(there), base)


# Adding


@pytest.mark.parametrize("letter", "efdil")
@pytest.mark.parametrize(("shape", "count", "size"), CASES)
def test_values_are_added_as_often_as_their_place_comes(
    board: Board, letter: str, shape: Any, count: int, size: Any
) -> None:
    rng = np.random.default_rng(4)
    x = rng.integers(-5, 5, shape).astype(letter)
    index = indices(shape, count, size)
    values = rng.integers(-5, 5, x[index].shape).astype(letter)
    there = board.put(x)
    indexing.scatter_add(
        board.driver, there, [board.put(i) for i in index], board.put(values), scratch=board.scratch
    )
    np.add.at(x, index, values)
    np.testing.assert_array_equal(board.get(there), x)


@pytest.mark.parametrize("width", [1, 3, 40])
@pytest.mark.parametrize(("rows", "items"), [(1, 3000), (7, 5000), (5000, 700), (84, 2049)])
def test_sums_of_any_length_at_any_place(board: Board, width: int, rows: int, items: int) -> None:
    """Sums within a chunk, over its edge, and over many chunks."""
    rng = np.random.default_rng(rows + items)
    index = np.minimum(rng.integers(0, rows, items), rng.integers(0, rows, items))
    values = rng.standard_normal((items, width)).astype("f")
    there = board.put(np.zeros((rows, width), "f"))
    run = [board.put(index)], board.put(values)
    indexing.scatter_add(board.driver, there, *run, scratch=board.scratch)
    exact, size = np.zeros((rows, width)), np.zeros((rows, width))
    np.add.at(exact, index, values.astype(float))
    np.add.at(size, index, np.abs(values).astype(float))
    first = board.get(there)
    assert (np.abs(first - exact) <= 2**-24 * (32 + items / 32) * size).all()
    again = board.put(np.zeros((rows, width), "f"))
    indexing.scatter_add(board.driver, again, *run, scratch=board.scratch)
    np.testing.assert_array_equal(board.get(again), first)


def test_float16_is_added_up_in_float32(board: Board) -> None:
    there = board.put(np.zeros(2, "e"))
    values = board.put(np.full(4000, 0.25, "e"))
    indexing.scatter_add(
        board.driver, there, [board.put(np.arange(4000) % 2)], values, scratch=board.scratch
    )
    np.testing.assert_array_equal(board.get(there), np.full(2, 500, "e"))


def test_a_view_is_added_to(board: Board) -> None:
    base = np.arange(24.0).reshape(4, 6)
    there = board.put(base)
    columns = there._replace(shape=(6, 4), strides=(8, 48))
    index = np.array([1, 1, 5])
    indexing.scatter_add(
        board.driver, columns, [board.put(index)], board.put(np.ones((3, 1))), scratch=board.scratch
    )
    np.add.at(base.T, index, 1.0)
    np.testing.assert_array_equal(board.get(there), base)


def test_what_does_not_fit_is_refused(board: Board) -> None:
    x = board.put(np.zeros((4, 3), "f"))
    index = board.put(np.arange(2))
    out = board.empty((2, 3), "f")
    with pytest.raises(ValueError, match="0 arrays of indices"):
        indexing.gather(board.driver, x, [], out)
    with pytest.raises(ValueError, match="an index is int32"):
        indexing.gather(board.driver, x, [board.put(np.zeros(2, "i"))], out)
    with pytest.raises(ValueError, match="an index is int64 of shape"):
        indexing.gather(board.driver, x, [index, board.put(np.arange(3))], out)
    with pytest.raises(ValueError, match=r"expected float32 of shape \(2, 3\)"):
        indexing.gather(board.driver, x, [index], x)
    with pytest.raises(ValueError, match="memory apart"):
        indexing.scatter(board.driver, x, [index], x._replace(shape=(2, 3)), scratch=None)
    flags, more = board.put(np.zeros(4, bool)), board.put(np.ones(2, bool))
    with pytest.raises(ValueError, match="signed integers"):
        indexing.scatter_add(board.driver, flags, [index], more, scratch=board.scratch)


# Places of what is not 0


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize(
    ("shape", "share"),
    [((0,), 0.5), ((), 1), ((), 0), ((7,), 0.5), ((30, 40, 2), 0.3), ((5000,), 0.01), ((5000,), 1),
     ((3, 1025), 0), ((1100, 1000), 0.002)],
)  # fmt: skip
def test_nonzero_is_numpy_s(board: Board, letter: str, shape: Any, share: float) -> None:
    rng = np.random.default_rng(6)
    x = np.asarray(np.where(rng.uniform(0, 1, shape) < share, 3, 0)).astype(letter)
    x = x.T if x.ndim == 2 else x
    found = indexing.count_nonzero(board.driver, board.put(x), scratch=board.scratch)
    assert found.count == np.count_nonzero(x)
    out = board.empty((x.ndim, found.count), np.int64)
    indexing.nonzero(board.driver, found, out)
    if x.ndim:
        np.testing.assert_array_equal(board.get(out), np.stack(np.nonzero(x)))
    with pytest.raises(ValueError, match="nonzero: out is"):
        indexing.nonzero(board.driver, found, board.empty((x.ndim + 1, found.count), np.int64))


def test_a_nan_is_not_zero(board: Board) -> None:
    x = board.put(np.array([0.0, np.nan, -0.0, 1], "e"))
    assert indexing.count_nonzero(board.driver, x, scratch=board.scratch).count == 2


# Scans


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("name", scans.OPERATIONS)
@pytest.mark.parametrize(
    ("shape", "axis"),
    [((1,), 0), ((5,), 0), ((1024,), 0), ((1025,), 0), ((3, 2100), 1), ((2100, 3), 0),
     ((4, 5, 6), 1), ((0, 3), 1), ((3, 0), 1)],
)  # fmt: skip
def test_scans_are_numpy_s(board: Board, name: str, letter: str, shape: Any, axis: int) -> None:
    rng = np.random.default_rng(1)
    x = rng.integers(0, 3, shape).astype(letter)
    if name == "cumprod":
        x = np.where(rng.uniform(0, 1, shape) < 0.01, 2, 1).astype(letter)
    function: Any = {"cumsum": np.cumsum, "cumprod": np.cumprod}.get(name)
    if function is None:
        function = (np.maximum if name == "cummax" else np.minimum).accumulate
    dtype = scans.result_dtype(name, x.dtype)
    out = board.empty(shape, dtype)
    scans.scan(board.driver, name, board.put(x), axis, out, scratch=board.scratch)
    wide = x.astype("d" if x.dtype.kind == "f" else "l") if name in ("cumsum", "cumprod") else x
    with np.errstate(over="ignore"):
        expected = function(wide, axis=axis).astype(dtype)
    np.testing.assert_array_equal(board.get(out), expected)


def test_a_long_scan_of_a_view_in_place(board: Board) -> None:
    base = np.random.default_rng(3).standard_normal((3, 4_000)).astype("f")
    base[1, 3000:] = np.nan
    there = board.put(base)
    view = there._replace(strides=(-16000, 4), address=type(there.address)(there.address + 32000))
    scans.scan(board.driver, "cumsum", view, 1, view, scratch=board.scratch)
    np.testing.assert_allclose(board.get(there), np.cumsum(base, 1, dtype="d"), rtol=0, atol=2e-4)
    with pytest.raises(ValueError, match="axis is 2"):
        scans.scan(board.driver, "cumsum", view, 2, view, scratch=board.scratch)


def test_a_scan_of_more_than_a_million_takes_three_levels(board: Board) -> None:
    x = np.ones(1024 * 1024 + 5, "i")
    out = board.empty(x.shape, np.int64)
    scans.scan(board.driver, "cumsum", board.put(x), 0, out, scratch=board.scratch)
    np.testing.assert_array_equal(board.get(out), np.arange(1, x.size + 1))


# Sorting


@pytest.mark.parametrize("count", [1, 2, 255, 1024, 1025, 9000])
@pytest.mark.parametrize("bound", [1, 2, 16, 17, 300, 2**20, 2**40])
def test_keys_are_sorted_and_equal_ones_keep_their_order(
    board: Board, count: int, bound: int
) -> None:
    keys = np.random.default_rng(count).integers(0, bound, count)
    there = board.put(keys)
    result = sort_keys(board.driver, there.address, count, bound, scratch=board.scratch)
    order = np.argsort(keys, kind="stable")
    np.testing.assert_array_equal(board.get(there._replace(address=result.order)), order)
    np.testing.assert_array_equal(board.get(there._replace(address=result.keys)), keys[order])
