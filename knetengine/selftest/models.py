"""The slides' five models: value and gradient on the device, against NumPy's arrays."""

import runpy
from typing import Any

import numpy as np

from knetengine.selftest.checks import Place, check
from knetengine.selftest.comparing import Comparison, UnavailableError
from knetengine.selftest.layers import compare_gradients, placed

FAMILY = "models"
ROWS = 12


def _example(place: Place, name: str) -> dict[str, Any]:
    """What an example defines."""
    if place.examples is None:
        raise UnavailableError("the example models are not here")
    return runpy.run_path(str(place.examples / f"{name}.py"), run_name=name)


def _compare(place: Place, comparison: Comparison, loss: Any, *arguments: Any) -> None:
    given = [placed(place, each) for each in arguments]
    compare_gradients(place, comparison, loss, arguments, given, (0,))


def _compare_on_pictures(
    place: Place, comparison: Comparison, name: str, *options: Any, shape: tuple[int, ...]
) -> None:
    example, draw = _example(place, name), np.random.default_rng(1)
    w = example["weights"](draw, *options, np.float32)
    x, labels = draw.random((ROWS, *shape), np.float32), draw.integers(0, 10, ROWS)
    _compare(place, comparison, example["loss"], w, x, labels)


@check(FAMILY, "linear regression")
def _linear_regression(place: Place, comparison: Comparison) -> None:
    example, draw = _example(place, "housing"), np.random.default_rng(1)
    w = example["weights"](draw, 0.1, np.float32)
    x, y = draw.standard_normal((ROWS, 13)), draw.standard_normal((ROWS, 1))
    _compare(place, comparison, example["loss"], w, x.astype(np.float32), y.astype(np.float32))


@check(FAMILY, "softmax regression")
def _softmax(place: Place, comparison: Comparison) -> None:
    _compare_on_pictures(place, comparison, "mnist", (), 0.1, shape=(784,))


@check(FAMILY, "multilayer perceptron")
def _perceptron(place: Place, comparison: Comparison) -> None:
    _compare_on_pictures(place, comparison, "mnist", (64,), 0.1, shape=(784,))


@check(FAMILY, "LeNet")
def _lenet(place: Place, comparison: Comparison) -> None:
    _compare_on_pictures(place, comparison, "lenet", shape=(1, 28, 28))


@check(FAMILY, "char-LM")
def _characters(place: Place, comparison: Comparison) -> None:
    example, draw = _example(place, "charlm"), np.random.default_rng(1)
    w = example["weights"](draw, 7, 5, 6, 1, 0.3, np.float32)
    x, y = (draw.integers(0, 7, (4, 3)) for _ in "xy")

    def loss(w: Any, x: Any, y: Any) -> Any:
        return example["loss"](w, x, y, example["newstate"](w, 3))

    _compare(place, comparison, loss, w, x, y)
