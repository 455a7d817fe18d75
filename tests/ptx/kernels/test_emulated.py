"""The tests of the product's kernels with NVRTC's PTX on the emulator, against their own oracles.

The emulator watches while they run: memory, races, barriers, arguments. See README.md for what it
does not model.
"""

from fractions import Fraction

import numpy as np
import pytest
import scipy.special

from tests.knetengine.gpu.kernels import test_elementwise
from tests.knetengine.gpu.kernels.board import Board
from tests.ptx.kernels import emulated

globals().update(emulated.gathered())


@pytest.mark.parametrize("letter", "fd")
def test_a_product_and_a_sum_are_rounded_once(board: Board, letter: str) -> None:
    """NVRTC contracts them to a fused multiply-add, which NumPy has not."""
    x, y, z = (np.random.default_rng(k).standard_normal(300).astype(letter) for k in range(3))
    found = test_elementwise.evaluate(board, "multiply_add", [x, y, z], np.dtype(letter))
    for each, *three in zip(found, x, y, z, strict=True):
        a, b, c = (Fraction(float(number)) for number in three)
        apart = abs(Fraction(float(each)) - (a * b + c))
        assert apart <= Fraction(float(np.spacing(abs(each)))) / 2


@pytest.mark.parametrize(("letter", "bound"), [("f", 2.2e-6), ("d", 2.5e-12)])
def test_bessel_functions_of_any_order_are_as_near_as_nvidia_says(
    board: Board, letter: str, bound: float
) -> None:
    """An absolute bound, for order 128: CUDA C++ Programming Guide, "Mathematical Functions"."""
    order, x = test_elementwise.arguments("jn", letter)
    found = test_elementwise.evaluate(board, "jn", [order, x], np.dtype(letter))
    expected = scipy.special.jv(order.astype("d"), x.astype("d"))
    np.testing.assert_allclose(found, expected, rtol=0, atol=bound)
