"""The kernels of normalization, by themselves; the layers are held to their twins in nn."""

import numpy as np
import pytest

from knetengine.cpu.normalization import (
    batch_backward,
    batch_forward,
    layer_backward,
    layer_forward,
)


def draw(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(9, 4), (400, 100), (8, 4, 6, 5), (16, 8, 20, 20)])
def test_batch(shape: tuple[int, ...]) -> None:
    x = draw(*shape)
    axes = (0, *range(2, len(shape)))
    y, mean, var, inverse = batch_forward(x, None, None, 1e-5)
    np.testing.assert_allclose(mean, x.mean(axes, dtype=float), atol=1e-6)
    np.testing.assert_allclose(var, x.var(axes, dtype=float), rtol=1e-5)
    np.testing.assert_allclose(y.mean(axes, dtype=float), 0, atol=1e-6)
    again = batch_forward(x, None, (mean, var), 1e-5)
    np.testing.assert_allclose(again[0], y, atol=1e-6)
    g = draw(*shape[::-1]).T
    dx, dparams = batch_backward(g, x, None, mean, inverse, True)
    # what a shift or a scaling of x changes is nothing
    np.testing.assert_allclose(dx.sum(axes, dtype=float), 0, atol=1e-4)
    np.testing.assert_allclose((dx * x).sum(axes, dtype=float), 0, atol=5e-3)
    biases = g.sum(axes, dtype=float)
    np.testing.assert_allclose(dparams[shape[1] :], biases, atol=1e-3)
    assert np.array_equal(dx, batch_backward(g, x, None, mean, inverse, True)[0])


@pytest.mark.parametrize("shape", [(9, 4), (400, 100)])
def test_layer(shape: tuple[int, ...]) -> None:
    x, g = draw(*shape), draw(*shape[::-1]).T
    y, mean, inverse = layer_forward(x, None, None, 1e-5)
    np.testing.assert_allclose(mean, x.mean(-1, dtype=float), atol=1e-6)
    np.testing.assert_allclose(inverse, 1 / np.sqrt(x.var(-1, dtype=float) + 1e-5), rtol=1e-5)
    np.testing.assert_allclose(y.mean(-1, dtype=float), 0, atol=1e-6)
    dx, gains, biases = layer_backward(g, x, None, mean, inverse)
    np.testing.assert_allclose(dx.sum(-1, dtype=float), 0, atol=1e-4)
    np.testing.assert_allclose(gains, (g * y).sum(0, dtype=float), atol=1e-3)
    np.testing.assert_allclose(biases, g.sum(0, dtype=float), atol=1e-3)
    assert np.array_equal(gains, layer_backward(g, x, None, mean, inverse)[1])
