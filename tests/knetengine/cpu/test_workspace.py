"""Arrays that are used again."""

from collections.abc import Iterator

import numpy as np
import pytest

from knetengine.cpu import workspace
from knetengine.cpu.workspace import Borrowed, borrow, give_back


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    workspace.forget()
    yield
    workspace.forget()


def address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def test_what_is_given_back_is_used_again_whatever_its_shape() -> None:
    first = borrow((1024, 512), np.float32)
    where = address(first)
    assert address(borrow((1024, 512), np.float32)) != where
    give_back(first)
    again = borrow((512, 512), np.float64)
    assert address(again) == where
    assert again.shape == (512, 512)
    assert again.flags.writeable
    assert again.flags.c_contiguous


def test_another_size_or_a_small_one_is_fresh() -> None:
    large, small = borrow((1024, 512), np.float32), borrow((10,), np.float32)
    where, little = address(large), address(small)
    give_back(large)
    give_back(small)
    assert address(borrow((1024, 513), np.float32)) != where
    assert len(workspace._free) == 1
    assert little not in map(address, workspace._free)


def test_few_are_kept() -> None:
    for rows in range(1024, 1034):
        give_back(borrow((rows, 512), np.float32))
    assert len(workspace._free) == workspace.KEPT


def test_borrowed_arrays_come_back_by_themselves() -> None:
    array = borrow((1024, 512), np.float32)
    where = address(array)
    holder = Borrowed(array)
    del array
    assert not workspace._free
    del holder
    assert [address(kept) for kept in workspace._free] == [where]
