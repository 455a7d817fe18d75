"""Minibatches, in order and shuffled."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetengine.data.minibatches import minibatch

X = np.arange(20.0).reshape(10, 2)
Y = np.arange(10)


@given(
    rows=st.integers(1, 40), size=st.integers(1, 12), partial=st.booleans(), shuffle=st.booleans()
)
def test_a_pass_has_each_row_once(rows: int, size: int, partial: bool, shuffle: bool) -> None:
    if rows < size and not partial:
        return
    y = np.arange(rows)
    batches = minibatch(y * 10, y, size, partial=partial, shuffle=shuffle)
    seen = [(a, b) for a, b in batches]
    assert len(seen) == len(batches) == (-(-rows // size) if partial else rows // size)
    assert all((a == 10 * b).all() for a, b in seen)
    assert {len(b) for _, b in seen[:-1]} <= {size}
    flat = np.concatenate([b for _, b in seen])
    assert len(set(flat.tolist())) == len(flat) == (rows if partial else rows // size * size)


def test_in_order_a_minibatch_is_a_view() -> None:
    first, _ = next(iter(minibatch(X, Y, 4)))
    assert np.shares_memory(first, X)
    assert first.tolist() == X[:4].tolist()


def test_every_pass_is_shuffled_anew_and_a_seed_repeats_them() -> None:
    def passes(seed: int) -> list[list[int]]:
        batches = minibatch(Y, 10, shuffle=True, generator=np.random.default_rng(seed))
        return [next(iter(batches)).tolist() for _ in range(3)]

    first = passes(1)
    assert first == passes(1)
    assert first[0] != first[1] != first[2]
    assert first != passes(2)


def test_types_and_shapes_are_those_asked_for() -> None:
    x = np.arange(24, dtype=np.uint8).reshape(6, 4)
    batches = minibatch(x, np.arange(6), 3, xtype=np.float32, ytype=np.int8, xsize=(1, 2, 2))
    a, b = next(iter(batches))
    assert (a.dtype, a.shape, b.dtype) == (np.float32, (3, 1, 2, 2), np.int8)
    assert repr(batches) == "Minibatches(2 of 3)"


def test_a_random_minibatch() -> None:
    x, y = minibatch(X, Y, 4).rand(np.random.default_rng(1))
    assert x.shape == (4, 2)
    assert len(set(y.tolist())) == 4
    assert (x[:, 0] == 2 * y).all()


WRONG: dict[str, tuple[tuple[Any, ...], type[Exception], str]] = {
    "no size": ((X, Y), TypeError, r"minibatch\(x, y, 100\)"),
    "size 0": ((X, Y, 0), ValueError, "the size is 0; expected at least 1"),
    "rows": ((X, Y[:9], 2), ValueError, "x has 10 rows and y has 9"),
    "too few": ((X, Y, 11), ValueError, "10 rows, too few for one minibatch of 11"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said(what: str) -> None:
    arguments, kind, words = WRONG[what]
    with pytest.raises(kind, match=words):
        minibatch(*arguments)
