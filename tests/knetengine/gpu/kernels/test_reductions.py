"""Reductions over any axes, against NumPy."""

import itertools
from typing import Any

import numpy as np
import pytest

from knetengine.gpu.kernels import geometry
from knetengine.gpu.kernels.reductions import OPERATIONS, reduce, result_dtype
from knetengine.selftest.numbers import LETTERS, samples
from tests.knetengine.gpu.kernels.board import Board

MEANINGS: dict[str, Any] = {
    "sum": np.sum,
    "prod": np.prod,
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "sumabs": lambda x, a: np.sum(np.abs(x), a),
    "sumabs2": lambda x, a: np.sum(np.multiply(x, x), a),
    "maxabs": lambda x, a: np.max(np.abs(x), a, initial=0),
    "minabs": lambda x, a: np.min(np.abs(x), a),
    "norm": lambda x, a: np.sqrt(np.sum(np.multiply(x, x), a)),
    "countnz": np.count_nonzero,
    "any": np.any,
    "all": np.all,
}


def run(board: Board, name: str, x: np.ndarray, axes: Any, dtype: Any = None) -> np.ndarray:
    every = tuple(range(x.ndim)) if axes is None else tuple(a % x.ndim for a in axes)
    shape = tuple(n for d, n in enumerate(x.shape) if d not in every)
    out = board.empty(shape, result_dtype(name, x.dtype) if dtype is None else dtype)
    reduce(board.driver, name, board.put(x), axes, out, scratch=board.scratch)
    return board.get(out)


def expected(name: str, x: np.ndarray, axes: Any) -> np.ndarray:
    """NumPy's result, in a type so wide that nothing is lost."""
    every = tuple(range(x.ndim)) if axes is None else axes
    if name in ("argmax", "argmin"):
        kept = [d for d in range(x.ndim) if d not in [a % x.ndim for a in every]]
        moved = np.moveaxis(x, kept, range(len(kept)))
        flat = moved.reshape(*moved.shape[: len(kept)], -1)
        return getattr(np, name)(flat, -1)
    if name in ("max", "min", "maxabs", "minabs", "any", "all"):
        wide = x
    else:
        wide = x.astype(np.float64 if x.dtype.kind == "f" or name == "norm" else np.int64)
    with np.errstate(all="ignore"):
        return np.asarray(MEANINGS[name](wide, every))


def agree(name: str, result: np.ndarray, reference: np.ndarray, x: np.ndarray, axes: Any) -> None:
    if result.dtype.kind != "f" or name in ("max", "min", "maxabs", "minabs"):
        np.testing.assert_array_equal(result, reference.astype(result.dtype))
        return
    with np.errstate(all="ignore"):
        if name == "prod":
            np.testing.assert_allclose(
                result, reference.astype(result.dtype), rtol=300 * np.finfo(result.dtype).eps
            )
            return
        eps = np.finfo(np.float32 if result.dtype.itemsize < 4 else result.dtype).eps
        size = np.asarray(np.sum(np.abs(x.astype(float)), axes if axes is None else tuple(axes)))
        bound = 83 * eps * size
        if name in ("sumabs2", "norm"):
            bound = 83 * eps * np.abs(reference)
        bound = bound + np.finfo(result.dtype).eps * np.abs(reference)
        bound = bound + np.finfo(result.dtype).smallest_subnormal
        finite = np.isfinite(reference.astype(result.dtype))
        np.testing.assert_array_equal(result[~finite], reference.astype(result.dtype)[~finite])
        apart = np.abs(result[finite].astype(float) - reference[finite])
        assert (apart <= np.broadcast_to(bound, reference.shape)[finite]).all()


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_over_all_choices_of_axes(board: Board, name: str, letter: str) -> None:
    x = samples(letter, 4, 3 * 5 * 4 * 7).reshape(3, 5, 4, 7)
    if letter in "efd":
        x = np.where(np.isfinite(x) & (np.abs(x) < 100) & (np.abs(x) > 1e-4), x, 1).astype(letter)
    for count in range(5):
        for axes in itertools.combinations(range(4), count):
            agree(name, run(board, name, x, axes), expected(name, x, axes), x, axes)


@pytest.mark.parametrize("letter", "fi")
@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((1,), None), ((), None), ((31,), None), ((257,), None), ((100003,), None),
        ((3, 40001), (1,)), ((40001, 3), (0,)), ((2, 9001, 5), (1,)), ((700, 65), (0,)),
        ((5, 1000), (0, 1)), ((1, 1, 4), (0, 1)), ((20000, 2), (0,)),
    ],
)  # fmt: skip
def test_long_and_short_ones(board: Board, name: str, letter: str, shape: Any, axes: Any) -> None:
    rng = np.random.default_rng(1)
    x = np.asarray(rng.standard_normal(shape) if letter == "f" else rng.integers(-9, 9, shape))
    x = x.astype(letter)
    if name == "prod":
        x = np.asarray(1 + 0.001 * x).astype(letter)
    agree(name, run(board, name, x, axes), expected(name, x, axes), x, axes)


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize(
    "view",
    [lambda a: a.T, lambda a: a[:, ::-2], lambda a: a[::-1], lambda a: a[1:, None, 3:],
     lambda a: np.broadcast_to(a[:, None], (30, 4, 41))],
)  # fmt: skip
def test_views_are_reduced(board: Board, name: str, view: Any) -> None:
    base = np.random.default_rng(2).standard_normal((30, 41))
    base[3] = base[7]
    x = view(base if name != "prod" else 1 + base / 100)
    for axes in [(0,), (1,), None]:
        agree(name, run(board, name, x, axes), expected(name, x, axes), x, axes)


