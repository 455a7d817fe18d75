"""When two results are near enough, and what is said if not."""

import numpy as np
import pytest

from knetengine.selftest.comparing import RELATIVE, UNITS, Comparison, MismatchError


def test_the_worst_error_is_kept() -> None:
    comparison = Comparison()
    x = np.array([1.0, 2.0, 4.0])
    comparison.near("x", x * 1.001, x, 0.01)
    comparison.near("y", x * 1.0001, x, 0.0002)
    assert comparison.error == pytest.approx(0.0001)
    assert (comparison.tolerance, comparison.unit) == (0.0002, RELATIVE)
    comparison.within("z", np.float32([1]), np.float32([np.nextafter(np.float32(1), 2)]), 1)
    assert (comparison.error, comparison.tolerance, comparison.unit) == (1.0, 1, UNITS)


def test_what_is_too_far_is_said_with_both_values() -> None:
    comparison = Comparison()
    with pytest.raises(MismatchError, match=r"x at \[1, 0\]: found 3.5, expected 3.0; 1 of 4"):
        comparison.near("x", [[1.0, 2.0], [3.5, 4.0]], [[1.0, 2.0], [3.0, 4.0]], 0.1)
    assert comparison.error == pytest.approx(0.5 / 3)


@pytest.mark.parametrize(
    ("found", "expected", "words"),
    [
        (np.zeros(3), np.zeros(4), r"found the shape \(3,\), expected \(4,\)"),
        (np.zeros(3), np.zeros(3, "f"), "found the dtype float64, expected float32"),
        (np.array([1, 2]), np.array([1, 3]), "found 2, expected 3"),
        (np.array([np.nan]), np.array([1.0]), "found nan, expected 1.0"),
        (np.array([1.0]), np.array([np.nan]), "found 1.0, expected nan"),
        (np.array([np.inf]), np.array([-np.inf]), "found inf, expected -inf"),
        (np.array([True]), np.array([False]), "found True, expected False"),
    ],
)
def test_what_differs_in_kind_is_never_near(
    found: np.ndarray, expected: np.ndarray, words: str
) -> None:
    with pytest.raises(MismatchError, match=words):
        Comparison().near("x", found, expected, 1e9)


def test_nan_and_infinities_in_the_same_places_are_equal() -> None:
    x = np.array([np.nan, np.inf, -np.inf, 0.0, 1.0])
    comparison = Comparison()
    comparison.near("x", x, x.copy())
    assert comparison.error == 0


def test_a_floor_lets_small_numbers_differ_by_a_share_of_it() -> None:
    Comparison().near("x", [1e-9], [0.0], 1e-6, 1.0)
    with pytest.raises(MismatchError):
        Comparison().near("x", [1e-9], [0.0], 1e-6)


def test_things_that_are_not_arrays() -> None:
    Comparison().holds("x", 3, 3)
    with pytest.raises(MismatchError, match="calls: found 3, expected 0"):
        Comparison().holds("calls", 3, 0)
