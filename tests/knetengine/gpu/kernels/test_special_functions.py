"""Functions that C has not, at their edges and far out."""

import math

import numpy as np
import scipy.special

from tests.knetengine.gpu.kernels.board import Board
from tests.knetengine.gpu.kernels.test_elementwise import evaluate


def test_special_functions_at_their_edges(board: Board) -> None:
    inf, nan = math.inf, math.nan
    for name, x, expected in (
        ("erfinv", [-1.0, 1.0, 0.0, 1.5, nan], [-inf, inf, 0.0, nan, nan]),
        ("erfcinv", [0.0, 2.0, 1.0, -0.5, nan], [inf, -inf, 0.0, nan, nan]),
        ("digamma", [0.0, -0.0, -1.0, inf], [-inf, inf, nan, inf]),
        ("erfcx", [inf, -inf, -30.0, 0.0], [0.0, inf, inf, 1.0]),
        ("sinpi", [1.0, 0.5, 1e9 + 0.5, 2.0], [0.0, 1.0, 1.0, 0.0]),
        ("cospi", [1.0, 0.5, 1e9 + 0.5, 2.0], [-1.0, 0.0, 0.0, 1.0]),
        ("relu", [nan, -1.0, 3.0, -0.0], [nan, 0.0, 3.0, 0.0]),
    ):
        result = evaluate(board, name, [np.array(x)], np.float64)
        np.testing.assert_allclose(result, expected, rtol=1e-15, atol=1e-15)


def test_orders_of_bessel_functions(board: Board) -> None:
    """Of either sign; those that are not whole, or too large, are refused by NaN."""
    order = np.array([-3.0, -2.0, -1.0, 7.0, 0.5, 1001.0, np.nan, np.inf])
    x = np.full(8, 2.5)
    for name, function in (("jn", scipy.special.jv), ("yn", scipy.special.yv)):
        result = evaluate(board, name, [order, x], np.float64)
        np.testing.assert_allclose(result[:4], function(order[:4], x[:4]), rtol=1e-12)
        assert np.isnan(result[4:]).all()


def test_inverse_error_functions_are_right_far_out(board: Board) -> None:
    small = np.array([1e-300, 1e-100, 1e-20, 1e-8, 0.3])
    result = evaluate(board, "erfcinv", [small], np.float64)
    np.testing.assert_allclose(result, scipy.special.erfcinv(small), rtol=4e-15)
    near = np.array([1e-300, -1e-10, 0.4999, 0.5001, 1 - 1e-15, -1 + 1e-12])
    result = evaluate(board, "erfinv", [near], np.float64)
    np.testing.assert_allclose(result, scipy.special.erfinv(near), rtol=4e-15)
