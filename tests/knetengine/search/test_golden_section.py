"""Golden section search: its path by hand, known minima, and that it says what cannot be."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetengine.search import goldensection
from knetengine.search.golden_section import GOLDEN_RATIO

PHI = GOLDEN_RATIO


class Counted:
    """A function that keeps where it was asked."""

    def __init__(self, f: Callable[[Any], float]) -> None:
        self.f = f
        self.asked: list[np.ndarray] = []

    def __call__(self, x: np.ndarray) -> float:
        assert x.dtype == np.float64
        self.asked.append(x.copy())
        value = self.f(x)
        x[:] = math.nan  # whatever f does to its argument is its own affair
        return value


def bowl(centre: list[float], scale: list[float]) -> Callable[[Any], float]:
    return lambda x: float(np.sum(np.array(scale) * (x - np.array(centre)) ** 2))


def test_the_path_in_one_dimension_by_hand() -> None:
    """From 0 by golden steps; 1, 3.618 and 2.618 are met twice and not asked for again."""
    f = Counted(bowl([3.0], [1.0]))
    lowest, x = goldensection(f, 1)
    path = [0, 1, 1 + PHI]  # 0, 1, 2.618: better each time
    path += [1 + PHI + PHI**2, 2 + PHI, 2]  # 5.236, 3.618, 2: too far, but shorter
    path += [3, 3 + PHI**-3, 3 - PHI**-4]  # the minimum, then 3.236 and 2.854 beside it
    np.testing.assert_allclose(np.concatenate(f.asked), path)
    assert lowest == pytest.approx(0, abs=1e-20)
    np.testing.assert_allclose(x, [3.0])


def test_dimensions_take_turns_by_their_expected_gain() -> None:
    f = Counted(bowl([2.0, -1.0], [1.0, 10.0]))
    goldensection(f, 2)
    first = [[0, 0], [1, 0], [1, 1], [1, -1 / PHI]]  # the second dimension promises more
    np.testing.assert_allclose(f.asked[:4], first)


@given(
    st.lists(st.tuples(st.floats(-20, 20), st.floats(0.1, 10)), min_size=1, max_size=4),
    st.sampled_from([0.1, 0.01]),
)
def test_the_minimum_of_a_bowl_is_found_to_within_a_step(
    bowls: list[tuple[float, float]], dxmin: float
) -> None:
    """Where dimensions do not interact, one more step either way is past the minimum."""
    centre, scale = (list(column) for column in zip(*bowls, strict=True))
    f = Counted(bowl(centre, scale))
    lowest, x = goldensection(f, len(bowls), dxmin=dxmin)
    assert np.abs(x - centre).max() <= dxmin * PHI
    assert lowest == bowl(centre, scale)(x)
    assert lowest == min(bowl(centre, scale)(point) for point in f.asked)


def test_dimensions_that_interact() -> None:
    """A tilted bowl: 2x - y = 1 and 2y - x = 4 at its minimum, so x = 2 and y = 3."""
    _, x = goldensection(
        lambda x: float(x[0] ** 2 + x[1] ** 2 - x[0] * x[1] - x[0] - 4 * x[1]), 2, dxmin=1e-4
    )
    np.testing.assert_allclose(x, [2.0, 3.0], atol=0.01)


def test_options_that_move_by_factors() -> None:
    """As the docstring advises: the best rate is 0.5, the search starts at 0.1."""
    _, x = goldensection(lambda x: abs(math.log(0.1 * math.exp(x[0]) / 0.5)), 1, dxmin=0.01)
    assert 0.1 * math.exp(x[0]) == pytest.approx(0.5, rel=0.02)


def test_nan_is_out_of_range() -> None:
    """A wall at 2, in front of the minimum at 3: the search ends just before it."""
    lowest, x = goldensection(lambda x: math.nan if x[0] > 2 else float((x[0] - 3) ** 2), 1, 0.01)
    assert 2 - 0.02 < x[0] <= 2
    assert lowest == float((x[0] - 3) ** 2)


def test_infinity_is_a_wall_too() -> None:
    _, x = goldensection(lambda x: math.inf if x[0] > 2 else float((x[0] - 3) ** 2), 1, 0.01)
    assert 2 - 0.02 < x[0] <= 2


def test_what_is_known_is_not_asked_again() -> None:
    history: list[Any] = []
    f = Counted(bowl([3.0, 1.0], [1.0, 2.0]))
    first = goldensection(f, 2, history=history)
    asked = len(f.asked)
    assert len(history) == asked
    for (x, value), point in zip(history, f.asked, strict=True):
        np.testing.assert_array_equal(x, point)
        assert value == bowl([3.0, 1.0], [1.0, 2.0])(x)
    again = goldensection(f, 2, history=history)
    assert len(f.asked) == asked
    assert again[0] == first[0]
    again[1][:] = math.nan  # the result is no view of the history
    assert goldensection(f, 2, history=history)[0] == first[0]
    goldensection(f, 2, dxmin=0.01, history=[(p.tolist(), v) for p, v in history])
    assert asked < len(f.asked) < 2 * asked


def test_no_point_is_asked_twice() -> None:
    f = Counted(bowl([7.3, -2.2, 0.4], [1.0, 3.0, 2.0]))
    goldensection(f, 3, dxmin=0.01)
    points = {tuple(np.round(point, 6)) for point in f.asked}
    assert len(points) == len(f.asked)


def test_verbose_prints_a_line_for_each_step(capsys: pytest.CaptureFixture[str]) -> None:
    goldensection(bowl([3.0], [1.0]), 1, dxmin=0.7, verbose=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "(:f0,9.0,:x0,[0.0],:f1,4.0,:x1,[1.0])"
    assert len(lines) == 5  # to 5.236, back to 1, and to 3.618; then the step is 0.618
    goldensection(bowl([3.0], [1.0]), 1)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "n is 0; expected 1 or more"),
        ({"dxmin": 0.0}, "dxmin is 0.0; expected a step size above 0"),
        ({"dxmin": math.nan}, "dxmin is nan"),
        ({"accel": 1.0}, "accel is 1.0; expected a factor above 1"),
        ({"f": lambda x: math.nan}, "f is nan at zeros"),
        ({"f": lambda x: math.inf}, "f is inf at zeros"),
        ({"f": lambda x: x[0]}, "f falls without end"),
        ({"f": lambda x: -math.inf if x[0] else 0.0}, "f falls without end, to -inf"),
        ({"history": [(np.zeros(2), 1.0)]}, r"history has a point of shape \(2,\); expected 1"),
    ],
)
def test_what_cannot_be_is_said(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=rf"^goldensection: {message}"):
        goldensection(**{"f": bowl([1.0], [1.0]), "n": 1, **arguments})
