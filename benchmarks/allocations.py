"""What the slides' models ask a device's memory for: training without the numbers.

Each model is written with values that have a shape and a block of a pool and nothing else, on a
tape that keeps and frees them as knetengine's does: results stay until the way back has passed
them, a gradient until it has been handed on, a parameter's gradient until the update. Data are on
the device as in examples/: sets are copied there once, and a batch in order is a view, which costs
nothing. float32; labels int32.
"""

import random
from collections.abc import Callable
from itertools import pairwise
from math import prod
from typing import Any

from knetengine.gpu.memory import Event, NoPool, Pool
from knetengine.gpu.memory.replaying import Nowhere

FLOAT = LABEL = 4  # bytes
Shape = tuple[int, ...]


class Value:
    """An array without numbers."""

    def __init__(self, pool: Pool, shape: Shape, itemsize: int = FLOAT, *, varies: bool = False):
        self.shape = shape
        self.varies = varies  # whether gradients flow to it
        self.gradient: Value | None = None
        self._block = pool.allocate(prod(shape) * itemsize)


class Step:
    """An entry of the tape: a result, what it was made from, and what it keeps for the way back.

    handed_on: the inputs that get the result's own gradient, as those of a sum do.
    scratch: shapes that the way back needs for a moment.
    """

    def __init__(
        self,
        result: Value,
        inputs: tuple[Value, ...],
        kept: list[Value],
        scratch: tuple[Shape, ...],
        handed_on: tuple[Value, ...],
    ):
        self.result = result
        self.inputs = inputs
        self.kept = kept
        self.scratch = scratch
        self.handed_on = handed_on


