"""Layers and their gradients, by the device's own kernels and as plain twins, against NumPy."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from knetengine import nn, value_and_grad
from knetengine.autograd.containers import flatten
from knetengine.nn import losses
from knetengine.selftest.checks import Place, check, floats
from knetengine.selftest.comparing import Comparison, on_device

FAMILY = "layers"

_IDS = np.random.default_rng(5).integers(0, 7, (5, 3))  # (T, B)
_LABELS = np.array([3, 0, losses.MASKED, 9, 9, 1])

# float32: sums of some hundred products, in another order, through a layer and back
_TOLERANCE, _FLOOR = 1e-4, 0.1


def _squares(y: Any) -> Any:
    return (y * y).sum()


def _recurrent(kind: str) -> tuple[Any, ...]:
    def loss(x: Any, w: Any) -> Any:
        y, h, c = nn.rnn(x, w, kind=kind, lengths=[5, 2, 3])
        return _squares(y) + _squares(h) + (_squares(c) if c is not None else 0)

    return loss, floats(5, 3, 4), nn.rnnparams(4, 3, kind=kind, dtype=np.float32, layers=2)


CASES: dict[str, Callable[[], tuple[Any, ...]]] = {
    "relu": lambda: (lambda x: _squares(nn.relu(x)), floats(40, 50)),
    "sigm": lambda: (lambda x: _squares(nn.sigm(x)), floats(40, 50)),
    "elu": lambda: (lambda x: _squares(nn.elu(x)), floats(40, 50)),
    "selu": lambda: (lambda x: _squares(nn.selu(x)), floats(40, 50)),
    "gelu": lambda: (lambda x: _squares(nn.gelu(x)), floats(40, 50)),
    "softmax": lambda: (lambda x: _squares(nn.softmax(x)), floats(40, 50)),
    "logsoftmax": lambda: (lambda x: _squares(nn.logsoftmax(x)), floats(40, 50)),
    "logsumexp": lambda: (lambda x: _squares(nn.logsumexp(x)), floats(40, 50)),
    "nll": lambda: (lambda x, b: nn.nll(x, _LABELS, bias=b), floats(6, 10), floats(10)),
    "bce": lambda: (lambda x: nn.bce(x, _LABELS > 2), floats(6)),
    "conv4": lambda: (
        lambda w, x, b: _squares(nn.conv4(w, x, b, activation="relu", pool=2)),
        floats(3, 2, 3, 3), floats(2, 2, 8, 8, seed=1), floats(3, seed=2),
    ),
    "deconv4": lambda: (
        lambda w, x: _squares(nn.deconv4(w, x, stride=2)),
        floats(3, 2, 3, 3), floats(2, 3, 8, 8, seed=1),
    ),
    "pool": lambda: (lambda x: _squares(nn.pool(x)), floats(2, 3, 6, 6)),
    "pool, averages": lambda: (
        lambda x: _squares(nn.pool(x, mode=1, padding=1)), floats(2, 3, 6, 6),
    ),
    "batchnorm": lambda: (
        lambda x, p: _squares(nn.batchnorm(x, nn.bnmoments(), p, training=True) * x),
        floats(6, 3, 4, 4), floats(6, seed=1),
    ),
    "layernorm": lambda: (
        lambda x, g, b: _squares(nn.layernorm(x, g, b)),
        floats(40, 50), floats(50, seed=1), floats(50, seed=2),
    ),
    "bmm": lambda: (
        lambda a, b: _squares(nn.bmm(a, b, transb=True)), floats(2, 3, 4), floats(2, 5, 4, seed=1),
    ),
    "embed": lambda: (lambda t: _squares(nn.embed(t, _IDS)), floats(700, 4)),
    "attention": lambda: (
        lambda q, k, v: _squares(nn.attention(q, k, v, heads=2, causal=True)),
        *(floats(2, 5, 4, seed=n) for n in range(3)),
    ),
    "dropout": lambda: (
        lambda x: _squares(nn.dropout(x, 0.5, generator=np.random.default_rng(3))), floats(40, 5),
    ),
    "lstm": lambda: _recurrent("lstm"),
    "gru": lambda: _recurrent("gru"),
    "tanh": lambda: _recurrent("tanh"),
}  # fmt: skip
"""A loss through each layer, and its arguments, of which the gradients are taken."""


def compare_gradients(
    place: Place,
    comparison: Comparison,
    loss: Any,
    arguments: Sequence[Any],
    given: Sequence[Any],
    which: tuple[int, ...],
) -> None:
    """Value and gradients of a loss, on NumPy's arrays by the twins, and on the device.

    given: the same arguments, on the device. which: of them gradients are taken.
    """
    with nn.reference(True):
        expected, gradients = value_and_grad(loss, which)(*arguments)
    value, found = value_and_grad(loss, which)(*given)
    on_device("the value", value, place.name)
    comparison.near("the value", value, np.asarray(expected), _TOLERANCE, _FLOOR)
    pairs = zip(flatten(found)[0], flatten(gradients)[0], strict=True)
    for number, (gradient, array) in enumerate(pairs):
        on_device(f"gradient {number}", gradient, place.name)
        floor = _FLOOR * max(1e-6, float(np.abs(array).max()))
        comparison.near(f"gradient {number}", gradient, array, _TOLERANCE, floor)


def placed(place: Place, nest: Any) -> Any:
    """A nest of arrays, the floats of it put on the device."""
    leaves, rebuild = flatten(nest)
    return rebuild(iter([place.put(a) if a.dtype.kind == "f" else a for a in leaves]))


def _check(case: Callable[[], tuple[Any, ...]], reference: bool) -> Any:
    def run(place: Place, comparison: Comparison) -> None:
        loss, *arguments = case()
        given, which = placed(place, arguments), tuple(range(len(arguments)))
        with nn.reference(reference):
            compare_gradients(place, comparison, loss, arguments, given, which)

    return run


for _name, _case in CASES.items():
    check(FAMILY, _name)(_check(_case, False))
    check(FAMILY, f"{_name}, the plain twin")(_check(_case, True))
