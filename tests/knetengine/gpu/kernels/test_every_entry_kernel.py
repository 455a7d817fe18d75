"""Every kernel of single entries in the catalogue, those for strided arrays and the slopes too.

The functions themselves are held to NumPy in `test_elementwise`. Here kernels are held to each
other: strided ones to those for arrays in one piece, bit by bit, and slopes in short types to those
in float64, which `test_elementwise` holds to the tape.
"""

from collections.abc import Sequence

import numpy as np
import pytest

from knetengine.gpu.kernels import elementwise
from knetengine.gpu.kernels.catalogue import elementwise_sources
from knetengine.gpu.kernels.elementwise import Number, Variant
from knetengine.gpu.kernels.expressions import EXPRESSIONS, SLOPES
from knetengine.selftest.numbers import LETTERS
from tests.knetengine.gpu.kernels import test_elementwise
from tests.knetengine.gpu.kernels.board import Board

CATALOGUE = {kernel for source in elementwise_sources() for kernel in source.kernels}
CLOSE = {"e": (2e-3, 2e-3), "f": (2e-5, 2e-6)}
"""Of a slope: relative to its size, and absolutely. For such inputs no condition is above 50."""


def variants(name: str, letter: str) -> list[Variant]:
    """The two kernels of the catalogue of a function in a dtype; none if it has no such."""
    found = elementwise.variants(name, letter * len(EXPRESSIONS[name].variables))
    return [v for v in found if v.kernel in CATALOGUE]


CASES = [(name, letter) for letter in LETTERS for name in EXPRESSIONS if variants(name, letter)]


def inputs(count: int, letter: str, seed: int = 1) -> list[np.ndarray]:
    """Numbers between 0.1 and 0.9, or small integers, (5, 37) each."""
    rng = np.random.default_rng(seed)
    if letter in "efd":
        return [rng.uniform(0.1, 0.9, (5, 37)).astype(letter) for _ in range(count)]
    low, high = (0, 2) if letter == "?" else (1, 9)
    return [rng.integers(low, high, (5, 37)).astype(letter) for _ in range(count)]


def in_one_piece(
    board: Board, name: str, values: Sequence[np.ndarray | Number], out: np.dtype
) -> np.ndarray:
    there = board.empty((5, 37), out)
    given = [board.put(v) if isinstance(v, np.ndarray) else v for v in values]
    elementwise.apply(board.driver, name, given, there)
    return board.get(there)


def scattered(
    board: Board, name: str, values: Sequence[np.ndarray | Number], out: np.dtype
) -> np.ndarray:
    """The same of arrays with gaps, turned round or transposed, into every second column."""
    given = []
    for number, value in enumerate(values):
        if not isinstance(value, np.ndarray):
            given.append(value)
            continue
        wide = np.zeros((10, 74), value.dtype)
        view = wide[::-2, ::-2] if number % 2 else wide.reshape(74, 10).T[::2, ::2]
        view[...] = value
        given.append(board.put(view))
    whole = board.empty((5, 74), out)
    step = out.itemsize
    there = whole._replace(shape=(5, 37), strides=(74 * step, 2 * step))
    elementwise.apply(board.driver, name, given, there)
    return board.get(there)


@pytest.mark.parametrize(("name", "letter"), CASES)
def test_strides_make_no_difference(board: Board, name: str, letter: str) -> None:
    test_elementwise.ready(board.driver, letter)
    out = variants(name, letter)[0].out
    values = inputs(len(EXPRESSIONS[name].variables), letter)
    expected = in_one_piece(board, name, values, out)
    np.testing.assert_array_equal(scattered(board, name, values, out), expected)


@pytest.mark.parametrize("letter", LETTERS)
def test_nor_do_they_where_one_argument_is_a_number(board: Board, letter: str) -> None:
    (values,) = inputs(1, letter)
    number = values[0, 0]
    expected = in_one_piece(board, "multiply", [values, number], values.dtype)
    np.testing.assert_array_equal(expected, np.multiply(values, number))
    found = scattered(board, "multiply", [values, number], values.dtype)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("name", "letter"), [(n, a) for n, a in CASES if n in SLOPES and a in CLOSE]
)
def test_slopes_are_those_of_float64(board: Board, name: str, letter: str) -> None:
    test_elementwise.ready(board.driver, letter)
    test_elementwise.ready(board.driver, "d")
    values = inputs(len(EXPRESSIONS[name].variables), letter)
    wide = in_one_piece(board, name, [v.astype("d") for v in values], np.dtype("d"))
    found = in_one_piece(board, name, values, np.dtype(letter))
    relative, absolute = CLOSE[letter]
    np.testing.assert_allclose(found, wide, relative, absolute)