class Machine:
    """A device and a tape."""

    def __init__(self, pool: Pool):
        self.pool = pool
        self.tape: list[Step] | None = None

    def array(self, *shape: int, itemsize: int = FLOAT, varies: bool = False) -> Value:
        """An array; it lives as long as somebody holds it."""
        return Value(self.pool, shape, itemsize, varies=varies)

    def apply(
        self,
        shape: Shape,
        *inputs: Value,
        kept: tuple[Shape, ...] = (),
        scratch: tuple[Shape, ...] = (),
        handed_on: tuple[Value, ...] = (),
    ) -> Value:
        """A result of this shape, recorded if somebody asked for gradients."""
        passing = [self.array(*size) for size in scratch]
        result = self.array(*shape, varies=any(value.varies for value in inputs))
        del passing
        if self.tape is not None and result.varies:
            extra = [self.array(*size) for size in kept]
            self.tape.append(Step(result, inputs, extra, scratch, handed_on))
        return result

    def train(self, w: list[Value], loss: Callable[[], Value]) -> None:
        """A gradient, and an update `p -= lr * g` of each parameter."""
        self.tape = []
        self.walk_back(loss())
        self.tape = None
        for p in w:
            product = self.array(*p.shape)  # lr * g
            del product
            p.gradient = None

    def walk_back(self, loss: Value) -> None:
        """Give each value its gradient, and drop what has been passed."""
        assert self.tape is not None
        loss.gradient = self.array(*loss.shape)
        del loss
        while self.tape:
            step = self.tape.pop()
            arriving = step.result.gradient
            if arriving is None:  # nothing depends on it, as on the last state of a sequence
                continue
            passing = [self.array(*size) for size in step.scratch]
            for value in step.inputs:
                if not value.varies:
                    continue
                if value.gradient is not None:  # added in place
                    added = self.array(*value.shape)
                    del added
                elif value in step.handed_on:
                    value.gradient = arriving
                else:
                    value.gradient = self.array(*value.shape)
            del passing

    # Functions

    def dense(self, x: Value, weight: Value, bias: Value) -> Value:
        """``x @ weight + bias``."""
        shape = (x.shape[0], weight.shape[1])
        product = self.apply(shape, x, weight)
        return self.apply(shape, product, bias, handed_on=(product,))

    def map(self, x: Value) -> Value:
        """A function of each entry."""
        return self.apply(x.shape, x)

    def likelihood(self, scores: Value, labels: Value) -> Value:
        """The mean negative log likelihood, which keeps the probabilities."""
        return self.apply((), self.apply(scores.shape, scores), labels)

    def accuracy(self, scores: Value) -> Value:
        """The places of the largest, whether they are right, and their mean."""
        places = self.array(scores.shape[0], itemsize=8)
        right = self.array(*places.shape, itemsize=1)
        del places
        return self.apply((), right)

    def convolution(self, x: Value, filters: Value, bias: Value) -> Value:
        """By columns of patches and one product; the columns are made anew on the way back."""
        images, channels, height, width = x.shape
        outputs, _, size, _ = filters.shape
        rows, columns = height - size + 1, width - size + 1
        patches = (channels * size * size, images * rows * columns)
        return self.apply((images, outputs, rows, columns), x, filters, bias, scratch=(patches,))

    def largest(self, x: Value) -> Value:
        """Pooling by 2, which keeps the places of the largest."""
        images, channels, height, width = x.shape
        shape = (images, channels, height // 2, width // 2)
        return self.apply(shape, x, kept=(shape,))

    def reshaped(self, x: Value, *shape: int) -> Value:
        """A view; its gradient is a view too."""
        view = object.__new__(Value)
        view.__dict__.update(x.__dict__, shape=shape)
        if self.tape is not None and view.varies:
            self.tape.append(Step(view, (x,), [], (), (x,)))
        return view

    def cell(
        self, x: Value, state: tuple[Value, Value], w: tuple[Value, Value]
    ) -> tuple[Value, Value]:
        """One step of an LSTM, its gates in one product of [x, h]."""
        h, c = state
        batch, hidden = h.shape
        both = self.apply((batch, x.shape[1] + hidden), x, h)
        gates = self.apply((batch, 4 * hidden), both, *w)
        cell = self.apply((batch, hidden), gates, c, kept=((batch, hidden),))
        return self.apply((batch, hidden), gates, cell), cell


# The models, each with what examples/ says of its sizes


def perceptron(machine: Machine, *hidden: int, epochs: int = 3, steps: int = 60) -> None:
    """examples/mnist.py: the whole sets on the device, batches of 100, all accuracies an epoch."""
    sizes = [784, *hidden, 10]
    sets = [
        (machine.array(count, 784), machine.array(count, itemsize=LABEL))
        for count in (60000, 10000)
    ]
    w = [
        (machine.array(a, b, varies=True), machine.array(b, varies=True))
        for a, b in pairwise(sizes)
    ]

    def predict(x: Value) -> Value:
        for weight, bias in w[:-1]:
            x = machine.map(machine.dense(x, weight, bias))
        return machine.dense(x, *w[-1])

    def rows(part: tuple[Value, Value], count: int) -> tuple[Value, Value]:
        x, y = part
        return machine.reshaped(x, count, 784), machine.reshaped(y, count)

    parameters = [p for layer in w for p in layer]
    for _ in range(epochs):
        for _ in range(steps):
            x, y = rows(sets[0], 100)
            machine.train(parameters, lambda x=x, y=y: machine.likelihood(predict(x), y))
        for x, y in sets:
            scores = predict(x)
            machine.accuracy(scores)
            machine.likelihood(scores, y)
            del scores


def softmax(machine: Machine) -> None:
    """784-10."""
    perceptron(machine)


def mlp(machine: Machine) -> None:
    """784-64-10."""
    perceptron(machine, 64)


def housing(machine: Machine) -> None:
    """examples/housing.py: all 506 towns at once."""
    x, y = machine.array(506, 13), machine.array(506, 1)
    w = [machine.array(13, 1, varies=True), machine.array(1, varies=True)]

    def loss() -> Value:
        difference = machine.apply((506, 1), machine.dense(x, *w), y)
        return machine.apply((), machine.map(difference))

    for _ in range(200):
        machine.train(w, loss)
        loss()


def lenet(machine: Machine, sizes: list[int]) -> None:
    """examples/lenet.py, a batch of each of these sizes, copied to the device for its step."""
    shapes = ((20, 1, 5, 5), (20,), (50, 20, 5, 5), (50,), (800, 500), (500,), (500, 10), (10,))
    w = [machine.array(*shape, varies=True) for shape in shapes]

    def loss(x: Value, y: Value) -> Value:
        for filters, bias in ((w[0], w[1]), (w[2], w[3])):
            x = machine.largest(machine.map(machine.convolution(x, filters, bias)))
        x = machine.map(machine.dense(machine.reshaped(x, x.shape[0], 800), w[4], w[5]))
        return machine.likelihood(machine.dense(x, w[6], w[7]), y)

    for size in sizes:
        x, y = machine.array(size, 1, 28, 28), machine.array(size, itemsize=LABEL)
        machine.train(w, lambda x=x, y=y: loss(x, y))
        del x, y


def lenet_short(machine: Machine) -> None:
    """Nine batches of 128 and one of 96, the last of 60,000 images."""
    lenet(machine, [96 if i % 10 == 9 else 128 for i in range(60)])


def lenet_random(machine: Machine) -> None:
    """Batches of any size from 20 to 128."""
    generator = random.Random(1)
    lenet(machine, [generator.randint(20, 128) for _ in range(60)])


def charlm(machine: Machine, batches: list[tuple[int, int]]) -> None:
    """The slides' char-LM in a loop, LSTM 256, 84 characters; (steps, sequences) of each batch."""
    hidden, characters = 256, 84
    w: dict[str, Any] = {
        "table": machine.array(characters, hidden, varies=True),
        "gates": machine.array(2 * hidden, 4 * hidden, varies=True),
        "bias": machine.array(4 * hidden, varies=True),
        "output": machine.array(hidden, characters, varies=True),
        "shift": machine.array(characters, varies=True),
    }

    def loss(ids: list[Value], state: tuple[Value, Value]) -> Value:
        total = None
        for x, y in pairwise(ids):
            embedded = machine.apply((x.shape[0], hidden), w["table"], x)
            state = machine.cell(embedded, state, (w["gates"], w["bias"]))
            scores = machine.dense(state[0], w["output"], w["shift"])
            part = machine.likelihood(scores, y)
            total = part if total is None else machine.apply((), total, part, handed_on=(total,))
        assert total is not None
        return total

    for steps, sequences in batches:
        ids = [machine.array(sequences, itemsize=LABEL) for _ in range(steps + 1)]
        state = (machine.array(sequences, hidden), machine.array(sequences, hidden))
        machine.train(list(w.values()), lambda ids=ids, state=state: loss(ids, state))
        del ids, state


def charlm_fixed(machine: Machine) -> None:
    """100 steps of 128 sequences."""
    charlm(machine, [(100, 128)] * 8)


def charlm_variable(machine: Machine) -> None:
    """15 to 60 steps of 32, 57 or 64 sequences."""
    generator = random.Random(1)
    charlm(
        machine,
        [(generator.randint(15, 60), generator.choice([64, 64, 57, 32])) for _ in range(40)],
    )


MODELS: dict[str, Callable[[Machine], None]] = {
    "linear regression, 506 x 13": housing,
    "softmax, batches of 100": softmax,
    "MLP, batches of 100": mlp,
    "LeNet, short last batch": lenet_short,
    "LeNet, random batches": lenet_random,
    "char-LM, 100 x 128": charlm_fixed,
    "char-LM, variable lengths": charlm_variable,
}


def trace_of(model: Callable[[Machine], None]) -> list[Event]:
    """What a model asks for."""
    pool = Pool(Nowhere(), NoPool())
    with pool.record_trace() as trace:
        model(Machine(pool))
    return trace
