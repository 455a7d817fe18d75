"""The models in knetengine: plain functions, and the fused layers of `knetengine.nn`."""

from collections.abc import Callable
from itertools import cycle
from typing import Any

import numpy as np

import knetengine
import knetengine.numpy as kn
from benchmarks.deck.loop import Layers, mean_nll
from benchmarks.deck.models import HIDDEN, STREAMS, Model, copies
from benchmarks.deck.worker import Step
from knetengine import nn, stop_gradient, value_and_grad

LEFT_OUT: dict[str, str] = {}


def version() -> str:
    """Ours and NumPy's."""
    return f"knetengine {knetengine.__version__}, NumPy {np.__version__}"


def trained(loss: Callable[..., Any], model: Model) -> Step:
    """Steps of stochastic gradient descent, which return the loss."""
    w, lr, clip, batches = copies(model), model.lr, model.clip, cycle(model.batches)
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
    def loss(w: Any, x: Any, y: Any) -> Any:
        return kn.mean((x @ w[0] + w[1] - y) ** 2)

    return trained(loss, model)


def _softmax(model: Model, threads: int) -> Step:
    def loss(w: Any, x: Any, y: Any) -> Any:
        return nn.nll(x @ w[0], y, bias=w[1])

    return trained(loss, model)


def _mlp(model: Model, threads: int) -> Step:
    def loss(w: Any, x: Any, y: Any) -> Any:
        h = nn.relu(x @ w[0] + w[1])  # (100, 64)
        return nn.nll(h @ w[2], y, bias=w[3])

    return trained(loss, model)


def _lenet(model: Model, threads: int) -> Step:
    def loss(w: Any, x: Any, y: Any) -> Any:
        x = nn.conv4(w[0], x, w[1], mode=1, activation="relu", pool=2)  # (100, 20, 12, 12)
        x = nn.conv4(w[2], x, w[3], mode=1, activation="relu", pool=2)  # (100, 50, 4, 4)
        h = nn.relu(nn.mat(x) @ w[4] + w[5])  # (100, 500)
        return nn.nll(h @ w[6], y, bias=w[7])

    return trained(loss, model)


def _charlm(model: Model, threads: int) -> Step:
    """The fused LSTM, which projects the embedding's table and not each character."""
    state: Any = [np.zeros((1, STREAMS, HIDDEN), np.float32)] * 2

    def loss(w: Any, x: Any, y: Any) -> Any:
        steps, *after = nn.rnn(x, [(w[1], w[2], w[3])], *state, table=w[0])  # (T, B, H)
        state[:] = map(stop_gradient, after)
        return nn.nll(steps.reshape(-1, HIDDEN) @ w[4], y.reshape(-1), bias=w[5])

    return trained(loss, model)


def _charlm_loop(model: Model, threads: int) -> Step:
    """The loop in plain NumPy functions."""
    rows = np.arange(STREAMS)

    def nll(scores: Any, labels: Any, bias: Any) -> Any:
        scores = scores + bias  # (B, V)
        scores = scores - kn.max(scores, axis=1, keepdims=True)
        logp = scores - kn.log(kn.sum(kn.exp(scores), axis=1, keepdims=True))
        return -kn.mean(logp[rows, labels])

    layers = Layers(
        concatenate=kn.concatenate,
        tanh=kn.tanh,
        sigm=lambda x: 0.5 * kn.tanh(0.5 * x) + 0.5,
        embed=lambda table, ids: table[ids],
        nll=nll,
    )
    state: Any = [np.zeros((STREAMS, HIDDEN), np.float32)] * 2

    def loss(w: Any, x: Any, y: Any) -> Any:
        total, *after = mean_nll(layers, w, x, y, state)
        state[:] = map(stop_gradient, after)
        return total

    return trained(loss, model)


BUILDERS = {
    "LinReg": _linreg,
    "Softmax": _softmax,
    "MLP": _mlp,
    "LeNet": _lenet,
    "CharLM": _charlm,
    "CharLM loop": _charlm_loop,
}
