"""The layers on arrays of a device: kernels and twins give what they give on NumPy's arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from knetengine import nn, value_and_grad
from knetengine.autograd.containers import flatten
from knetengine.gpu import KnetArray

draw = np.random.default_rng(1)
IDS = draw.integers(0, 7, (5, 3))  # (T, B)
LABELS = np.array([3, 0, nn.losses.MASKED, 9, 9, 1])
LENGTHS = [5, 2, 3]


def f(*shape: int) -> np.ndarray:
    return draw.standard_normal(shape).astype(np.float32)


def squares(y: Any) -> Any:
    return (y * y).sum()


def recurrent(kind: str) -> tuple[Any, ...]:
    def loss(x: Any, w: Any) -> Any:
        y, h, c = nn.rnn(x, w, kind=kind, lengths=LENGTHS)
        return squares(y) + squares(h) + (squares(c) if c is not None else 0)

    return loss, f(5, 3, 4), nn.rnnparams(4, 3, kind=kind, dtype=np.float32, layers=2)


CASES: dict[str, tuple[Any, ...]] = {
    "relu": (lambda x: squares(nn.relu(x)), f(4, 5)),
    "sigm": (lambda x: squares(nn.sigm(x)), f(4, 5)),
    "elu": (lambda x: squares(nn.elu(x)), f(4, 5)),
    "selu": (lambda x: squares(nn.selu(x)), f(4, 5)),
    "gelu": (lambda x: squares(nn.gelu(x)), f(4, 5)),
    "softmax": (lambda x: squares(nn.softmax(x)), f(4, 5)),
    "logsoftmax": (lambda x: squares(nn.logsoftmax(x, 0)), f(4, 5)),
    "logsumexp": (lambda x: squares(nn.logsumexp(x)), f(4, 5)),
    "nll": (lambda x, b: nn.nll(x, LABELS, bias=b), f(6, 10), f(10)),
    "bce": (lambda x: nn.bce(x, LABELS > 2), f(6)),
    "logistic": (lambda x: nn.logistic(x, np.where(LABELS > 2, 1, -1)), f(6)),
    "conv4": (
        lambda w, x, b: squares(nn.conv4(w, x, b, activation="relu", pool=2)),
        f(3, 2, 3, 3),
        f(2, 2, 8, 8),
        f(3),
    ),
    "deconv4": (lambda w, x: squares(nn.deconv4(w, x, stride=2)), f(3, 2, 3, 3), f(2, 3, 8, 8)),
    "pool": (lambda x: squares(nn.pool(x)), f(2, 3, 6, 6)),
    "pool average": (lambda x: squares(nn.pool(x, mode=1, padding=1)), f(2, 3, 6, 6)),
    "unpool": (lambda x: squares(nn.unpool(x)), f(2, 3, 6, 6)),
    "mat": (lambda x: squares(nn.mat(x)), f(2, 3, 6, 6)),
    "batchnorm": (
        lambda x, p: squares(nn.batchnorm(x, nn.bnmoments(), p, training=True) * x),
        f(6, 3, 4, 4),
        f(6),
    ),
    "layernorm": (lambda x, g, b: squares(nn.layernorm(x, g, b)), f(4, 5), f(5), f(5)),
    "bmm": (lambda a, b: squares(nn.bmm(a, b, transb=True)), f(2, 3, 4), f(2, 5, 4)),
    "embed": (lambda t: squares(nn.embed(t, IDS)), f(7, 4)),
    "embed few of many": (lambda t: squares(nn.embed(t, IDS)), f(700, 4)),
    "attention": (
        lambda q, k, v: squares(nn.attention(q, k, v, heads=2, causal=True)),
        *(f(2, 5, 4) for _ in "qkv"),
    ),
    "dropout": (
        lambda x: squares(nn.dropout(x, 0.5, generator=np.random.default_rng(3))),
        f(40, 5),
    ),
    "lstm": recurrent("lstm"),
    "gru": recurrent("gru"),
    "tanh": recurrent("tanh"),
    "lstm of a table": (
        lambda t, w: squares(nn.rnn(IDS, w, table=t)[0]),
        f(7, 4),
        nn.rnnparams(4, 3, dtype=np.float32),
    ),
}


def placed(nest: Any, device: str) -> Any:
    leaves, rebuild = flatten(nest)
    return rebuild(iter([KnetArray(leaf, device=device) for leaf in leaves]))


def value_and_gradients(loss: Callable[..., Any], arguments: list[Any]) -> tuple[Any, list[Any]]:
    value, gradients = value_and_grad(loss, tuple(range(len(arguments))))(*arguments)
    return value, flatten(gradients)[0]


@pytest.mark.parametrize("reference", [False, True], ids=["kernels", "twins"])
@pytest.mark.parametrize("name", CASES)
def test_a_layer_gives_the_same_on_a_device(name: str, reference: bool, device: str) -> None:
    loss, *arguments = CASES[name]
    with nn.reference(reference):
        expected, expected_gradients = value_and_gradients(loss, arguments)
        value, gradients = value_and_gradients(loss, placed(arguments, device))
    assert {type(array) for array in (value, *gradients)} == {KnetArray}
    assert {array.dtype for array in (value, *gradients)} == {np.dtype(np.float32)}
    np.testing.assert_allclose(float(value), expected, 1e-5)
    for gradient, array in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(np.asarray(gradient), array, 1e-4, 1e-5)


def test_moments_stay_on_the_device(device: str) -> None:
    x, moments, host = f(6, 3), nn.bnmoments(), nn.bnmoments()
    for _ in range(2):
        nn.batchnorm(KnetArray(x, device=device), moments, training=True)
        nn.batchnorm(x, host, training=True)
    assert type(moments.mean) is type(moments.var) is KnetArray
    np.testing.assert_allclose(np.asarray(moments.var), host.var, 1e-6)


def test_a_layer_refuses_arrays_of_two_places(device: str) -> None:
    w, x = f(3, 2, 3, 3), f(2, 2, 8, 8)
    for reference in (False, True):
        with (
            nn.reference(reference),
            pytest.raises(TypeError, match=r"a NumPy array of shape .* meets a KnetArray on"),
        ):
            nn.conv4(KnetArray(w, device=device), x)


def test_accuracy_and_samples_take_scores_of_a_device(device: str) -> None:
    scores = f(6, 10)
    k = KnetArray(scores, device=device)
    assert nn.accuracy(k, LABELS) == nn.accuracy(scores, LABELS)
    first, second = (nn.sample(s, np.random.default_rng(2)) for s in (k, scores))
    assert first.tolist() == second.tolist()
