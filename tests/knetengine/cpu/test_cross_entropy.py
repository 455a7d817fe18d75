"""The kernel of the cross entropy, by itself; its layer is held to its twin in nn/test_losses."""

import numpy as np
import pytest

from knetengine.cpu.cross_entropy import cross_entropy


def case(rows: int, classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    scores = generator.standard_normal((rows, classes)).astype(np.float32)
    bias = generator.standard_normal(classes).astype(np.float32)
    return scores, bias, generator.integers(-1, classes, rows)


@pytest.mark.parametrize(("rows", "classes"), [(7, 10), (3, 2500), (2000, 84)])
def test_loss_and_gradients(rows: int, classes: int) -> None:
    """A block of rows is 2,048 numbers; from 32,768 on there are two threads."""
    scores, bias, labels = case(rows, classes)
    found = cross_entropy(scores, bias, labels, True, True)
    z = scores.astype(float) + bias
    chances = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    kept = np.flatnonzero(labels >= 0)
    expected = -np.log(chances[kept, labels[kept]]).mean()
    assert found.loss == pytest.approx(expected, rel=1e-6)
    chances[kept, labels[kept]] -= 1
    chances[labels < 0] = 0
    chances /= len(kept)
    np.testing.assert_allclose(found.gradient, chances, atol=1e-6 / len(kept))
    np.testing.assert_allclose(found.bias_gradient, chances.sum(0), atol=1e-6)
    again = cross_entropy(scores, bias, labels, True, True)
    assert np.array_equal(found.gradient, again.gradient)
    assert np.array_equal(found.bias_gradient, again.bias_gradient)
    assert cross_entropy(scores, bias, labels, True, False).loss == pytest.approx(found.loss)
    assert cross_entropy(scores, bias, labels, True, False).gradient.shape == (0, classes)


def test_the_first_wrong_label_is_told() -> None:
    scores, bias, labels = case(7, 10)
    labels[[3, 5]] = 10, -2
    assert cross_entropy(scores, bias, labels, True, True).wrong == 3
    labels[3] = 9
    assert cross_entropy(scores, bias, labels, True, True).wrong == 5


def test_read_only_arrays() -> None:
    scores, bias, labels = case(7, 10)
    expected = cross_entropy(scores, bias, labels, True, True).loss
    for array in (scores, bias, labels):
        array.setflags(write=False)
    assert cross_entropy(scores, bias, labels, True, True).loss == expected
