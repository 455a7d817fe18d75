"""Ten steps of every optimiser: kernels, NumPy, and PyTorch where its equations are the same."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from knetengine import Param, grad, optim

KINDS = (
    optim.SGD,
    optim.Momentum,
    optim.Nesterov,
    optim.Adagrad,
    optim.RMSprop,
    optim.Adadelta,
    optim.Adam,
    optim.AdamW,
)
NESTEROV = {"lr": 0.1, "momentum": 0.8, "nesterov": True}
SHAPES = ((70, 60), (5,), (4097,))  # kernels take the first and the last


def draw(dtype: Any) -> tuple[list[np.ndarray], list[list[np.ndarray]]]:
    """Parameters, and their gradients in ten steps."""
    generator = np.random.default_rng(0)
    w = [generator.standard_normal(shape).astype(dtype) for shape in SHAPES]
    steps = [[generator.standard_normal(s).astype(dtype) for s in SHAPES] for _ in range(10)]
    return w, steps


def nested(leaves: list[np.ndarray]) -> dict[str, Any]:
    return {"hidden": [(leaves[0], leaves[1])], "out": {"w": leaves[2]}}


def run(optimiser: Any, w: list[np.ndarray], steps: list[list[np.ndarray]]) -> list[np.ndarray]:
    w = [p.copy() for p in w]
    for gradients in steps:
        assert optimiser.update(w, gradients)[0] is w[0]
    return w


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", KINDS)
def test_kernels_do_what_numpy_does(
    kind: Any, dtype: Any, decay: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    w, steps = draw(dtype)
    monkeypatch.setattr(kind, "least", 4096)
    found = run(kind(decay=decay), w, steps)
    monkeypatch.setattr(kind, "least", 10**9)
    expected = run(kind(decay=decay), w, steps)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.dtype == dtype
        eps = 20 * np.finfo(dtype).eps  # two or so of each of the ten steps
        np.testing.assert_allclose(ours, theirs, rtol=eps, atol=eps)
        assert not np.array_equal(ours, w[0])


@pytest.mark.peers
@pytest.mark.parametrize(
    ("ours", "name", "options"),
    [
        (optim.SGD(lr=0.1), "SGD", {"lr": 0.1}),
        (optim.SGD(lr=0.1, decay=0.2), "SGD", {"lr": 0.1, "weight_decay": 0.2}),
        (optim.Momentum(lr=0.1, gamma=0.8), "SGD", {"lr": 0.1, "momentum": 0.8}),
        (optim.Nesterov(lr=0.1, gamma=0.8), "SGD", NESTEROV),
        (optim.Adam(lr=0.01), "Adam", {"lr": 0.01}),
        (optim.Adam(lr=0.01, decay=0.2), "Adam", {"lr": 0.01, "weight_decay": 0.2}),
        (optim.AdamW(lr=0.01, decay=0.2), "AdamW", {"lr": 0.01, "weight_decay": 0.2}),
        (optim.Adagrad(lr=0.1, eps=0.0), "Adagrad", {"lr": 0.1, "eps": 0.0}),
        (optim.RMSprop(lr=0.1, eps=0.0), "RMSprop", {"lr": 0.1, "eps": 0.0, "alpha": 0.9}),
        (optim.Adadelta(lr=0.5), "Adadelta", {"lr": 0.5}),
    ],
)
def test_pytorch_agrees_for_ten_steps(ours: Any, name: str, options: Any) -> None:
    """Where eps is inside the root (Knet) and outside of it (PyTorch), it is 0 here.

    With eps, and rates that change, test_equations.py compares with the papers.
    """
    torch = pytest.importorskip("torch")
    ours = dataclasses.replace(ours)
    w, steps = draw(np.float64)
    parameters = [torch.tensor(p, requires_grad=True) for p in w]
    for gradients in steps:
        ours.update(nested(w), nested(gradients))
    theirs = getattr(torch.optim, name)(parameters, **options)
    for gradients in steps:
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = torch.tensor(gradient)
        theirs.step()
    for p, q in zip(w, parameters, strict=True):
        np.testing.assert_allclose(p, q.detach().numpy(), rtol=1e-10)


def test_nesterov_by_hand() -> None:
    """w += -v_old + (1 + gamma) v is what Bengio et al. write for gamma = 0.5, lr = 1."""
    optimiser = optim.Nesterov(lr=1.0, gamma=0.5)
    w = np.array([10.0])
    optimiser.update(w, np.array([2.0]))  # v = -2; w = 10 - 0 + 1.5 * -2
    assert w.tolist() == [7.0]
    optimiser.update(w, np.array([1.0]))  # v = -1 - 1 = -2; w = 7 + 0.5 * 2 - 1.5 * 2
    assert w.tolist() == [5.0]


def test_any_container_numbers_and_params() -> None:
    p = Param(np.ones(2))
    w = {"a": [np.ones(2), 3.0], "p": p, "n": None}
    new = optim.SGD(lr=0.5).update(w, {"a": [np.ones(2), 2.0], "p": np.ones(2), "n": None})
    assert new["a"][0] is w["a"][0]
    assert new["a"][0].tolist() == [0.5, 0.5]
    assert new["a"][1] == 2.0
    assert type(new["a"][1]) is float
    assert new["p"] is p
    assert p.value.tolist() == [0.5, 0.5]


def test_the_learning_rate_is_heeded_at_once() -> None:
    """Knet's optimisers were copied when training began; a later rate was silently ignored."""
    optimiser, w = optim.Adam(lr=1.0), np.zeros(1)
    optimiser.update(w, np.ones(1))
    optimiser.lr = 0.0
    before = w.copy()
    optimiser.update(w, np.ones(1))
    assert w.tolist() == before.tolist()


