"""Rows of a table, and where their gradients go."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knetengine import grad, gradcheck, nn, vjp
from knetengine.nn.embedding import embed
from tests.knetengine.nn.twins import check_twins

FLOATS = [np.float32, np.float64]
QUICK = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def draw(*shape: int, dtype: Any = np.float64) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def test_rows() -> None:
    table = draw(5, 3)
    ids = np.array([[4, 0], [1, 1]], np.uint8)
    assert np.array_equal(embed(table, ids), table[ids])
    assert embed(table, 2).shape == (3,)
    assert embed(table, np.zeros((2, 0), int)).shape == (2, 0, 3)
    assert embed(table, [1, 2]).shape == (2, 3)


@pytest.mark.parametrize("rows", [3, 100])
def test_gradients_add_up(rows: int) -> None:
    """With 3 rows the gradient is dense at once, with 100 it stays sparse on the way."""
    table, ids = np.zeros((rows, 2)), np.array([2, 0, 2, 2])
    g = np.array([[1.0, 2], [10, 20], [100, 200], [1000, 2000]])
    expected = np.zeros((rows, 2))
    expected[[0, 2]] = [[10, 20], [1101, 2202]]
    assert np.array_equal(grad(lambda t: (embed(t, ids) * g).sum())(table), expected)
    # and with other gradients of the same table
    both = grad(lambda t: (t + 0.5).sum() + sum((embed(t, i) * g[0]).sum() for i in ids))(table)
    expected[[0, 2]] = [[1, 2], [3, 6]]
    assert np.array_equal(both, expected + 1)


@QUICK
@given(
    rows=st.integers(1, 30),
    width=st.integers(0, 9),
    shape=st.lists(st.integers(0, 4), max_size=3),
    dtype=st.sampled_from(FLOATS),
)
def test_kernels_are_the_twins(rows: int, width: int, shape: Any, dtype: Any) -> None:
    ids = np.random.default_rng(rows).integers(0, rows, shape)
    check_twins(lambda table: embed(table, ids) ** 2, draw(rows, width, dtype=dtype))
    check_twins(lambda table: embed(table.T, ids), draw(width, rows, dtype=dtype))


def test_derivatives() -> None:
    ids = np.array([[0, 1], [1, 1]])
    for reference in (True, False):
        with nn.reference(reference):
            assert gradcheck(lambda t: embed(t, ids) ** 3, draw(3, 2), order=2)


def test_a_nan_comes_out_in_its_row_only() -> None:
    g = np.ones((3, 2))
    g[1, 0] = np.nan
    gradient = vjp(lambda t: embed(t, np.array([0, 1, 0])), np.ones((3, 2)))[1](g)[0]
    assert np.isnan(gradient).tolist() == [[False, False], [True, False], [False, False]]


def test_bad_arguments() -> None:
    table = draw(5, 3)
    with pytest.raises(ValueError, match=r"embed: ids\[1, 0\] is 5; expected 0 to 4"):
        embed(table, np.array([[0], [5]]))
    with pytest.raises(ValueError, match=r"embed: ids\[0\] is -1; expected 0 to 4"):
        embed(table, np.array([-1]))
    with pytest.raises(TypeError, match=r"embed: ids is .*float64; expected integers"):
        embed(table, np.array([1.0]))
    with pytest.raises(ValueError, match=r"embed: table is .*\(3,\).*expected shape \(V, E\)"):
        embed(table[0], np.array([1]))
    with pytest.raises(TypeError, match=r"embed: table is .*float16"):
        embed(table.astype(np.float16), np.array([1]))
