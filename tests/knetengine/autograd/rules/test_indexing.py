"""Picking, sorting and filling: what the table of cases does not show."""

from typing import Any

import numpy as np
import pytest

import knetengine.numpy as kn
from knetengine import grad

X = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.5]])


def test_repeated_indices_add_up() -> None:
    table = np.zeros((4, 2), np.float32)
    gradient = grad(lambda t: t[[1, 3, 1, 1]].sum())(table)
    np.testing.assert_array_equal(gradient, [[0, 0], [3, 3], [0, 0], [1, 1]])
    np.testing.assert_array_equal(grad(lambda t: np.take(t, [7, 0, 7]).sum())(table)[3], [0, 2])


def test_equal_entries_of_a_set_give_the_gradient_to_the_first() -> None:
    x = np.array([3.0, 1.0, 3.0, 1.0, 2.0])
    weights = np.array([1.0, 10.0, 100.0])
    first = [100.0, 1.0, 0.0, 0.0, 10.0]
    for unique in (
        np.unique,
        np.unique_values,
        lambda x: np.unique_counts(x).values,
        lambda x: np.unique_all(x)[0],
        lambda x: np.union1d(x, x),
        lambda x: np.intersect1d(x, x),
        lambda x: np.setdiff1d(x, []),
        lambda x: np.setxor1d(x, []),
    ):
        gradient = grad(lambda x, unique=unique: (np.sort(unique(x)) * weights).sum())(x)
        np.testing.assert_array_equal(gradient, first)


def test_sets_of_what_is_not_a_number() -> None:
    x = np.array([2.0, np.nan, 1.0, np.nan])

    def loss(x: Any) -> Any:
        values = np.unique(x)
        assert values.shape == (3,)
        assert np.unique_values(x).shape == (4,)
        return (values[:2] * np.array([1.0, 10.0])).sum()

    np.testing.assert_array_equal(grad(loss)(x), [10.0, 0.0, 1.0, 0.0])


def test_equal_entries_are_sorted_as_numpy_does() -> None:
    x = np.array([2.0, 1.0, 2.0])
    gradient = grad(lambda x: (np.sort(x, stable=True) * np.array([1.0, 10.0, 100.0])).sum())(x)
    np.testing.assert_array_equal(gradient, [10.0, 1.0, 100.0])


def test_indices_and_counts_of_sets_are_constants() -> None:
    def loss(x: Any) -> Any:
        results = np.unique(x, return_index=True, return_inverse=True, return_counts=True)
        plain = np.unique(X, return_index=True, return_inverse=True, return_counts=True)
        for result, expected in zip(results[1:], plain[1:], strict=True):
            np.testing.assert_array_equal(result, expected)
        both = np.intersect1d(x, x[0], return_indices=True)
        for result, expected in zip(
            both[1:], np.intersect1d(X, X[0], return_indices=True)[1:], strict=True
        ):
            np.testing.assert_array_equal(result, expected)
        return np.unique_all(x).counts.sum() * x.sum()

    np.testing.assert_array_equal(grad(loss)(X), np.full((2, 3), 6.0))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: np.take_along_axis(x, np.array([0]), 1), ValueError, "indices of shape"),
        (lambda x: np.insert(x, 9, 0.0, axis=0), IndexError, "range"),
        (lambda x: np.diff(x, -1), ValueError, "order -1 is negative"),
        (lambda x: np.trim_zeros(x, "fx"), ValueError, "made of 'f' and 'b'"),
        (lambda x: np.apply_along_axis(np.sum, 0, x[:, :0]), ValueError, "no vectors along axis"),
        (
            lambda x: np.apply_over_axes(lambda a, i: np.sum(a), x, 0),
            ValueError,
            "the function left 0 axes",
        ),
        (lambda x: np.delete(x, 3, axis=0), IndexError, "out of bounds"),
        (lambda x: np.copyto(np.copy(x), x * 1j), TypeError, "np.copyto cannot write complex128"),
        (lambda x: np.place(np.copy(x), x > 0, []), ValueError, "no values to put"),
        (lambda x: np.put(np.copy(x), [6], 1.0), IndexError, "out of bounds"),
    ],
)
def test_what_does_not_fit_is_said(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        grad(lambda x: call(x) and 0.0)(X)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.take(x, 0, axis=2),
        lambda x: np.take_along_axis(x, np.array([[0]]), 2),
        lambda x: np.delete(x, 0, axis=-3),
        lambda x: np.insert(x, 0, 1.0, axis=2),
        lambda x: np.diff(x, axis=2),
        lambda x: np.sort(x, axis=2),
        lambda x: np.partition(x, 0, axis=2),
        lambda x: np.compress([True], x, axis=2),
        lambda x: np.unstack(x, axis=2),
        lambda x: np.split(x, 1, axis=2),
        lambda x: np.array_split(x, 2, axis=-3),
        lambda x: np.concatenate([x, x], axis=2),
        lambda x: np.append(x, x, axis=-3),
        lambda x: np.stack([x, x], axis=3),
        lambda x: np.flip(x, axis=2),
        lambda x: np.trim_zeros(x, axis=2),
        lambda x: np.unique(x, axis=2),
        lambda x: np.linspace(x, x, 3, axis=3),
        lambda x: np.lib.stride_tricks.sliding_window_view(x, 1, axis=2),
        lambda x: np.apply_along_axis(np.sum, 2, x),
        lambda x: np.apply_over_axes(np.sum, x, 2),
        lambda x: np.vecdot(x, x, axis=2),
        lambda x: np.cross(x, x, axisc=2),
    ],
)
def test_an_axis_that_is_not_there_is_said(call: Any) -> None:
    with pytest.raises(np.exceptions.AxisError, match="out of bounds"):
        grad(lambda x: call(x) and 0.0)(X)