def test_gradients_of_a_kind_that_grad_gives() -> None:
    w = [np.full((3, 2), 0.5), np.zeros(2)]
    x, optimiser = np.ones((4, 3)), optim.Momentum()
    gradient = grad(lambda w: np.mean((x @ w[0] + w[1] - 2.0) ** 2))
    for _ in range(200):
        w = optimiser.update(w, gradient(w))
    np.testing.assert_allclose(x @ w[0] + w[1], 2.0, atol=0.02)


def test_clipping_each_array_and_all_together() -> None:
    g = [np.array([3.0, 4.0]), None, np.array([0.0, 12.0]), 0.0]
    each = optim.gclip(g, 6.0, each=True)
    assert each[0] is g[0]
    np.testing.assert_allclose(each[2], [0.0, 6.0])
    together = optim.gclip(g, 6.5)  # the norm of all is 13
    np.testing.assert_allclose(together[0], [1.5, 2.0])
    np.testing.assert_allclose(together[2], [0.0, 6.0])
    assert together[1] is None
    assert optim.gclip(g, 0) is g
    w = np.zeros(2)
    optim.SGD(lr=1.0, gclip=1.0).update(w, np.array([3.0, 4.0]))
    np.testing.assert_allclose(w, [-0.6, -0.8])


def test_a_norm_that_is_not_finite_scales_nothing() -> None:
    g = [np.array([np.inf, 1.0]), np.ones(2)]
    assert optim.gclip(g, 1.0)[1].tolist() == [1.0, 1.0]


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(
        ValueError, match=r"SGD.update: w\[1\] has shape \(2,\), its gradient \(3,\)"
    ):
        optim.SGD().update([np.ones(1), np.ones(2)], [np.ones(1), np.ones(3)])
    with pytest.raises(ValueError, match="w has 1 parameters, g has 2 gradients"):
        optim.SGD().update([np.ones(1)], [np.ones(1), np.ones(1)])


def test_a_parameter_of_another_shape_starts_anew() -> None:
    optimiser = optim.Momentum()
    optimiser.update([np.ones(2)], [np.ones(2)])
    w = [np.ones(3)]
    optimiser.update(w, [np.ones(3)])
    np.testing.assert_allclose(w[0], 0.95)
