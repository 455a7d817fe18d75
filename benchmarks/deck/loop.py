"""The deck's hand-written LSTM in a Python loop over time, one program for every engine."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Layers(NamedTuple):
    """What an engine calls the functions that the loop needs."""

    concatenate: Callable[[Any, int], Any]
    tanh: Callable[[Any], Any]
    sigm: Callable[[Any], Any]
    embed: Callable[[Any, Any], Any]
    nll: Callable[[Any, Any, Any], Any]  # of scores, labels and bias: the mean


def lstm(layers: Layers, weight: Any, bias: Any, hidden: Any, cell: Any, x: Any) -> Any:
    """One step; the gates are slices of one product, in the order forget, input, output, change."""
    gates = layers.concatenate((x, hidden), 1) @ weight + bias  # (B, 4H)
    size = hidden.shape[1]
    forget = layers.sigm(gates[:, :size])
    ingate = layers.sigm(gates[:, size : 2 * size])
    outgate = layers.sigm(gates[:, 2 * size : 3 * size])
    change = layers.tanh(gates[:, 3 * size :])
    cell = cell * forget + ingate * change  # (B, H)
    hidden = outgate * layers.tanh(cell)
    return hidden, cell


def mean_nll(layers: Layers, w: Any, x: Any, y: Any, state: Any) -> tuple[Any, Any, Any]:
    """The loss over a chunk of text x, y (T, B), and the hidden state and cell after it."""
    embedding, weight, bias, output, output_bias = w
    hidden, cell = state
    total: Any = 0.0
    for now, following in zip(x, y, strict=True):
        hidden, cell = lstm(layers, weight, bias, hidden, cell, layers.embed(embedding, now))
        total = total + layers.nll(hidden @ output, following, output_bias)
    return total / len(x), hidden, cell
