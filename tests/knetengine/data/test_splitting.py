"""Training and test rows: every row once, x and y together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetengine.data import housing, split

ROWS = st.integers(1, 60)
SHARES = st.floats(0, 1, exclude_max=True)


def numbered(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows that say which they are."""
    return np.arange(2 * rows).reshape(rows, 2), np.arange(rows).reshape(rows, 1)


@given(ROWS, SHARES, st.integers(0, 2**32))
def test_every_row_is_in_one_part_with_its_y(rows: int, share: float, seed: int) -> None:
    x, y = numbered(rows)
    test_rows = round(rows * share)
    if test_rows == rows:
        with pytest.raises(ValueError, match="to train on"):
            split(x, y, share)
        return
    trn, tst = split(x, y, share, np.random.default_rng(seed))
    for part_x, part_y in (trn, tst):
        assert np.array_equal(part_x[:, :1], 2 * part_y)
    if test_rows == 0:
        assert trn[0] is tst[0] is x
        assert trn[1] is tst[1] is y
        return
    assert len(tst[0]) == test_rows
    assert sorted([*trn[1][:, 0], *tst[1][:, 0]]) == list(range(rows))


def test_the_share_of_the_slides() -> None:
    trn, tst = split(*housing(), 0.2095)
    assert [part.shape for part in (*trn, *tst)] == [(400, 13), (400, 1), (106, 13), (106, 1)]


def test_a_generator_repeats_its_split() -> None:
    x, y = numbered(50)
    first, second, other = (split(x, y, 0.5, np.random.default_rng(s))[1][1] for s in (1, 1, 2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_the_dtype_and_any_further_axes_stay() -> None:
    x, y = np.zeros((10, 3, 4, 5), np.float32), np.zeros(10, np.int8)
    (trn_x, trn_y), (tst_x, tst_y) = split(x, y, 0.3)
    assert (trn_x.shape, tst_x.shape) == ((7, 3, 4, 5), (3, 3, 4, 5))
    assert trn_x.dtype == tst_x.dtype == np.float32
    assert (trn_y.shape, tst_y.shape, tst_y.dtype) == ((7,), (3,), np.int8)


def test_the_data_itself_is_not_shuffled() -> None:
    x, y = numbered(20)
    split(x, y, 0.5)
    assert np.array_equal(y[:, 0], np.arange(20))


@pytest.mark.parametrize("share", [-0.1, 1.0, 1.5, float("nan"), float("inf")])
def test_a_share_must_be_one(share: float) -> None:
    with pytest.raises(ValueError, match="at least 0 and below 1, not"):
        split(*numbered(10), share)


def test_x_and_y_must_have_as_many_rows() -> None:
    with pytest.raises(ValueError, match="x has 3 rows and y has 4"):
        split(np.zeros((3, 1)), np.zeros((4, 1)), 0.5)
