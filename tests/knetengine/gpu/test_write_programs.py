"""Programs of reads and writes inside a gradient agree with NumPy, or raise where they must."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knetengine import value_and_grad
from knetengine.gpu import KnetArray

Put = Callable[..., KnetArray]
X = np.arange(12.0).reshape(3, 4) + 1


@pytest.fixture
def put(device: str) -> Put:
    return partial(KnetArray, device=device)


PLACES = [
    ..., 0, 2, slice(1, 3), (slice(None), 1), (slice(None, None, 2), slice(None, None, -1)),
    [0, 2], [1, 1], (slice(None), [0, 3]), (1, slice(0, 3)),
]  # fmt: skip
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["view", "saved", "sum", "write", "add", "out", "swap", "at", "copy"]),
        st.integers(0, 3),
        st.sampled_from(PLACES),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=8,
)


def run(steps: Any, arrays: list[Any], x: Any, record: Callable[[Any], Any]) -> Any:
    """A program over some arrays, which views join; `record` is what a call takes of a constant."""
    total = np.sum(x)
    for kind, number, place, other in steps:
        a, b = arrays[number % len(arrays)], arrays[other % len(arrays)]
        if kind == "view":
            arrays.append(a[place] if not isinstance(place, int) or a.ndim > 1 else a[...])
        elif kind == "saved":
            total = (
                total + np.sum(x * record(a.sum() + a))
                if a.ndim == 0
                else (total + np.sum(np.sum(x) * np.sin(np.sum(x) * record(a))))
            )
        elif kind == "sum":
            total = total + np.sum(np.sum(x) + a)
        elif kind == "write":
            a[...] = float(other)
        elif kind == "add":
            a += 1.5
        elif kind == "out":
            np.multiply(a, 0.5, out=a)
        elif kind == "swap":
            if a.shape == b.shape:
                a[...] = b
        elif kind == "at":
            if a.ndim:
                a[[0, -1]] = 2.0
        else:
            arrays.append(a.copy())
    return total


def outcome(steps: Any, make: Any, record: Any) -> Any:
    arrays = [make(X), make(X + 0.25)]
    views = [arrays[0][1], arrays[1].T]  # from before anything is saved
    everything = [*arrays, *views]
    try:
        value, gradient = value_and_grad(lambda x: run(steps, everything, x, record))(make(X / 9))
    except (ValueError, IndexError) as error:
        return type(error), str(error)
    return float(value), np.asarray(gradient), *(np.asarray(a) for a in everything)


@given(STEPS)
@settings(max_examples=60, deadline=None)
def check_programs(make: Any, steps: Any) -> None:
    """It is what a program that saves copies computes, or an error, where NumPy's may be wrong."""
    found, meant = outcome(steps, make, lambda a: a), outcome(steps, np.array, np.copy)
    if found[0] is ValueError and "read-only" in found[1]:
        kinds = [step[0] for step in steps]
        assert "saved" in kinds
        assert {"write", "add", "out", "swap", "at"}.intersection(kinds[kinds.index("saved") :])
    elif isinstance(meant[0], type):
        assert found[0] is meant[0]
    else:
        for one, two in zip(found, meant, strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-12)


def test_programs_agree_with_numpy_or_raise(put: Put) -> None:
    check_programs(put)


def test_numpys_own_error_is_ours_too(put: Put) -> None:
    """Where NumPy sees the write, so do we."""

    @given(STEPS)
    @settings(max_examples=60, deadline=None)
    def check(steps: Any) -> None:
        steps = [step for step in steps if step[0] != "view"]  # of them we see more
        by_numpy = outcome(steps, np.array, lambda a: a)
        if by_numpy[0] is ValueError and "read-only" in by_numpy[1]:
            kind, words = outcome(steps, put, lambda a: a)  # we may see one before NumPy does
            assert (kind, words[-9:]) == (ValueError, "read-only")

    check()
