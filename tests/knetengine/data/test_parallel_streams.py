"""A long text in parallel streams."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetengine.data.parallel_streams import TooShortError, streams


@given(st.integers(0, 300), st.integers(1, 7), st.integers(1, 9))
def test_each_stream_is_read_in_order_and_y_is_what_follows(
    length: int, batchsize: int, seqlength: int
) -> None:
    numbers = np.arange(length)
    if length // batchsize <= seqlength:
        with pytest.raises(TooShortError, match=f"{length} symbols, too few for {batchsize}"):
            streams(numbers, batchsize, seqlength)
        return
    pieces = streams(numbers, batchsize, seqlength)
    assert len(pieces) == (length // batchsize - 1) // seqlength
    for x, y in pieces:
        assert x.shape == y.shape == (seqlength, batchsize)
        assert x.flags.c_contiguous
        assert (y == x + 1).all()
    whole = np.concatenate([x for x, _ in pieces])  # (T, B)
    begins = np.arange(batchsize) * (length // batchsize)
    assert (whole == begins + np.arange(len(whole))[:, None]).all()


def test_hiawatha_has_the_sixteen_pieces_of_the_slides_benchmark() -> None:
    """128 streams of 1674 characters."""
    assert len(streams(np.zeros(214_325, np.int64), 128, 100)) == 16


def test_sizes_are_at_least_one() -> None:
    with pytest.raises(ValueError, match="0 streams of 5; expected at least 1 each"):
        streams(np.arange(9), 0, 5)