@pytest.mark.parametrize(
    "write",
    [
        lambda a, x: np.copyto(a, x),
        lambda a, x: np.put(a, [0], x),
        lambda a, x: np.place(a, [[True, False, False]] * 2, x),
        lambda a, x: np.putmask(a, X > 0, x),
        lambda a, x: np.put_along_axis(a, np.array([[0], [1]]), x, 1),
        lambda a, x: np.fill_diagonal(a, x),
    ],
)
def test_a_plain_array_cannot_take_a_recorded_value(write: Any) -> None:
    a = np.zeros((2, 3))
    with pytest.raises(TypeError, match=r"knetengine\.numpy\.zeros"):
        grad(lambda x: write(a, x) or x)(2.0)
    np.testing.assert_array_equal(a, np.zeros((2, 3)))
    assert grad(lambda x: write(b := kn.zeros((2, 3)), x) or b.sum())(2.0) >= 1.0


def test_full_of_a_recorded_value_says_what_to_use() -> None:
    with pytest.raises(TypeError, match=r"for np\.full use np\.broadcast_to\(x, shape\)"):
        grad(lambda x: np.full((2, 2), x, float).sum())(2.0)


def test_plain_arrays_are_filled_by_the_namespace_as_by_numpy() -> None:
    for put in (np.put, kn.put):
        a = np.zeros(4)
        put(a, [1, -1, 1], [5.0, 6.0, 7.0])
        np.testing.assert_array_equal(a, [0.0, 7.0, 0.0, 6.0])
    for place in (np.place, kn.place):
        a = np.arange(4.0)
        place(a, a > 1, [8.0])
        np.testing.assert_array_equal(a, [0.0, 1.0, 8.0, 8.0])


def test_functions_along_an_axis_see_recorded_values() -> None:
    def norm(row: Any) -> Any:
        return row.item(0) if row[0] > row[1] else row @ row  # steered by the values

    expected = [[1.0, 0.0, 0.0], [1.0, 8.0, -3.0]]
    np.testing.assert_array_equal(
        grad(lambda x: np.apply_along_axis(norm, 1, x).sum())(X), expected
    )


def test_lists_beside_recorded_values_are_arrays() -> None:
    x = np.array([2.0, 3.0])

    def loss(x: Any) -> Any:
        inserted = np.insert([1.0, 1.0, 1.0], 1, x)  # two entries before the second
        listed = np.insert(x, [0, 2], [x[1], 5.0])
        differences = np.diff([1.0, 4.0], prepend=x, append=[x[0]])
        step = np.linspace(x, [8.0, 9.0], 3, retstep=True)[1]
        return inserted[1] * 1e0 + listed[0] * 1e1 + differences @ [1e2, 0, 0, 1e3] + step[1] * 1e4

    np.testing.assert_allclose(grad(loss)(x), [1.0 - 100.0 + 1000.0, 10.0 + 100.0 - 5000.0])
