"""Launch geometry: every entry is reached, within CUDA's limits, however many there are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetengine.gpu.kernels import geometry

SIZES = st.one_of(st.integers(1, 5000), st.integers(1, 2**40))


def allowed(extents: geometry.Geometry) -> None:
    """CUDA's limits, and at least one of everything."""
    (gx, gy, gz), (bx, by, bz) = extents
    assert 1 <= gx <= 2**31 - 1
    assert 1 <= gy <= 65535
    assert 1 <= gz <= 65535
    assert 1 <= bx * by * bz <= 1024
    assert bz <= 64


@given(SIZES)
def test_there_is_a_thread_for_every_entry_or_the_grid_is_full(count: int) -> None:
    extents = geometry.entries(count)
    allowed(extents)
    threads = extents.grid[0] * extents.block[0]
    assert threads >= count or extents.grid[0] == geometry.MOST_BLOCKS
    assert threads - count < extents.block[0]  # no block without work


def test_sizes_beyond_32_bits_are_walked_in_strides() -> None:
    for count in (2**31 - 1, 2**31, 2**31 + 1, 2**32 + 5, 3 * 2**33):
        grid, block = geometry.entries(count)
        threads = grid[0] * block[0]
        turns = -(-count // threads)
        assert turns * threads >= count > (turns - 1) * threads
        assert threads == 2**28


@pytest.mark.parametrize("function", [geometry.entries, lambda n: geometry.rows(n, 1)])
def test_nothing_has_no_geometry(function: object) -> None:
    with pytest.raises(ValueError, match="launch nothing instead"):
        function(0)  # pyright: ignore
    with pytest.raises(ValueError, match="launch nothing instead"):
        geometry.lists(0, 3)


@given(SIZES, SIZES)
def test_rows_have_a_power_of_two_of_threads_that_their_length_alone_decides(
    count: int, length: int
) -> None:
    extents = geometry.rows(count, length)
    allowed(extents)
    threads = extents.block[0]
    assert threads & (threads - 1) == 0
    assert threads >= min(length, 256)
    assert extents.block == geometry.rows(1, length).block


@given(SIZES, SIZES, st.booleans())
def test_a_reduction_s_tree_is_of_the_sizes_alone(outputs: int, length: int, near: bool) -> None:
    shape = geometry.reduction(outputs, length, near)
    allowed(shape.geometry(outputs))
    assert shape.along & (shape.along - 1) == 0
    assert shape.splits <= 1024
    assert shape.splits == 1 or shape.splits <= length  # no part is empty
    threads = shape.across * shape.along * shape.splits
    assert threads >= 1


@given(st.integers(1, 2**20), st.integers(1, 2**20), st.integers(1, 2**20))
def test_tiles_and_lists_stay_within_the_limits(a: int, b: int, c: int) -> None:
    allowed(geometry.tiles(a, b, c, 32, 8))
    allowed(geometry.lists(a, b))


def test_powers_of_two() -> None:
    assert [geometry.power_of_two(n, 1, 256) for n in (0, 1, 2, 3, 255, 256, 9999)] == [
        1, 1, 2, 4, 256, 256, 256
    ]  # fmt: skip
