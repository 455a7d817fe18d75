"""Axes, shapes, repetition, samples: what the table of cases does not show."""

from typing import Any

import numpy as np
import pytest

import knetengine.numpy as kn
from knetengine import grad

ENTRIES = np.arange(24.0)
LAYOUTS = {
    "C": ENTRIES.reshape(2, 3, 4),
    "F": ENTRIES.reshape(2, 3, 4, order="F"),
    "permuted": ENTRIES.reshape(2, 3, 4).transpose(1, 2, 0),
    "reversed": ENTRIES.reshape(2, 3, 4)[::-1, :, ::-1].swapaxes(0, 1),
    "gaps": np.arange(96.0).reshape(4, 6, 4)[::2, ::-2, 1:].transpose(2, 0, 1),
    "vector": ENTRIES[::-2],
    "matrix of one row": ENTRIES.reshape(1, 24).T,
}


@pytest.mark.parametrize("order", ["C", "F", "A", "K"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_gradient_of_ravel_follows_the_layout_in_memory(layout: str, order: Any) -> None:
    x = LAYOUTS[layout]
    flat = np.ravel(x, order)
    weights = np.cos(np.arange(x.size))
    by_entry = dict(zip(flat.tolist(), weights.tolist(), strict=True))  # entries are distinct
    expected = np.vectorize(by_entry.__getitem__)(x)
    gradient = grad(lambda x: (np.ravel(x, order) * weights).sum())(x)
    np.testing.assert_array_equal(gradient, expected)


@pytest.mark.parametrize("order", ["C", "F", "A"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_gradient_of_reshape_follows_the_layout_in_memory(layout: str, order: Any) -> None:
    x = LAYOUTS[layout]
    weights = np.cos(np.arange(x.size)).reshape(-1, 2)
    by_entry = dict(
        zip(np.reshape(x, (-1, 2), order).ravel().tolist(), weights.ravel().tolist(), strict=True)
    )
    gradient = grad(lambda x: (np.reshape(x, (-1, 2), order) * weights).sum())(x)
    np.testing.assert_array_equal(gradient, np.vectorize(by_entry.__getitem__)(x))


@pytest.mark.parametrize("order", ["C", "F", "A", "K"])
def test_ravel_of_what_was_broadcast(order: Any) -> None:
    x = np.array([[1.0], [2.0], [4.0]])
    weights = np.arange(6.0)

    def loss(x: Any) -> Any:
        return (np.ravel(np.broadcast_to(x, (3, 2)), order) * weights).sum()

    expected = [[loss(row) for row in np.eye(3)[:, :, None]]]
    np.testing.assert_allclose(grad(loss)(x), np.transpose(expected))


@pytest.mark.parametrize(
    ("function", "copies"),
    [
        (lambda x: np.reshape(x, (1, 1)), 1),
        (lambda x: np.transpose(x), 1),
        (lambda x: np.ravel(x, "K"), 1),
        (lambda x: np.expand_dims(x, (0, 1)), 1),
        (lambda x: np.squeeze(x), 1),
        (lambda x: np.broadcast_to(x, (2, 3)), 6),
        (lambda x: np.repeat(x, 3), 3),
        (lambda x: np.tile(x, (2, 2)), 4),
        (lambda x: np.resize(x, 5), 5),
        (lambda x: np.atleast_1d(x), 1),
        (lambda x: np.atleast_3d(x), 1),
        (lambda x: np.copy(x), 1),
        (lambda x: np.stack([x, x, 3.0]), 2),
        (lambda x: np.hstack([x, [1.0, 2.0], x]), 2),
        (lambda x: np.append(x, [x, x]), 3),
        (lambda x: np.block([[x, 1.0], [x, x]]), 3),
        (lambda x: np.full((2, 2), x, like=x), 4),
        (lambda x: kn.full((2, 2), x), 4),
        (lambda x: np.array([[x, 1.0], [2, x]], like=x), 2),
        (lambda x: np.where([True, False, True], x, 1.0), 2),
        (lambda x: np.linspace(0.0, x, 3), 1.5),
        (lambda x: np.take(x, [0, 0]), 2),
        (lambda x: np.meshgrid(x, [1.0, 2.0])[0], 2),
    ],
)
def test_python_numbers(function: Any, copies: float) -> None:
    gradient = grad(lambda x: np.sum(function(x)))(2.0)
    assert type(gradient) is float
    assert gradient == copies


def test_several_arrays_give_a_tuple_as_in_numpy() -> None:
    kinds: list[Any] = []

    def loss(x: Any) -> Any:
        kinds.extend(
            [
                type(np.atleast_2d(x, [1.0])),
                type(np.broadcast_arrays(x, 1.0)),
                type(np.meshgrid(x, x)),
                type(np.unstack(x)),
                type(np.split(x, 2)),
            ]
        )
        return x.sum()

    grad(loss)(np.ones(4))
    assert kinds == [tuple, tuple, tuple, tuple, list]


@pytest.mark.parametrize(
    "constant",
    [
        lambda x: np.astype(x, np.int64),
        lambda x: x.astype(bool),
        lambda x: np.concatenate([x, x], dtype=int, casting="unsafe"),
        lambda x: np.stack([x, x], dtype=np.int32, casting="unsafe"),
        lambda x: np.hstack([x, x], dtype=int, casting="unsafe"),
        lambda x: np.linspace(x, 9.0, 4, dtype=int),
        lambda x: np.geomspace(x, 9.0, 4, dtype=int),
        lambda x: np.full(2, x[0], int, like=x),
        lambda x: np.asarray(x, int, like=x),
    ],
)
def test_whole_numbers_carry_no_gradient(constant: Any) -> None:
    x = np.array([1.5, 2.5])
    seen: list[Any] = []
    grad(lambda x: seen.append(constant(x)) or x.sum())(x)
    assert type(seen[0]) is np.ndarray
    expected = np.full(2, 1) if constant.__code__.co_names[1:2] == ("full",) else constant(x)
    np.testing.assert_array_equal(seen[0], expected)
    assert seen[0].dtype == expected.dtype


def test_the_namespace_converts_plain_values_as_numpy_does() -> None:
    fortran = np.ones((2, 3), order="F")
    assert kn.ascontiguousarray(fortran).flags.c_contiguous
    assert kn.asfortranarray(np.ones((2, 3))).flags.f_contiguous
    assert kn.ascontiguousarray(2.0).shape == (1,)
    assert kn.asanyarray([1, 2], float).dtype == float
    assert kn.require([1.0], np.float32, ["O", "W"]).flags.writeable


def test_conversions_take_nested_lists_of_recorded_values() -> None:
    x = np.array([2.0, 3.0])

    def loss(x: Any) -> Any:
        a = np.asarray([[x[0], 1.0], [x[1], x[0]]], like=x)
        b = np.array(x[0], ndmin=2, like=x)
        return (a * [[1.0, 10.0], [100.0, 1000.0]]).sum() * b[0, 0]

    value = 2.0 + 10.0 + 300.0 + 2000.0
    np.testing.assert_allclose(grad(loss)(x), [value + 2.0 * 1001.0, 200.0])


def test_linspace_tells_the_step() -> None:
    seen: list[Any] = []

    def loss(x: Any) -> Any:
        seen.append(np.linspace(x, 9.0, 1, retstep=True)[1])
        return np.linspace(x, 9.0, 5, endpoint=False, retstep=True)[1]

    assert grad(loss)(1.0) == -0.2
    assert np.isnan(seen[0])


def test_axes_that_are_not_there() -> None:
    for wrong in [(3, 0), (0, 4), (-4, 0)]:
        with pytest.raises(np.exceptions.AxisError, match="rollaxis"):
            grad(lambda x, wrong=wrong: np.rollaxis(x, *wrong).sum())(np.ones((2, 3, 4)))
    with pytest.raises(ValueError, match="indexing is 'xy' or 'ij'"):
        grad(lambda x: np.meshgrid(x, indexing="yx")[0].sum())(np.ones(2))
    with pytest.raises(ValueError, match="one or two axes"):
        grad(lambda x: np.diag(x).sum())(np.ones((2, 2, 2)))
