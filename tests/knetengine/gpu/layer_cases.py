"""Losses that go through each layer that a device has kernels for, and the arrays they take.

Sizes are odd, so that none is a multiple of a warp or of a tile.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from knetengine import nn
from knetengine.nn.reference import plain_value

CLASSES = 13
LABELS = np.array([3, 0, nn.losses.MASKED, 12, 9, 9, 1])
IDS = np.array([[0, 4, 4], [2, 0, 1], [4, 3, 0], [1, 1, 4], [0, 2, 3]])  # (T, B), of 5
LENGTHS = [5, 2, 3]


class LayerCase(NamedTuple):
    """A loss of some arrays.

    layer: the name of the device's layer that it has to go through.
    shapes: of the arrays; the loss takes them, and their dtype is the test's.
    """

    layer: str
    loss: Callable[..., Any]
    shapes: tuple[tuple[int, ...], ...]

    def arrays(self, letter: str) -> list[np.ndarray]:
        """The arguments, the same each time."""
        draw = np.random.default_rng(len(self.shapes))
        return [draw.standard_normal(shape).astype(letter) for shape in self.shapes]


def uneven(y: Any) -> Any:
    """A number that every entry has its own part in, and its own slope: not 0 at 0 either.

    The squares outweigh the rest, so that not much of a sum cancels.
    """
    return (np.sin(y + 0.5) * y + y * y).sum()


def _nll(**options: Any) -> Callable[..., Any]:
    return lambda x, bias=None: nn.nll(x, LABELS, bias=bias, **options)


def _conv4(**options: Any) -> Callable[..., Any]:
    return lambda w, x, bias=None: uneven(nn.conv4(w, x, bias, **options))


def _deconv4(**options: Any) -> Callable[..., Any]:
    return lambda w, x: uneven(nn.deconv4(w, x, **options))


def _rnn(kind: str, count: int = 1, start: bool = False, **options: Any) -> Callable[..., Any]:
    """Of x, then the weights, three arrays each, then the states before, if there are any."""

    def loss(x: Any, *arrays: Any) -> Any:
        weights = [arrays[3 * n : 3 * n + 3] for n in range(count)]
        before = arrays[3 * count :] if start else ()
        y, h, c = nn.rnn(x, weights, *before, kind=kind, **options)
        return uneven(y) + uneven(h) + (uneven(c) if c is not None else 0)

    return loss


def _rnn_of_ids(kind: str, **options: Any) -> Callable[..., Any]:
    def loss(table: Any, *weights: Any) -> Any:
        return uneven(nn.rnn(IDS, [weights], table=table, kind=kind, **options)[0])

    return loss


def _weights(gates: int, biases: int, inputs: int = 3, hidden: int = 5) -> Any:
    return (inputs, gates * hidden), (hidden, gates * hidden), (biases * hidden,)


def _normalized(*fixed: float, **options: Any) -> Callable[..., Any]:
    """Batch normalization, by given moments if there are any."""

    def loss(x: Any, params: Any = None) -> Any:
        moments = None
        if fixed:
            mean, var = (np.full_like(plain_value(x), v, shape=x.shape[1:2]) for v in fixed)
            moments = nn.bnmoments(mean=mean, var=var)
        return uneven(nn.batchnorm(x, moments, params, training=not fixed, **options) * x)

    return loss


SEQUENCE, STATE = (5, 3, 3), (1, 3, 5)  # (T, B, X), (layers, B, H)
LSTM, GRU, ELMAN = _weights(4, 4), _weights(3, 4), _weights(1, 1)

CASES: dict[str, LayerCase] = {
    "nll": LayerCase("nll", _nll(), ((7, CLASSES),)),
    "nll with a bias": LayerCase("nll", _nll(), ((7, CLASSES), (CLASSES,))),
    "nll in sum": LayerCase("nll", _nll(average=False), ((7, CLASSES), (CLASSES,))),
    "softmax": LayerCase("softmax", lambda x: uneven(nn.softmax(x)), ((3, 2, 7),)),
    "logsoftmax": LayerCase("logsoftmax", lambda x: uneven(nn.logsoftmax(x, 1)), ((5, 7),)),
    "relu": LayerCase("relu_backward", lambda x: uneven(nn.relu(x)), ((3, 7),)),
    "sigm": LayerCase("sigm", lambda x: uneven(nn.sigm(x)), ((3, 7),)),
    "elu": LayerCase("elu", lambda x: uneven(nn.elu(x)), ((3, 7),)),
    "selu": LayerCase("selu", lambda x: uneven(nn.selu(x)), ((7,),)),
    "gelu": LayerCase("gelu", lambda x: uneven(nn.gelu(x)), ((3, 7),)),
    "gelu by tanh": LayerCase("gelu_tanh", lambda x: uneven(nn.gelu(x, "tanh")), ((3, 7),)),
    "pool": LayerCase("pool_max", lambda x: uneven(nn.pool(x, 2)), ((2, 3, 7, 5),)),
    "pool with padding": LayerCase(
        "pool_max",
        lambda x: uneven(nn.pool(x, (3, 2), padding=(2, 1), stride=(1, 3))),
        ((2, 3, 7, 5),),
    ),
    "pool of a large window": LayerCase(
        "pool_max", lambda x: uneven(nn.pool(x, 13)), ((1, 2, 14, 15),)
    ),
    "pool in three dimensions": LayerCase(
        "pool_max", lambda x: uneven(nn.pool(x, 2, stride=1)), ((1, 2, 3, 4, 3),)
    ),
    "average": LayerCase(
        "pool_sums", lambda x: uneven(nn.pool(x, 3, padding=1, mode=1)), ((2, 3, 7, 5),)
    ),
    "average inside": LayerCase(
        "pool_sums", lambda x: uneven(nn.pool(x, 3, padding=2, stride=1, mode=2)), ((2, 1, 7),)
    ),
    "unpool": LayerCase(
        "pool_copies",
        lambda x: uneven(nn.unpool(x, 3, padding=1, stride=2, mode=1)),
        ((2, 3, 4, 5),),
    ),
    "conv4": LayerCase("conv4", _conv4(), ((5, 3, 3, 2), (2, 3, 7, 5), (5,))),
    "conv4 across": LayerCase("conv4", _conv4(mode=1), ((5, 3, 3, 2), (2, 3, 7, 5))),
    "conv4 with all options": LayerCase(
        "conv4",
        _conv4(padding=(2, 1), stride=(2, 1), dilation=(1, 2), groups=3, activation="relu", pool=2),
        ((6, 1, 3, 2), (2, 3, 9, 7), (6,)),
    ),
    "conv4, rectified": LayerCase(
        "conv4", _conv4(activation="relu"), ((5, 3, 3, 2), (1, 3, 7, 5), (5,))
    ),
    "conv4, pooled": LayerCase("conv4", _conv4(pool=(2, 3)), ((2, 1, 3, 2), (3, 1, 7, 7))),
    "conv4 of more outputs than positions": LayerCase(
        "conv4", _conv4(), ((9, 2, 3, 3), (3, 2, 4, 5), (9,))
    ),
    "conv4 of more outputs than positions, in groups": LayerCase(
        "conv4", _conv4(groups=2), ((14, 1, 3, 3), (3, 2, 4, 5), (14,))
    ),
    "conv4 of single entries": LayerCase("conv4", _conv4(), ((5, 3, 1, 1), (2, 3, 7, 5), (5,))),
    "conv4 in one dimension": LayerCase("conv4", _conv4(dilation=2), ((5, 3, 2), (2, 3, 7))),
    "conv4 in three dimensions": LayerCase(
        "conv4", _conv4(stride=(1, 2, 1)), ((3, 2, 2, 1, 2), (2, 2, 3, 4, 3), (3,))
    ),
    "deconv4": LayerCase("deconv4", _deconv4(), ((5, 3, 3, 2), (2, 5, 3, 4))),
    "deconv4 with all options": LayerCase(
        "deconv4",
        _deconv4(padding=1, stride=(2, 3), dilation=(2, 1), mode=1, groups=3),
        ((6, 1, 3, 2), (2, 6, 3, 4)),
    ),
    "lstm": LayerCase("lstm", _rnn("lstm"), (SEQUENCE, *LSTM)),
    "lstm from a state": LayerCase(
        "lstm", _rnn("lstm", start=True, lengths=LENGTHS), (SEQUENCE, *LSTM, STATE, STATE)
    ),
    "lstm both ways": LayerCase(
        "lstm",
        _rnn("lstm", 2, True, lengths=LENGTHS, bidirectional=True),
        (SEQUENCE, *LSTM, *LSTM, (2, 3, 5), (2, 3, 5)),
    ),
    "lstm of one step": LayerCase("lstm", _rnn("lstm"), ((1, 3, 3), *LSTM)),
    "lstm of ids": LayerCase("lstm", _rnn_of_ids("lstm"), ((5, 3), *LSTM)),
    "lstm of ids of many": LayerCase("lstm", _rnn_of_ids("lstm"), ((99, 3), *LSTM)),
    "gru": LayerCase("gru", _rnn("gru"), (SEQUENCE, *GRU)),
    "gru both ways": LayerCase(
        "gru",
        _rnn("gru", 2, True, lengths=LENGTHS, bidirectional=True),
        (SEQUENCE, *GRU, *GRU, (2, 3, 5)),
    ),
    "gru of ids": LayerCase("gru", _rnn_of_ids("gru", lengths=LENGTHS), ((5, 3), *GRU)),
    "tanh": LayerCase(
        "rnn_tanh", _rnn("tanh", start=True, lengths=LENGTHS), (SEQUENCE, *ELMAN, STATE)
    ),
    "tanh both ways": LayerCase(
        "rnn_tanh", _rnn("tanh", 2, True, bidirectional=True), (SEQUENCE, *ELMAN, *ELMAN, (2, 3, 5))
    ),
    "relu recurrent": LayerCase("rnn_relu", _rnn("relu", lengths=LENGTHS), (SEQUENCE, *ELMAN)),
    "relu of ids": LayerCase("rnn_relu", _rnn_of_ids("relu"), ((5, 3), *ELMAN)),
    "batchnorm": LayerCase("batchnorm", _normalized(), ((7, 3, 5), (6,))),
    "batchnorm without parameters": LayerCase("batchnorm", _normalized(eps=0.1), ((7, 3),)),
    "batchnorm by given moments": LayerCase("batchnorm", _normalized(0.3, 1.7), ((7, 3, 5), (6,))),
    "layernorm": LayerCase(
        "layernorm", lambda x, g, b: uneven(nn.layernorm(x, g, b)), ((3, 2, 7), (7,), (7,))
    ),
    "layernorm without parameters": LayerCase(
        "layernorm", lambda x: uneven(nn.layernorm(x, axis=0, eps=0.1) * x), ((7, 5),)
    ),
    "embed": LayerCase("embed", lambda t: uneven(nn.embed(t, IDS)), ((5, 7),)),
}

EMPTY: dict[str, tuple[Callable[..., Any], tuple[tuple[int, ...], ...]]] = {
    "nll": (
        lambda x, b: nn.nll(x, np.empty(0, int), bias=b, average=False),
        ((0, CLASSES), (CLASSES,)),
    ),
    "softmax": (lambda x: uneven(nn.softmax(x)), ((0, 5),)),
    "sigm": (lambda x: uneven(nn.sigm(x)), ((0, 5),)),
    "pool": (lambda x: uneven(nn.pool(x)), ((0, 3, 4, 4),)),
    "average": (lambda x: uneven(nn.pool(x, mode=1)), ((0, 3, 4, 4),)),
    "unpool": (lambda x: uneven(nn.unpool(x)), ((0, 3, 4, 4),)),
    "conv4": (_conv4(activation="relu", pool=2), ((5, 3, 3, 3), (0, 3, 6, 6), (5,))),
    "conv4 of more outputs": (_conv4(), ((50, 3, 3, 3), (0, 3, 6, 6), (50,))),
    "deconv4": (_deconv4(), ((5, 3, 3, 3), (0, 5, 6, 6))),
    "layernorm": (lambda x, g, b: uneven(nn.layernorm(x, g, b)), ((0, 5), (5,), (5,))),
    "embed": (lambda t: uneven(nn.embed(t, np.empty((0, 2), int))), ((0, 4),)),
}
