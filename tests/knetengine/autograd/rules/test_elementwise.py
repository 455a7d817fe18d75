"""Elementwise functions: choices at kinks, exactness, dtypes, messages."""

import math
from typing import Any

import numpy as np
import pytest

from knetengine import grad
from knetengine.autograd import gradcheck

INF, NAN = math.inf, math.nan


def slopes(function: Any, *arguments: Any) -> list[Any]:
    """The slope of an elementwise function by each argument."""
    arrays = [np.asarray(argument, float) for argument in arguments]
    gradients = grad(lambda *a: np.sum(function(*a)), tuple(range(len(arrays))))(*arrays)
    return [gradient.tolist() for gradient in gradients]


@pytest.mark.parametrize("choice", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_arguments_that_tie_share_the_gradient_equally(choice: Any) -> None:
    ones, halves = choice(1.0, 2.0) == [1.0, 2.0], 0.5
    assert slopes(choice, [1, 3, 2], [2, 3, 1]) == [
        [ones[0], halves, ones[1]],
        [ones[1], halves, ones[0]],
    ]
    assert grad(lambda x: choice(x, 1.0))(1.0) == 0.5
    assert grad(lambda x: choice(1, x))(1.0) == 0.5
    assert grad(lambda x: choice(x, x))(1.0) == 1.0


def test_the_share_of_a_tie_keeps_float32() -> None:
    x = np.array([0.0, 1.0, -1.0], np.float32)
    gradient = grad(lambda x: np.maximum(x, 0.0).sum())(x)
    assert gradient.dtype == np.float32
    assert gradient.tolist() == [0.5, 1.0, 0.0]


def test_nan_takes_no_gradient_where_it_is_passed_over() -> None:
    with np.errstate(invalid="ignore"):
        assert slopes(np.fmax, [NAN, 1.0, NAN], [2.0, NAN, NAN]) == [[0, 1, 0], [1, 0, 0]]
        assert slopes(np.fmin, [NAN, 1.0, NAN], [2.0, NAN, NAN]) == [[0, 1, 0], [1, 0, 0]]
    assert slopes(lambda x: np.nan_to_num(x, posinf=1), [NAN, INF, 1.0]) == [[0, 0, 1]]


def test_clip_shares_with_the_bounds_it_meets() -> None:
    assert slopes(lambda x: np.clip(x, 0.0, 1.0), [-1, 0, 0.5, 1, 2]) == [[0, 0.5, 1, 0.5, 0]]
    assert slopes(lambda x: np.clip(x, None, 1.0), [0, 1, 2]) == [[1, 0.5, 0]]
    assert slopes(lambda x: np.clip(x, 1.0, None), [0, 1, 2]) == [[0, 0.5, 1]]
    assert slopes(np.clip, [0, 1, 2, 3, 4], [1, 1, 1, 1, 1], [3, 3, 3, 3, 3]) == [
        [0, 0.5, 1, 0.5, 0],
        [1, 0.5, 0, 0, 0],
        [0, 0, 0, 0.5, 1],
    ]
    assert slopes(np.clip, 5, 3, 1) == [0, 0, 1]  # the bounds crossed: the upper one wins
    assert slopes(lambda low: np.ones(3).clip(low, 2.0), [0, 2, 3]) == [[0, 1 / 2 * 1, 0]]


def test_slopes_at_zero() -> None:
    assert slopes(np.absolute, 0) == [0]
    assert slopes(abs, 0) == [0]
    assert slopes(np.fabs, 0) == [0]
    assert slopes(np.copysign, 0, -1) == [0, 0]
    assert slopes(np.hypot, 0, 0) == [0, 0]
    assert slopes(np.arctan2, 0, 0) == [0, 0]
    assert slopes(np.sinc, 0) == [0]
    assert slopes(np.i0, 0) == [0]
    assert grad(lambda z: np.absolute(z))(0j) == 0


def test_powers_of_zero() -> None:
    assert [grad(lambda x, n=n: x**n)(0.0) for n in (0, 1, 2, 3, 4)] == [0, 1, 0, 0, 0]
    assert slopes(lambda x: x ** np.array([0, 1, 2, 3]), [0, 0, 0, 0]) == [[0, 1, 0, 0]]
    assert grad(lambda b: 0.0**b)(2.0) == 0.0
    assert grad(lambda b: 0**b)(2.0) == 0.0
    assert slopes(lambda b: np.power(np.zeros(2), b), [0.0, 1.0]) == [[0, 0]]
    assert slopes(lambda x: np.power(x, [0, 1, 2]), [0, 0, 3]) == [[0, 1, 6]]
    assert slopes(lambda b: np.power([0, 1], b), [2, 5]) == [[0, 0]]
    second = grad(lambda x: np.sum(grad(lambda x: np.sum(x**2 + x**1.0))(x)))
    assert second(np.zeros(2)).tolist() == [2.0, 2.0]


@pytest.mark.parametrize("exponent", [2, 3, 4, -2, 5.0])
def test_powers_of_arrays_with_zeros_and_negative_numbers(exponent: Any) -> None:
    x = np.array([-1.5, 0.5, -0.2, 2.0] if exponent < 0 else [-1.5, 0.0, -0.2, 2.0])
    gradient = grad(lambda x: np.sum(x**exponent))(x)
    np.testing.assert_allclose(gradient, exponent * x ** (exponent - 1), rtol=1e-14)


def test_a_negative_base_has_no_slope_by_a_recorded_exponent() -> None:
    with np.errstate(invalid="ignore"):
        assert np.isnan(grad(lambda b: np.power(-2.0, b))(3.0))


def test_square_roots_and_logarithms_are_steep_at_zero() -> None:
    with np.errstate(divide="ignore"):
        assert slopes(np.sqrt, 0) == [INF]
        assert slopes(lambda x: x**0.5, 0) == [INF]
        assert slopes(np.arcsin, 1) == [INF]


def test_logaddexp_of_infinities() -> None:
    for function in (np.logaddexp, np.logaddexp2):
        with np.errstate(all="raise"):
            for infinity, of_larger in ((INF, [0.5, 1.0]), (-INF, [0.5, 0.0])):
                left, right = slopes(function, [infinity, infinity], [infinity, 0.0])
                assert left == pytest.approx(of_larger)
                assert right == pytest.approx([1.0 - slope for slope in of_larger])


def test_remainders_agree_with_the_quotient_that_numpy_rounds() -> None:
    """``1.0 / 0.1`` rounds to 10, but ``1.0 % 0.1`` is almost 0.1: it fits nine times."""
    for function in (np.remainder, np.fmod, lambda a, b: np.divmod(a, b)[1]):
        assert slopes(function, 1.0, 0.1) == [1.0, -9.0]
        assert slopes(function, -7.0, 2.0)[1] == (4.0 if function is not np.fmod else 3.0)


def test_sinc_is_as_exact_near_zero_as_elsewhere() -> None:
    x = np.array([1e-9, 1e-5, 1e-3, 0.05, 0.299])
    series = sum(
        (-1) ** k * 2 * k * np.pi ** (2 * k) * x ** (2 * k - 1) / math.factorial(2 * k + 1)
        for k in range(1, 15)
    )
    np.testing.assert_allclose(slopes(np.sinc, x)[0], series, rtol=1e-14)
    second = grad(lambda x: grad(np.sinc)(x))
    assert second(0.0) == pytest.approx(-(np.pi**2) / 3)
    below, above = second(0.2999999), second(0.3000001)
    assert below == pytest.approx(above, rel=1e-6)


def test_i0_is_as_exact_for_large_arguments() -> None:
    """Values of the Bessel function of order 1 from Abramowitz and Stegun, table 9.8."""
    expected = {0.1: 0.0500625260, 1.0: 0.565159104, 5.0: 24.3356421}
    for x, slope in expected.items():
        assert grad(np.i0)(x) == pytest.approx(slope, rel=1e-8)
        assert grad(np.i0)(-x) == pytest.approx(-slope, rel=1e-8)
    assert grad(np.i0)(700.0) == pytest.approx(np.i0(700.0) * (1 - 1 / 1400), rel=1e-5)
    assert gradcheck(lambda x: 1e-300 * grad(np.i0)(x), 690.0)
    assert grad(lambda x: grad(np.i0)(x))(0.0) == 0.5


def test_arctan2_does_not_overflow() -> None:
    y, x = np.float32(1e30), np.float32(-1e30)
    assert grad(np.arctan2, (0, 1))(y, x) == pytest.approx((-5e-31, -5e-31), rel=1e-6)


def test_holomorphic_functions_on_their_branch_cuts() -> None:
    """With a positive zero for an imaginary part the cut is approached from above."""
    for function, z in ((np.arcsin, 2 + 0j), (np.arccos, -2 + 0j), (np.arccosh, -2 + 0j)):
        step = 1e-6
        difference = (function(z + step) - function(z - step)) / (2 * step)
        gradient = grad(lambda z, f=function: np.real(f(z)))(z)
        assert gradient == pytest.approx(difference, abs=1e-8)


def test_nan_to_num_in_place_is_refused() -> None:
    with pytest.raises(TypeError, match="leave copy= out"):
        grad(lambda x: np.sum(np.nan_to_num(x, copy=False)))(np.ones(2))


@pytest.mark.parametrize(
    "function",
    [
        np.square,
        np.sqrt,
        np.tanh,
        np.absolute,
        np.sinc,
        np.i0,
        np.deg2rad,
        np.nan_to_num,
        lambda x: x**2 + x**0.5 + 2**x + x**1.5 + x**-1,
        lambda x: np.clip(x, 0.1, 2.0),
        lambda x: np.logaddexp2(x, 1.0),
        lambda x: np.arctan2(x, 2.0) + np.hypot(x, 1.0),
        lambda x: np.copysign(x, -1.0),
        lambda x: np.ldexp(x, 2) + np.frexp(x)[0],
        lambda x: np.fmax(x, 1.0) + np.fmod(x, 2.0),
    ],
)
def test_rules_never_leave_float32(function: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mechanism would cast it back, but a float64 array on the way costs time and memory."""
    import knetengine.autograd.backward as backward

    seen: list[Any] = []
    conform = backward.conform

    def noting(gradient: Any, value: Any) -> Any:
        seen.append(gradient.dtype)
        return conform(gradient, value)

    monkeypatch.setattr(backward, "conform", noting)
    x = np.array([0.7, 1.0, 0.3], np.float32)
    grad(lambda x: np.sum(function(x) * 2.0))(x)
    assert {dtype.name for dtype in seen} <= {"float32"}
