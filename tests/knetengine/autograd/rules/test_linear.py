"""Products: what the table of cases does not show."""

from typing import Any

import numpy as np
import pytest

from knetengine import grad

ROWS = [[0.5, -1.0], [2.0, 1.5], [-0.7, 0.3]]


@pytest.mark.parametrize(
    "product",
    [
        lambda x, rows: x @ rows,
        lambda x, rows: rows @ x,
        lambda x, rows: np.matmul(x, rows[0] + [1.0]),
        lambda x, rows: np.dot(x, rows),
        lambda x, rows: np.dot(rows, x),
        lambda x, rows: np.inner(rows[0], x[:, :2]),
        lambda x, rows: np.vdot(x, [rows[0] + [1.0], rows[1] + [2.0]]),
        lambda x, rows: np.outer(rows, x),
        lambda x, rows: np.tensordot(rows, x, (1, 0)),
        lambda x, rows: np.einsum("ij,jk", x, rows),
        lambda x, rows: np.kron(rows, x),
        lambda x, rows: np.cross(rows[0] + [1.0], x),
        lambda x, rows: np.vecdot(rows[0] + [1.0], x),
        lambda x, rows: np.vecdot(x, rows[0] + [1.0], axis=-1),
        lambda x, rows: np.matvec(x, rows[1] + [1.0]),
        lambda x, rows: np.matvec(rows, x[:, 1]),
        lambda x, rows: np.vecmat(rows[1], x),
        lambda x, rows: np.vecmat(x, rows),
    ],
)
def test_lists_are_arrays(product: Any) -> None:
    """The gradient by an array does not depend on what stands beside it."""
    x = np.arange(6.0).reshape(2, 3) - 2.2
    weights = np.cos(np.arange(np.size(product(x, ROWS)))).reshape(np.shape(product(x, ROWS)))
    gradient = grad(lambda x: np.sum(product(x, ROWS) * weights))(x)
    step = np.zeros((2, 3))
    step[1, 2] = 0.5
    change = np.sum((product(x + step, ROWS) - product(x - step, ROWS)) * weights)
    np.testing.assert_allclose(gradient[1, 2], change, rtol=1e-12)


def test_python_numbers_are_arrays_of_no_axes() -> None:
    assert grad(lambda x: np.dot(x, 3.0))(2.0) == 3.0
    assert grad(lambda x: np.inner(x, x))(2.0) == 4.0
    assert grad(lambda x: np.vdot(x, 3.0))(2.0) == 3.0
    assert grad(lambda x: np.kron(x, [1.0, 2.0]).sum())(2.0) == 3.0
    assert grad(lambda x: np.outer(x, [1.0, 2.0]).sum())(2.0) == 3.0
    assert grad(lambda x: np.einsum(",i->", x, [1.0, 2.0]))(2.0) == 3.0
    assert grad(lambda x: np.tensordot(x, [1.0, 2.0], 0).sum())(2.0) == 3.0


def test_python_numbers_stay_weak() -> None:
    vector = np.array([1.0, 2.0], np.float32)
    seen: list[Any] = []

    def loss(x: Any) -> Any:
        seen.append(np.dot(x, vector))
        return seen[-1].sum()

    assert grad(loss)(2.0) == 3.0
    assert seen[0].dtype == np.float32


def test_cross_of_two_components() -> None:
    a, b = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    with pytest.warns(DeprecationWarning, match="third one of 0"):
        gradient = grad(lambda a: np.cross(a, b))(a)
    np.testing.assert_array_equal(gradient, [5.0, -3.0])
    c = np.array([3.0, 5.0, 7.0])
    with pytest.warns(DeprecationWarning, match="third one of 0"):
        gradient = grad(lambda a: (np.cross(a, c) * [1.0, 10.0, 100.0]).sum())(a)
    np.testing.assert_array_equal(gradient, [500.0 - 70.0, 7.0 - 300.0])


def test_cross_of_other_components() -> None:
    with pytest.raises(ValueError, match="vectors of 3 components, not of 4 and 3"):
        grad(lambda x: np.cross(x, np.ones(3)).sum())(np.ones(4))


@pytest.mark.parametrize(
    ("subscripts", "shapes", "message"),
    [
        ("ij,jk", ((2, 3),), "2 terms for 1 operands"),
        ("...ij", ((2,),), "fewer axes than letters"),
        ("ii", ((2, 3),), "the letter i stands for axes of 2 and 3 entries"),
    ],
)
def test_einsum_says_what_does_not_fit(subscripts: str, shapes: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        grad(lambda x: np.einsum(subscripts, x).sum())(np.ones(shapes[0]))


def test_einsum_takes_the_path_of_the_value_for_the_value_only() -> None:
    a, b, c = np.ones((2, 3)), np.ones((3, 2)), np.ones((2, 4))
    path = np.einsum_path("ij,jk,kl->il", a, b, c)[0]
    gradient = grad(lambda b: np.einsum("ij,jk,kl->il", a, b, c, optimize=path).sum())(b)
    np.testing.assert_array_equal(gradient, np.full((3, 2), 8.0))
