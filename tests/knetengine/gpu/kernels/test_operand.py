"""Broadcasting, and walks over several arrays with fewer axes, against NumPy."""

from typing import Any

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided

from knetengine.gpu.drivers.interface import Address
from knetengine.gpu.kernels.operand import (
    LAYOUT,
    Operand,
    TooManyAxesError,
    bounds,
    broadcast,
    collapse,
    contiguous,
    in_elements,
    is_contiguous,
    layout,
    layout_of,
    may_overlap,
    merge,
)


def operand(array: np.ndarray) -> Operand:
    return Operand(
        Address(array.__array_interface__["data"][0]), array.shape, array.strides, array.dtype
    )


@st.composite
def views(draw: Any, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """A view of a numbered array: with steps, turned round, transposed."""
    if shape is None:
        shape = draw(arrays.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=5))
    assert shape is not None
    steps = [draw(st.sampled_from([1, 1, -1, 2, -3])) for _ in shape]
    base = tuple(n * abs(s) for n, s in zip(shape, steps, strict=True))
    order = draw(st.permutations(range(len(shape))))
    whole = np.arange(int(np.prod(base))).reshape([base[d] for d in order])
    whole = whole.transpose(np.argsort(order)) if order else whole
    view = whole[tuple(slice(None, None, s) for s in steps)]
    return view[tuple(slice(0, n) for n in shape)] if shape else view


@given(arrays.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4))
def test_broadcasting_is_numpy_s(shapes: Any) -> None:
    x = np.zeros(shapes.input_shapes[0])
    spread = broadcast(operand(x), shapes.result_shape)
    expected = np.broadcast_to(x, shapes.result_shape)
    assert spread.shape == expected.shape
    for n, ours, theirs in zip(spread.shape, spread.strides, expected.strides, strict=True):
        assert ours == theirs or n == 1


@given(arrays.array_shapes(min_dims=0), arrays.array_shapes(min_dims=0))
def test_what_numpy_does_not_broadcast_is_refused(shape: Any, target: Any) -> None:
    x = np.zeros(shape)
    try:
        np.broadcast_to(x, target)
    except ValueError:
        with pytest.raises(ValueError, match="does not broadcast"):
            broadcast(operand(x), target)


@given(st.data())
def test_a_collapsed_walk_meets_the_same_entries(data: Any) -> None:
    """Entry by entry, the pairs are those of the arrays as they were."""
    shape = data.draw(arrays.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4))
    keep = [data.draw(st.booleans()) for _ in shape]
    x = data.draw(views(tuple(n if k else 1 for n, k in zip(shape, keep, strict=True))))
    y = data.draw(views(shape))
    x = np.broadcast_to(x, shape)
    lengths, (x_steps, y_steps) = collapse(shape, x.strides, y.strides)
    assert np.prod(lengths) == y.size
    assert len(lengths) == len(x_steps) == len(y_steps) >= 1
    assert len(lengths) <= max(1, sum(n > 1 for n in shape))
    if y.size == 0:
        return
    pairs = set(zip(x.reshape(-1).tolist(), y.reshape(-1).tolist(), strict=True))
    found = set(
        zip(
            as_strided(x, lengths, x_steps).reshape(-1).tolist(),
            as_strided(y, lengths, y_steps).reshape(-1).tolist(),
            strict=True,
        )
    )
    assert found == pairs


@given(views())
def test_merging_keeps_the_order(x: np.ndarray) -> None:
    lengths, steps = merge(x.shape, x.strides)
    if x.size:
        np.testing.assert_array_equal(as_strided(x, lengths, steps).reshape(-1), x.reshape(-1))
    else:
        assert lengths == (0,)


@given(views())
def test_contiguity_and_bounds_are_numpy_s(x: np.ndarray) -> None:
    it = operand(x)
    assert is_contiguous(it) == x.flags.c_contiguous
    assert it.size == x.size
    if x.size:
        assert bounds(it) == np.lib.array_utils.byte_bounds(x)


def test_arrays_in_one_piece_have_one_axis_however_they_lie() -> None:
    x = np.zeros((4, 3, 5), "f")
    assert collapse(x.shape, x.strides, x.strides) == ((60,), ((4,), (4,)))
    assert collapse(x.T.shape, x.T.strides, x.T.strides) == ((60,), ((4,), (4,)))
    row = np.broadcast_to(np.zeros(5, "f"), x.shape)
    assert collapse(x.shape, row.strides, x.strides) == ((12, 5), ((0, 4), (20, 4)))
    assert collapse((1, 1), (4, 4)) == ((1,), ((0,),))
    assert collapse((), ()) == ((1,), ((0,),))


def test_a_layout_is_the_struct_of_the_kernels() -> None:
    assert LAYOUT.itemsize == 136
    assert [LAYOUT.fields[name][1] for name in ("ndim", "shape", "strides")] == [0, 8, 72]  # pyright: ignore
    record = layout_of(operand(np.zeros((4, 6), "f")[:, ::4]))
    assert record["ndim"] == 2
    assert list(record["shape"][:2]) == [4, 2]
    assert list(record["strides"][:2]) == [6, 4]


def test_too_many_axes_are_refused() -> None:
    x = np.zeros((3,) * 9)[(slice(None, None, 2),) * 9]
    with pytest.raises(TooManyAxesError, match="9 axes that don't merge"):
        layout_of(operand(x))
    assert layout((), ())["ndim"] == 1


def test_strides_must_be_whole_elements() -> None:
    with pytest.raises(ValueError, match="not multiples of 8"):
        in_elements((12,), 8)


def test_overlap_is_judged_by_the_ends() -> None:
    block = np.zeros(20)
    a, b = operand(block[:10]), operand(block[10:])
    assert not may_overlap(a, b)
    assert not may_overlap(a, a)
    assert may_overlap(a, operand(block[9:]))
    assert may_overlap(operand(block[::2]), operand(block[1::2]))
    assert may_overlap(operand(block), operand(block[::-1]))
    assert not may_overlap(operand(block[3:3]), a)


def test_a_contiguous_operand_is_in_c_order() -> None:
    assert contiguous(Address(256), (2, 3), "f").strides == (12, 4)
