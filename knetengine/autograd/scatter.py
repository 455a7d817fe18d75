"""The gradient of an indexed value: zeros, but for a few places."""

from typing import Any

import numpy as np

from knetengine.autograd.calls import primitive
from knetengine.autograd.primitives import defvjp


class Scatter:
    """The gradient of ``x[index]`` with respect to ``x``, before it meets its slot.

    Kept sparse, so that T slices of one array cost T writes into one array of zeros and not T
    arrays. Repeated indices add up.
    """

    __slots__ = ("gradient", "index")

    def __init__(self, gradient: Any, index: Any) -> None:
        self.gradient = gradient
        self.index = index

    def add_to(self, target: Any) -> None:
        """Add to an array in place."""
        _add_at(target, self.index, self.gradient)

    def dense(self, value: Any) -> Any:
        """As an array like `value`, recorded if the gradient is."""
        return scattered(self.gradient, self.index, value.shape, value.dtype)


@primitive
def scattered(gradient: Any, index: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """An array of zeros with `gradient` added at `index`."""
    target = np.zeros(shape, dtype)
    _add_at(target, index, gradient)
    return target


defvjp(scattered, lambda g, y, gradient, index, shape, dtype: g[index])


def _add_at(target: Any, index: Any, gradient: Any) -> None:
    if may_repeat(index):
        np.add.at(target, index, gradient)
    else:
        target[index] += gradient


def may_repeat(index: Any) -> bool:
    """Whether an index can name a place twice: a sequence of integers can."""
    for part in index if isinstance(index, tuple) else (index,):
        simple = part is None or part is Ellipsis or isinstance(part, slice | int | np.integer)
        if not simple and np.asarray(part).dtype != np.bool_:
            return True
    return False
