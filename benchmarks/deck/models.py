"""What every engine trains: sizes, data, initial weights, and what is promised of the time.

Sizes and optimisers are those of Knet's performance table of 30 September 2016. Weights and
batches are NumPy arrays, float32 and int64; each engine copies them into its own before timing.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
HIDDEN = 256  # of CharLM, and the width of its embedding
STREAMS, STEPS = 128, 100


class Model(NamedTuple):
    """A model at its start."""

    weights: list[Array]
    batches: list[tuple[Array, Array]]  # taken in this order, over and over
    lr: float
    source: str  # of the data, in words
    clip: float = 0  # the most that the norm of all gradients together may be; 0 for no limit


class Promise(NamedTuple):
    """The most that our time may be, as a fraction of another's."""

    engine: str
    fraction: float


class Plan(NamedTuple):
    """How a model is measured."""

    load: Callable[[], Model]
    calls: int  # steps in a row for one timing
    checked: int  # steps after which all engines must have the same loss
    small: bool  # each engine chooses its better number of threads
    promises: tuple[Promise, ...]
    start: Callable[[Model], Model]  # what is compared after so many steps


def copies(model: Model) -> list[Array]:
    """The weights, to be overwritten."""
    return [weight.copy() for weight in model.weights]


def _normal(generator: np.random.Generator, scale: float, *shape: int) -> Array:
    return (scale * generator.standard_normal(shape)).astype(np.float32)


def _zeros(*shape: int) -> Array:
    return np.zeros(shape, np.float32)


def linreg() -> Model:
    """Housing, all 506 towns at once, mean squared error."""
    from knetengine.data import housing

    generator = np.random.default_rng(1)
    weights = [_normal(generator, 0.1, 13, 1), _zeros(1)]
    return Model(weights, [housing(np.float32)], 0.1, "housing 506 x 13")


def softmax() -> Model:
    """MNIST, 784-10."""
    return _perceptron(784, 10)


def mlp() -> Model:
    """MNIST, 784-64-10."""
    return _perceptron(784, 64, 10)


def _perceptron(*sizes: int) -> Model:
    generator = np.random.default_rng(1)
    weights: list[Array] = []
    for inputs, outputs in pairwise(sizes):
        weights += [_normal(generator, 0.1, inputs, outputs), _zeros(outputs)]
    return Model(weights, *_mnist((784,)))


def lenet() -> Model:
    """MNIST, two convolutions with pooling and two dense layers; weights as Knet 0.8.5's xavier."""
    generator = np.random.default_rng(1)
    weights: list[Array] = []
    for shape in ((20, 1, 5, 5), (50, 20, 5, 5), (800, 500), (500, 10)):
        outputs = shape[0] if len(shape) == 4 else shape[1]
        size = int(np.prod(shape))
        limit = np.sqrt(2 / (outputs + size / outputs))
        weights += [generator.uniform(-limit, limit, shape).astype(np.float32), _zeros(outputs)]
    batches, _, source = _mnist((1, 28, 28))
    return Model(weights, batches, 0.1, source)


def _mnist(shape: tuple[int, ...]) -> tuple[list[tuple[Array, Array]], float, str]:
    """Batches of 100 in the order of the files, the learning rate, and how many images."""
    from knetengine.data import mnist

    (images, labels), _ = mnist(np.float32)
    count = len(labels) // 100
    x = images[: count * 100].reshape(count, 100, *shape)
    y = labels[: count * 100].reshape(count, 100)
    return list(zip(x, y, strict=True)), 0.5, f"MNIST, {count * 100} images"


def charlm() -> Model:
    """Characters: embedding, LSTM, output; gates in the order forget, input, output, change."""
    ids, size, source = _text()
    generator = np.random.default_rng(1)
    bias = _zeros(4 * HIDDEN)
    bias[:HIDDEN] = 1  # forget
    weights = [
        _normal(generator, 0.3, size, HIDDEN),  # embedding
        _normal(generator, 0.3, HIDDEN, 4 * HIDDEN),  # of the input
        _normal(generator, 0.3, HIDDEN, 4 * HIDDEN),  # of the hidden state before
        bias,
        _normal(generator, 0.3, HIDDEN, size),  # output
        _zeros(size),
    ]
    streams = ids[: len(ids) // STREAMS * STREAMS].reshape(STREAMS, -1).T  # (length, STREAMS)
    batches = [
        (streams[start : start + STEPS].copy(), streams[start + 1 : start + STEPS + 1].copy())
        for start in range(0, len(streams) - STEPS, STEPS)
    ]
    return Model(weights, batches, 4.0, f"{source}, {size} characters", clip=3.0)


def same(model: Model) -> Model:
    """The model as it is."""
    return model


def calm(model: Model) -> Model:
    """A start at which engines can be compared: weights a tenth, norm a hundredth.

    The deck's own start of CharLM is chaotic: with weights of 0.3 * normal, differences in rounding
    grow in the 100 steps of the first forward pass to 1e-4 .. 1e-3 of the loss, and after five
    updates the losses of any two engines have nothing in common.
    """
    weights = [weight / 10 for weight in model.weights]
    return model._replace(weights=weights, clip=model.clip / 100)


def charlm_loop() -> Model:
    """The same, with one matrix for [input, hidden], as the deck's `lstm` has it."""
    model = charlm()
    embedding, wx, wh, *rest = model.weights
    return model._replace(weights=[embedding, np.concatenate([wx, wh]), *rest])


def _text() -> tuple[Array, int, str]:
    """Characters as numbers, how many there are, and which text."""
    from knetengine.data import SETS
    from knetengine.data.places import bundled, look_for

    place = look_for(SETS["hiawatha"]) or bundled("shakespeare")
    assert place is not None  # seven plays are in the package
    (part,) = place.form.parts
    characters = place.decode(part, lambda content: np.frombuffer(content, np.uint8))
    unique, ids = np.unique(characters, return_inverse=True)
    return ids.astype(np.int64), len(unique), part


EAGER, JIT, PRODUCTS = "PyTorch eager", "JAX jit", "matrix products"


def _promises(eager: float, jit: float = 0, products: float = 0) -> tuple[Promise, ...]:
    fractions = ((EAGER, eager), (JIT, jit), (PRODUCTS, products))
    return tuple(Promise(engine, fraction) for engine, fraction in fractions if fraction)


PLANS = {
    "LinReg": Plan(linreg, 500, 20, True, _promises(0.25, 2.5), same),
    "Softmax": Plan(softmax, 200, 20, True, _promises(0.40, 0.9), same),
    "MLP": Plan(mlp, 100, 20, True, _promises(0.65, 0.8, 1.5), same),
    "LeNet": Plan(lenet, 5, 20, False, _promises(0.45, 0.25, 1.5), same),
    "CharLM": Plan(charlm, 1, 5, False, _promises(0.55, 0.40, 1.5), calm),
    "CharLM loop": Plan(charlm_loop, 1, 5, False, _promises(0.75), calm),
}
