"""Training as an iterator of losses, and when to end it: `minimize` and `converge`."""

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from knetengine.autograd import value_and_grad
from knetengine.optim import Optimiser

Number = TypeVar("Number")


def minimize(
    f: Callable[..., Any], batches: Iterable[Any], optimiser: Optimiser, parameters: Any
) -> "Minimization":
    """Iterate over losses; each is computed, and parameters are updated, when it is asked for.

    f: the loss, f(parameters, *batch) -> a single number.
    batches: each a tuple of the further arguments of f, or its one further argument.
    optimiser: changes the parameters. It is asked anew for every item, so a rate that is set
        between two items holds from the next one on.
    parameters: an array, or any nesting of containers of arrays; they are changed in place. What
        cannot be, Python numbers, is new in the attribute `parameters` of the iterator.

    The losses are those before each update. For example, ten epochs, with a bar:

        batches = [batch for _ in range(10) for batch in minibatches]
        for _ in progress(minimize(loss, batches, optim.Adam(), w)):
            pass

    Raises TypeError for a class of optimisers instead of an optimiser; then what `grad` and
    `update` raise. Source: Knet's `minimize`, which copied the optimiser when it began.
    """
    if isinstance(optimiser, type) or not hasattr(optimiser, "update"):
        raise TypeError(
            f"minimize: optimiser is {optimiser!r}; expected an optimiser, such as optim.Adam()"
        )
    return Minimization(f, batches, optimiser, parameters)


class Minimization(Iterator[Any]):
    """The iterator that `minimize` gives.

    parameters: as they are now.
    """

    def __init__(
        self, f: Callable[..., Any], batches: Iterable[Any], optimiser: Optimiser, parameters: Any
    ) -> None:
        self.parameters = parameters
        self._lossgradient = value_and_grad(f)
        self._left = operator.length_hint(batches, -1)
        self._batches = iter(batches)
        self._optimiser = optimiser

    def __next__(self) -> Any:
        batch = next(self._batches)
        self._left -= 1
        arguments: tuple[Any, ...] = batch if isinstance(batch, tuple) else (batch,)
        loss, gradients = self._lossgradient(self.parameters, *arguments)
        self.parameters = self._optimiser.update(self.parameters, gradients)
        return loss

    def __length_hint__(self) -> int:
        return self._left if self._left >= 0 else NotImplemented


def converge(iterable: Iterable[Number], alpha: float = 0.1) -> Iterator[Number]:
    """Pass numbers on for as long as they fall, on average.

    iterable: of numbers, such as the losses of `minimize`.
    alpha: the weight of the newest number in the running averages, above 0, at most 1. The smaller
        it is, the longer a rise has to last.

    With p = x - mean, mean and trend are running averages of x and of p; the iterator ends when the
    trend is above 0, and at a number that is NaN. That number is not passed on. The trend starts at
    0, so a second number above the first is the end already; numbers that stay the same are none.
    Losses that scatter from batch to batch want to be averaged first, one for each epoch.

    Raises ValueError for another alpha. Source: Knet's `converge`.
    """
    if not 0 < alpha <= 1:
        raise ValueError(f"converge: alpha is {alpha!r}; expected a number above 0, at most 1")
    return _falling(iterable, alpha)


def _falling(iterable: Iterable[Any], alpha: float) -> Iterator[Any]:
    mean, trend = None, 0.0
    for x in iterable:
        mean = x if mean is None else mean
        change = x - mean
        mean = mean + alpha * change  # alpha * x + ... would round equal numbers to a rise
        trend = trend + alpha * (change - trend)
        if not trend <= 0:
            return
        yield x
