"""The matrix products alone that a step cannot do without, with NumPy: the floor of each model."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from benchmarks.deck.models import HIDDEN, STEPS, STREAMS, Model
from benchmarks.deck.worker import Step
from benchmarks.interleaved import timed

Shape = tuple[int, int, int]  # (m, k, n): (m, k) @ (k, n)

LEFT_OUT = {"CharLM loop": "no promise is made of it"}


def version() -> str:
    """NumPy's and its BLAS's."""
    blas: Any = np.show_config("dicts")["Build Dependencies"]["blas"]  # pyright: ignore
    return f"NumPy {np.__version__}, {blas['name']} {blas['version']}"


def _product(m: int, k: int, n: int) -> Step:
    generator = np.random.default_rng(0)
    a = generator.standard_normal((m, k)).astype(np.float32)
    b = generator.standard_normal((k, n)).astype(np.float32)
    out = np.empty((m, n), np.float32)
    return lambda: np.matmul(a, b, out)


def _products(shapes: Iterable[Shape], repeats: int = 1) -> Step:
    products = [_product(*shape) for shape in shapes]

    def run() -> None:
        for _ in range(repeats):
            for product in products:
                product()

    return run


def _dense(batch: int, inputs: int, outputs: int, first: bool = False) -> list[Shape]:
    """Forward, the gradient of the weights, and unless it is the first layer of the input."""
    shapes = [(batch, inputs, outputs), (inputs, batch, outputs)]
    return shapes if first else [*shapes, (batch, outputs, inputs)]


def _convolution(filters: int, taps: int, places: int, first: bool = False) -> list[Shape]:
    """The same of a convolution, with its windows laid out as a matrix of taps by places."""
    shapes = [(filters, taps, places), (filters, places, taps)]
    return shapes if first else [*shapes, (taps, filters, places)]


def _linreg(_: Model, threads: int) -> Step:
    return _products(_dense(506, 13, 1, first=True))


def _softmax(_: Model, threads: int) -> Step:
    return _products(_dense(100, 784, 10, first=True))


def _mlp(_: Model, threads: int) -> Step:
    return _products(_dense(100, 784, 64, first=True) + _dense(100, 64, 10))


def _lenet(_: Model, threads: int) -> Step:
    """Each convolution over the whole batch at once, or image by image, whichever is faster."""
    parts = [_products(_dense(100, 800, 500) + _dense(100, 500, 10))]
    for filters, taps, places, first in ((20, 25, 576, True), (50, 500, 64, False)):
        at_once = _products(_convolution(filters, taps, 100 * places, first))
        one_by_one = _products(_convolution(filters, taps, places, first), repeats=100)
        parts.append(min(at_once, one_by_one, key=lambda run: min(timed(run, 3) for _ in range(5))))

    def run() -> None:
        for part in parts:
            part()

    return run


def _charlm(model: Model, threads: int) -> Step:
    """The embedding times the input's weights once for all characters, not for each in the text."""
    size = len(model.weights[0])
    once = _products(
        [
            *_dense(size, HIDDEN, 4 * HIDDEN),
            (HIDDEN, STEPS * STREAMS, 4 * HIDDEN),  # the gradient of the recurrent weights
            *_dense(STEPS * STREAMS, HIDDEN, size),
        ]
    )
    steps = _products([(STREAMS, HIDDEN, 4 * HIDDEN), (STREAMS, 4 * HIDDEN, HIDDEN)], repeats=STEPS)

    def run() -> None:
        once()
        steps()

    return run


BUILDERS = {
    "LinReg": _linreg,
    "Softmax": _softmax,
    "MLP": _mlp,
    "LeNet": _lenet,
    "CharLM": _charlm,
}
