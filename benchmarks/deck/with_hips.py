"""The models in HIPS autograd: the same NumPy code, on its `autograd.numpy`."""

from collections.abc import Callable
from importlib.metadata import version as version_of
from itertools import cycle
from typing import Any

import numpy as np

from benchmarks.deck.loop import Layers, mean_nll
from benchmarks.deck.models import HIDDEN, STREAMS, Array, Model, copies
from benchmarks.deck.worker import Step

LEFT_OUT = {
    "LeNet": "has no fast convolution nor pooling",
    "CharLM": "has no LSTM: see the loop",
}


def version() -> str:
    """Its and NumPy's."""
    return f"autograd {version_of('autograd')}, NumPy {np.__version__}"


def _trained(loss: Callable[..., Any], model: Model, classes: int = 0) -> Step:
    """Steps of gradient descent; labels come one-hot if there are classes, which is faster here."""
    from autograd import value_and_grad

    eye = np.eye(classes or 1, dtype=np.float32)
    w, lr, clip = copies(model), model.lr, model.clip
    batches = cycle([(x, eye[y] if classes else y) for x, y in model.batches])
    gradient = value_and_grad(loss)

    def step() -> Any:
        value, gradients = gradient(w, *next(batches))
        rate = lr
        if clip:
            rate *= min(1, clip / sum(float(np.vdot(g, g)) for g in gradients) ** 0.5)
        for p, g in zip(w, gradients, strict=True):
            p -= rate * g
        return value

    return step


def _linreg(model: Model, threads: int) -> Step:
    import autograd.numpy as anp

    return _trained(lambda w, x, y: anp.mean((x @ w[0] + w[1] - y) ** 2), model)


def _nll(scores: Any, one_hot: Array, bias: Any) -> Any:
    import autograd.numpy as anp

    scores = scores + bias
    scores = scores - anp.max(scores, axis=1, keepdims=True)
    logp = scores - anp.log(anp.sum(anp.exp(scores), axis=1, keepdims=True))
    return -anp.sum(one_hot * logp) / len(one_hot)


def _softmax(model: Model, threads: int) -> Step:
    return _trained(lambda w, x, y: _nll(x @ w[0], y, w[1]), model, 10)


def _mlp(model: Model, threads: int) -> Step:
    import autograd.numpy as anp

    def loss(w: Any, x: Any, y: Any) -> Any:
        return _nll(anp.maximum(x @ w[0] + w[1], 0) @ w[2], y, w[3])

    return _trained(loss, model, 10)


def _charlm_loop(model: Model, threads: int) -> Step:
    import autograd.numpy as anp

    layers = Layers(
        concatenate=anp.concatenate,
        tanh=anp.tanh,
        sigm=lambda x: 0.5 * anp.tanh(0.5 * x) + 0.5,
        embed=lambda table, ids: table[ids],
        nll=_nll,
    )
    state: Any = [np.zeros((STREAMS, HIDDEN), np.float32)] * 2

    def loss(w: Any, x: Any, y: Any) -> Any:
        total, *after = mean_nll(layers, w, x, y, state)
        state[:] = [value._value for value in after]
        return total

    return _trained(loss, model, len(model.weights[0]))


BUILDERS = {"LinReg": _linreg, "Softmax": _softmax, "MLP": _mlp, "CharLM loop": _charlm_loop}