@pytest.mark.parametrize("letter", "efd")
@pytest.mark.parametrize("name", [n for n in OPERATIONS if n not in ("countnz", "any", "all")])
@pytest.mark.parametrize("size", [5, 70000])
def test_nan_and_infinity_are_numpy_s(board: Board, name: str, letter: str, size: int) -> None:
    for special in (
        [np.nan],
        [np.inf],
        [-np.inf],
        [np.inf, -np.inf],
        [np.nan, np.inf],
        [0.0, -0.0],
    ):
        x = np.ones(size, letter)
        x[2 : 2 + len(special)] = special
        if name == "prod" and special[0] == 0:
            continue
        with np.errstate(all="ignore"):
            want = expected(name, x.astype("d"), None)
            result = run(board, name, x, None)
            assert (
                result == want.astype(result.dtype)
                or (np.isnan(result) and np.isnan(want))
                or (size > 5 and np.isfinite(want) and abs(float(result) / float(want) - 1) < 1e-3)
            )


def test_the_first_of_equals_is_the_place(board: Board) -> None:
    x = np.zeros(50000, "f")
    x[[7, 333, 49999]] = 5
    assert run(board, "argmax", x, None) == 7
    x[[400, 21000]] = np.nan
    assert run(board, "argmax", x, None) == 400
    assert run(board, "argmin", x, None) == 400
    low = np.full(9, -np.inf)
    assert run(board, "argmax", low, None) == 0
    integers = np.full(40000, np.iinfo(np.int64).min)
    assert run(board, "argmax", integers, None) == 0


def test_integers_wrap_and_booleans_count(board: Board) -> None:
    big = np.full(3, 2**62)
    with np.errstate(over="ignore"):
        assert run(board, "sum", big, None) == big.sum()
    assert run(board, "sum", np.full(100000, 2**31 - 1, "i"), None) == 100000 * (2**31 - 1)
    assert run(board, "sum", np.ones(1000, bool), None) == 1000
    assert run(board, "sum", np.full(1000, 255, "B"), None) == 255000


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_numbers(board: Board, name: str) -> None:
    x = np.zeros((3, 0), "f")
    assert run(board, name, x, (0,)).shape == (0,)
    if not OPERATIONS[name].empty:
        with pytest.raises(ValueError, match="zero-size"):
            run(board, name, x, (1,))
        return
    want = {"mean": np.nan, "prod": 1, "all": True}.get(name, 0)
    np.testing.assert_array_equal(run(board, name, x, (1,)), np.full(3, want))
    np.testing.assert_array_equal(run(board, name, x, None), want)


def test_the_result_has_the_dtype_and_strides_of_out(board: Board) -> None:
    x = np.arange(12, dtype="i").reshape(3, 4)
    target = board.put(np.zeros(8, "e"))
    out = target._replace(
        shape=(4,), strides=(-4,), address=type(target.address)(target.address + 14)
    )
    reduce(board.driver, "sum", board.put(x), (0,), out, scratch=board.scratch)
    np.testing.assert_array_equal(board.get(target)[::-1][::2], x.sum(0))
    np.testing.assert_array_equal(board.get(target)[::2], 0)


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("name", ["sum", "prod", "mean", "max", "argmax", "countnz", "any"])
def test_dtypes_are_numpy_s(name: str, letter: str) -> None:
    x = np.ones(3, letter)
    meaning = MEANINGS.get(name, np.argmax)
    want = np.asarray(meaning(x)).dtype
    if want == np.uint64:
        want = np.dtype(np.int64)
    assert result_dtype(name, x.dtype) == want


def test_the_error_of_a_long_sum_is_as_stated(board: Board) -> None:
    rng = np.random.default_rng(5)
    x = rng.uniform(0, 1, 1 << 20).astype("f")
    exact = np.sum(x, dtype=float)
    assert abs(float(run(board, "sum", x, None)) - exact) <= 83 * 2**-24 * exact
    # measured: 1.4e-8 of the sum, where one number after the other would be 1e-4 off
    assert abs(float(run(board, "sum", x, None)) - exact) < 2e-7 * exact


def test_sums_are_the_same_however_the_outputs_are_grouped() -> None:
    """The tree is a function of the sizes: nothing of the device goes in."""
    assert geometry.reduction(1, 10**6, False) == geometry.Reduction(1, 256, 62)
    assert geometry.reduction(1, 2**33, False).splits == 1024
    assert geometry.reduction(10**6, 10, False) == geometry.Reduction(1, 32, 1)
    assert geometry.reduction(784, 60000, True) == geometry.Reduction(32, 8, 40)


def test_wrong_axes_and_shapes_are_refused(board: Board) -> None:
    x = board.put(np.zeros((2, 3), "f"))
    for axes in ((2,), (0, 0), (1, -1)):
        with pytest.raises(ValueError, match="different axes of 2"):
            reduce(board.driver, "sum", x, axes, x, scratch=board.scratch)
    with pytest.raises(ValueError, match=r"expected \(2,\)"):
        reduce(board.driver, "sum", x, (1,), x, scratch=board.scratch)
