"""How many kernels and products a training step of the slides' models takes on a device.

On a GPU each costs microseconds before it begins; for models of this size they are the time.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from knetengine import nn, optim, value_and_grad
from knetengine.autograd.containers import flatten
from knetengine.gpu import KnetArray
from knetengine.gpu.backends import backend_named
from tests.knetengine.gpu.test_models import MODELS

# Launches and products of value and gradient: by the device's own kernels, and by the twins.
STEPS = {
    "linear regression": (9, 2, 9, 2),  # it has no layer
    "softmax": (7, 2, 35, 2),
    "MLP": (11, 5, 40, 5),
    "LeNet": (28, 11, 164, 11),
    "char-LM": (29, 16, 278, 17),  # of four steps of the text
}


def placed(nest: Any, device: str) -> Any:
    leaves, rebuild = flatten(nest)
    there = [KnetArray(a, device=device) if a.dtype.kind == "f" else a for a in leaves]
    return rebuild(iter(there))


@pytest.fixture
def counted(simulated: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Counter[str]]:
    """Counts the calls of the simulated device's driver while a function runs."""
    driver: Any = backend_named(simulated).driver  # pyright: ignore

    def count(function: Callable[[], Any]) -> Counter[str]:
        calls: Counter[str] = Counter()

        def noting(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
            def noted(*arguments: Any, **options: Any) -> Any:
                calls[name] += 1
                return call(*arguments, **options)

            return noted

        with monkeypatch.context() as patch:
            for name in ("launch", "multiply", "to_host"):
                patch.setattr(driver, name, noting(name, getattr(driver, name)))
            function()
        return calls

    return count


@pytest.mark.parametrize("name", MODELS)
def test_a_training_step_takes_so_many_launches(
    name: str, simulated: str, counted: Callable[..., Counter[str]]
) -> None:
    loss, *arguments = MODELS[name]()
    w, x, y = placed(arguments, simulated)
    step = value_and_grad(loss)
    own = counted(lambda: step(w, x, y))
    with nn.reference(True):
        twins = counted(lambda: step(w, x, y))
    found = (own["launch"], own["multiply"], twins["launch"], twins["multiply"])
    assert found == STEPS[name]
    assert own["to_host"] == 1  # to look whether the loss is finite; the host waits for no more


def test_an_update_takes_one_launch(simulated: str, counted: Callable[..., Counter[str]]) -> None:
    for rule in (optim.SGD, optim.Momentum, optim.Nesterov, optim.Adagrad, optim.Adadelta,
                 optim.RMSprop, optim.Adam, optim.AdamW):  # fmt: skip
        w = placed([np.ones((n, 3), np.float32) for n in range(1, 9)], simulated)
        optimiser = rule(decay=0.01)
        optimiser.update(w, w)  # makes the state
        assert counted(lambda: optimiser.update(w, w)) == {"launch": 1}  # noqa: B023


def test_a_step_of_a_recurrent_layer_takes_a_launch_and_a_product(
    simulated: str, counted: Callable[..., Counter[str]]
) -> None:
    def calls(kind: str, steps: int) -> Counter[str]:
        arrays = [np.ones((steps, 3, 4), np.float32), nn.rnnparams(4, 5, kind=kind)]
        x, w = placed(arrays, simulated)
        return counted(lambda: value_and_grad(lambda w: nn.rnn(x, w, kind=kind)[0].sum())(w))

    for kind in ("lstm", "gru", "tanh", "relu"):
        few, more = calls(kind, 3), calls(kind, 10)
        assert more - few == {"launch": 2 * 7, "multiply": 2 * 7}
