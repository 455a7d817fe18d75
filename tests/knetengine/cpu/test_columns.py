"""Columns of an image, on their own."""

import numpy as np
import pytest

from knetengine.cpu import columns
from knetengine.cpu.convolution import COLUMN_BYTES, SMALL_PRODUCT, together


@pytest.mark.parametrize("stride", [(1, 1, 1), (1, 2, 3)])
def test_scatter_is_the_transpose_of_gather(stride: tuple[int, int, int]) -> None:
    """<gather(x), S> == <x, scatter(S)>, and only the columns asked for are written."""
    generator = np.random.default_rng(0)
    size, dilation, sizes = (1, 2, 3), (1, 2, 1), (2, 7, 9)
    out = tuple(
        1 + (X - d * (K - 1) - 1) // s
        for X, d, K, s in zip(sizes, dilation, size, stride, strict=True)
    )
    count = int(np.prod(out))
    x = generator.standard_normal((2, *sizes))
    written = np.full((12, 2 * count), np.nan)
    columns.gather(x, size, stride, dilation, out, written, count)
    assert np.isnan(written[:, :count]).all()
    assert written[0, count] == x[0, 0, 0, 0]
    assert (
        written[-1, -1]
        == x[1, out[0] - 1, (out[1] - 1) * stride[1] + 2, (out[2] - 1) * stride[2] + 2]
    )
    weights = generator.standard_normal(written.shape)
    back = np.zeros_like(x)
    columns.scatter(weights, count, size, stride, dilation, out, back)
    np.testing.assert_allclose(
        np.sum(written[:, count:] * weights[:, count:]), np.sum(x * back), rtol=1e-12
    )


def test_padding_there_and_back() -> None:
    x = np.arange(24.0).reshape(2, 1, 3, 4)
    inside = columns.padded(x, (0, 1, 2), np.zeros((2, 1, 5, 8)))
    np.testing.assert_array_equal(inside, np.pad(x, ((0, 0), (0, 0), (1, 1), (2, 2))))
    back = np.empty_like(x)
    columns.unpadded(inside, (0, 1, 2), back)
    np.testing.assert_array_equal(back, x)


def test_how_many_images_at_once() -> None:
    """LeNet's two layers; an image that alone is too large for the cache."""
    assert together(25 * 576, 20, 4) * 25 * 576 * 20 <= SMALL_PRODUCT
    assert together(25 * 576, 20, 4) == 3
    assert together(500 * 64, 50, 4) == COLUMN_BYTES // (500 * 64 * 4) == 4
    assert together(147 * 112 * 112, 64, 4) == 1
