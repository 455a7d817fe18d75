"""The idx format: what is written comes back, what is cut does not."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetengine.data.idx import decode_idx

SHAPES = st.lists(st.integers(0, 5), min_size=1, max_size=4)


def encode(shape: list[int]) -> bytes:
    header = bytes((0, 0, 8, len(shape))) + b"".join(size.to_bytes(4, "big") for size in shape)
    return header + bytes(i % 251 for i in range(math.prod(shape)))


@given(SHAPES)
def test_what_was_written_comes_back(shape: list[int]) -> None:
    array = decode_idx(encode(shape), len(shape))
    assert array.dtype == np.uint8
    assert array.shape == tuple(shape)
    assert array.tobytes() == encode(shape)[4 + 4 * len(shape) :]


@given(SHAPES, st.data())
def test_no_cut_goes_unnoticed(shape: list[int], data: st.DataObject) -> None:
    content = encode(shape)
    cut = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(ValueError, match=r"begins with|its header promises"):
        decode_idx(content[:cut], len(shape))


@given(SHAPES, st.integers(1, 4))
def test_the_number_of_axes_is_looked_at(shape: list[int], axes: int) -> None:
    if axes != len(shape):
        with pytest.raises(ValueError, match=f"{axes} axes begins with 0000080{axes}"):
            decode_idx(encode(shape), axes)
