"""Joining, choosing and padding: what the table of cases does not show."""

from typing import Any

import numpy as np
import pytest

from knetengine import grad

X = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.5]])


def test_lists_of_recorded_numbers_are_joined_too() -> None:
    def loss(x: Any) -> Any:
        rows = np.concatenate([[x[0, 0], 1.0], x[1], [[x[0, 1]]][0]])
        stacked = np.stack([x[0, :2], [x[1, 1], 2.0]])
        return rows.sum() + (np.vstack([stacked, [x[1, 0], 5.0]]) ** 2).sum()

    expected = np.array([[1.0 + 2.0, 1.0 - 4.0, 0.0], [1.0 + 1.0, 1.0 + 8.0, 1.0]])
    np.testing.assert_array_equal(grad(loss)(X), expected)


def test_the_parts_of_a_split_share_the_memory_of_one_gradient() -> None:
    gradient = grad(lambda x: sum(i * part.sum() for i, part in enumerate(np.split(x, 3, 1))))(X)
    np.testing.assert_array_equal(gradient, [[0.0, 1.0, 2.0]] * 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: np.split(x, 2, axis=1), "does not divide into 2 equal parts"),
        (lambda x: np.array_split(x, 0), "into 0 sections"),
        (lambda x: np.hsplit(x[0, 0], 1), "np.hsplit takes arrays of 1 axes or more"),
        (lambda x: np.vsplit(x[0], 1), "np.vsplit takes arrays of 2 axes or more"),
        (lambda x: np.dsplit(x, 1), "np.dsplit takes arrays of 3 axes or more"),
        (lambda x: np.block([[x, x], x]), "nested to one depth"),
        (lambda x: np.block([[x], []]), "nested to one depth"),
        (lambda x: np.piecewise(x, [x > 0, x > 1], [1.0]), "2 conditions take 2 or 3 functions"),
        (lambda x: np.pad(x, 1, mode="edge", end_values=0), "mode 'edge' has no option end_values"),
        (lambda x: np.pad(x, -1), "negative numbers"),
        (lambda x: np.pad(x, [(1, 2, 3)]), "is not one pair for each of 2 axes"),
        (lambda x: np.pad(x[:0], 1, mode="wrap"), "axis 0 is empty"),
        (lambda x: np.select([x > 0], [x, x]), "same length"),
    ],
)
def test_what_does_not_fit_is_said(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        grad(lambda x: call(x) and 0.0)(X)


def test_a_function_as_the_mode_of_pad_is_refused() -> None:
    with pytest.raises(TypeError, match=r"join them with np\.concatenate"):
        grad(lambda x: np.pad(x, 1, mode=lambda row, *_: None).sum())(X)


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "empty"},
        {"mode": "constant", "constant_values": ((1.0, 2.0), (3.0, 4.0))},
        {"mode": "edge"},
        {"mode": "linear_ramp", "end_values": (5.0, 7.0)},
        {"mode": "maximum", "stat_length": 2},
        {"mode": "mean", "stat_length": ((1, 2),)},
        {"mode": "reflect"},
        {"mode": "reflect", "reflect_type": "odd"},
        {"mode": "symmetric"},
        {"mode": "symmetric", "reflect_type": "odd"},
        {"mode": "wrap"},
    ],
)
@pytest.mark.parametrize("widths", [0, 2, (1, 11), ((9, 0), (0, 1)), {0: 7, -1: (1, 4)}])
def test_pads_are_those_of_numpy(options: Any, widths: Any) -> None:
    seen: list[Any] = []
    grad(lambda x: seen.append(np.pad(x, widths, **options)) or x.sum())(X)
    expected = np.pad(X, widths, **options)
    padded = seen[0].value
    assert padded.shape == expected.shape
    if options["mode"] != "empty":
        np.testing.assert_allclose(padded, expected, rtol=1e-15)


def test_pads_of_mode_empty_have_no_gradient() -> None:
    gradient = grad(lambda x: np.pad(x, 1, mode="empty")[1:-1, 1:-1].sum())(X)
    np.testing.assert_array_equal(gradient, np.ones((2, 3)))


def test_maxima_in_a_pad_that_tie_share_its_gradient() -> None:
    gradient = grad(lambda x: np.pad(x, (2, 0), mode="maximum")[0])(np.array([3.0, 1.0, 3.0]))
    np.testing.assert_array_equal(gradient, [0.5, 0.0, 0.5])


def test_where_gives_each_branch_the_gradient_of_its_places_only() -> None:
    def loss(x: Any) -> Any:
        with np.errstate(invalid="ignore"):
            return np.where(x > 0, np.where(x > 0, x, 1.0) ** 0.5, x * 3.0).sum()

    expected = np.where(X > 0, 0.5 / np.sqrt(np.abs(X)), 3.0)
    np.testing.assert_allclose(grad(loss)(X), expected)


def test_where_without_branches_is_a_constant() -> None:
    seen: list[Any] = []
    grad(lambda x: seen.append(np.where(x)) or x.sum())(np.array([0.0, 2.0, 0.0, 1.0]))
    np.testing.assert_array_equal(seen[0][0], [1, 3])


def test_out_by_position_is_refused() -> None:
    out = np.zeros(2)
    with pytest.raises(TypeError, match=r"np\.take: give out= by name"):
        grad(lambda x: np.take(x, [0, 1], 0, out, "clip").sum())(np.ones(2))
    with pytest.raises(TypeError, match=r"np\.choose: give out= by name"):
        grad(lambda x: np.choose([0, 0], [x], out, "clip").sum())(np.ones(2))
