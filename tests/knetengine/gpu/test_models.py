"""The slides' five models on a device: value and gradient are those on the CPU's plain arrays.

On the simulated device nothing but our own kernels and its products can have computed them: its
memory is fenced, and the host dies of a look into it.
"""

from typing import Any

import numpy as np
import pytest

from knetengine import nn, value_and_grad
from knetengine.autograd.containers import flatten
from knetengine.gpu import KnetArray
from tests.examples.running import EXAMPLES

ROWS = 12


def module(name: str) -> dict[str, Any]:
    """What an example defines."""
    source = (EXAMPLES / f"{name}.py").read_text()
    space: dict[str, Any] = {"__name__": name}
    exec(compile(source, f"{name}.py", "exec"), space)
    return space


def of_pictures(name: str, *options: Any, shape: tuple[int, ...] = (784,)) -> tuple[Any, ...]:
    example, draw = module(name), np.random.default_rng(1)
    w = example["weights"](draw, *options, np.float32)
    x = draw.random((ROWS, *shape), np.float32)
    return example["loss"], w, x, draw.integers(0, 10, ROWS)


def linear_regression() -> tuple[Any, ...]:
    example, draw = module("housing"), np.random.default_rng(1)
    w = example["weights"](draw, 0.1, np.float32)
    x, y = draw.standard_normal((ROWS, 13)), draw.standard_normal((ROWS, 1))
    return example["loss"], w, x.astype(np.float32), y.astype(np.float32)


def characters() -> tuple[Any, ...]:
    example, draw = module("charlm"), np.random.default_rng(1)
    w = example["weights"](draw, 7, 5, 6, 1, 0.3, np.float32)
    x, y = (draw.integers(0, 7, (4, 3)) for _ in "xy")

    def loss(w: Any, x: Any, y: Any) -> Any:
        return example["loss"](w, x, y, example["newstate"](w, 3))

    return loss, w, x, y


MODELS = {
    "linear regression": linear_regression,
    "softmax": lambda: of_pictures("mnist", (), 0.1),
    "MLP": lambda: of_pictures("mnist", (64,), 0.1),
    "LeNet": lambda: of_pictures("lenet", shape=(1, 28, 28)),
    "char-LM": characters,
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_the_slides_on_a_device(name: str, device: str) -> None:
    loss, w, x, y = MODELS[name]()

    def placed(nest: Any) -> Any:
        leaves, rebuild = flatten(nest)
        there = [KnetArray(a, device=device) if a.dtype.kind == "f" else a for a in leaves]
        return rebuild(iter(there))

    with nn.reference(True):
        expected, gradients = value_and_grad(loss)(w, x, y)
    value, found = value_and_grad(loss)(placed(w), placed(x), placed(y))
    assert type(value) is KnetArray
    np.testing.assert_allclose(float(value), expected, 2e-6)
    for gradient, array in zip(flatten(found)[0], flatten(gradients)[0], strict=True):
        assert (gradient.shape, gradient.dtype, gradient.device) == (
            array.shape,
            array.dtype,
            device,
        )
        # float32: sums of a thousand products in another order
        np.testing.assert_allclose(np.asarray(gradient), array, 1e-4, 1e-5 * np.abs(array).max())
