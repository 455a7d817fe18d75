"""The equations of all eight optimisers, written out from their papers, for ten steps.

The rate changes on the way, the parameters are in nested containers, the gradients of some are as
small as the root of eps, so that it matters on which side of the root eps stands. PyTorch cannot
judge that: its Adagrad and RMSprop have eps outside, and its momentum keeps the rate out of the
velocity, which is the same only as long as the rate stays. What it can judge is in
test_optimisers.py.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from knetengine import optim
from knetengine.autograd.containers import flatten

Steps = Iterator[tuple[Any, float]]  # a gradient and a rate
RATES = [0.1, 0.1, 0.01, 0.01, 0.5, 0.0, 0.02, 0.02, 0.3, 0.001]
DECAY = 0.03


def sgd(w: Any, steps: Steps) -> Any:
    for g, lr in steps:
        w = w - lr * (g + DECAY * w)
    return w


def momentum(w: Any, steps: Steps) -> Any:
    """Qian 1999; Knet's velocity holds the rate."""
    v = 0.0
    for g, lr in steps:
        v = 0.95 * v + lr * (g + DECAY * w)
        w = w - v
    return w


def nesterov(w: Any, steps: Steps) -> Any:
    """Bengio et al. 2012, equation 7: w + gamma^2 v - (1 + gamma) lr g."""
    v = 0.0
    for g, lr in steps:
        g = g + DECAY * w
        w, v = w + 0.95**2 * v - 1.95 * lr * g, 0.95 * v - lr * g
    return w


def adagrad(w: Any, steps: Steps) -> Any:
    """Duchi et al. 2011, section 1.3, with Knet's eps in the root."""
    squares = 0.0
    for g, lr in steps:
        g = g + DECAY * w
        squares = squares + g**2
        w = w - lr * g / np.sqrt(squares + 1e-6)
    return w


def rmsprop(w: Any, steps: Steps) -> Any:
    """Tieleman and Hinton 2012, slide 29, with Knet's eps in the root."""
    squares = 0.0
    for g, lr in steps:
        g = g + DECAY * w
        squares = 0.9 * squares + 0.1 * g**2
        w = w - lr * g / np.sqrt(squares + 1e-6)
    return w


def adadelta(w: Any, steps: Steps) -> Any:
    """Zeiler 2012, algorithm 1; a rate of 1 is the paper's."""
    squares = moves = 0.0
    for g, lr in steps:
        g = g + DECAY * w
        squares = 0.9 * squares + 0.1 * g**2
        move = np.sqrt(moves + 1e-6) / np.sqrt(squares + 1e-6) * g
        moves = 0.9 * moves + 0.1 * move**2
        w = w - lr * move
    return w


def adam(w: Any, steps: Steps, coupled: float = DECAY, apart: float = 0.0) -> Any:
    """Kingma and Ba 2014, algorithm 1."""
    m = v = 0.0
    for t, (g, lr) in enumerate(steps, 1):
        g = g + coupled * w
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        change = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        w = w - lr * (change + apart * w)
    return w


def adamw(w: Any, steps: Steps) -> Any:
    """Loshchilov and Hutter 2017, algorithm 2, the rate as PyTorch has it: in front of both."""
    return adam(w, steps, coupled=0.0, apart=DECAY)


EQUATIONS: dict[type[optim.Optimiser], Callable[[Any, Steps], Any]] = {
    optim.SGD: sgd,
    optim.Momentum: momentum,
    optim.Nesterov: nesterov,
    optim.Adagrad: adagrad,
    optim.RMSprop: rmsprop,
    optim.Adadelta: adadelta,
    optim.Adam: adam,
    optim.AdamW: adamw,
}


def nest(scale: float) -> dict[str, Any]:
    """Parameters, or their gradients, in every kind of container."""
    generator = np.random.default_rng(round(1e6 * scale))
    draw = generator.standard_normal
    layers = [(scale * draw((70, 60)), 1e-3 * scale * draw(60)), [scale * draw(5)]]
    return {"layers": layers, "out": {"w": 1e-3 * scale * draw((65, 64)), "b": (draw(3),)}}


@pytest.mark.parametrize("least", [4096, 10**9], ids=["kernels", "numpy"])
@pytest.mark.parametrize("kind", EQUATIONS)
def test_ten_steps_in_containers_with_rates_that_change(
    kind: type[optim.Optimiser], least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each rate holds from the next update on: Knet's issue 449 was that it silently did not."""
    monkeypatch.setattr(kind, "least", least)
    w, gradients = nest(1.0), [nest(1.0 + step / 10) for step in range(len(RATES))]
    leaves, _ = flatten(w)
    expected = [
        EQUATIONS[kind](leaf.copy(), zip([flatten(g)[0][n] for g in gradients], RATES, strict=True))
        for n, leaf in enumerate(leaves)
    ]
    optimiser = kind(decay=DECAY)
    for g, lr in zip(gradients, RATES, strict=True):
        optimiser.lr = lr
        new = optimiser.update(w, g)
    assert all(ours is given for ours, given in zip(flatten(new)[0], leaves, strict=True))
    for ours, theirs in zip(leaves, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_there_is_an_equation_for_every_optimiser() -> None:
    kinds = {k for k in vars(optim).values() if isinstance(k, type)}
    optimisers = {k for k in kinds if issubclass(k, optim.Optimiser) and k is not optim.Optimiser}
    assert optimisers == set(EQUATIONS)
    assert len(optimisers) == 8
