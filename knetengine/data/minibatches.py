"""Cut data into minibatches, in order or shuffled anew for every pass."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias, cast

import numpy as np

from knetengine.device_arrays import DeviceArray

Array: TypeAlias = Any  # NumPy's, or a device's


class Minibatches:
    """Data in minibatches, to be iterated over as often as one likes; see `minibatch`.

    generator: what shuffles; None if nothing does.
    """

    def __init__(
        self, arrays: tuple[Array, ...], size: int, partial: bool, generator: Any, forms: Any
    ) -> None:
        self._arrays = arrays
        self._size = size
        self._partial = partial
        self._forms: tuple[tuple[Any, Any], ...] = forms
        self.generator: np.random.Generator | None = generator

    def __len__(self) -> int:
        """How many minibatches a pass has."""
        rows = len(self._arrays[0])
        return -(-rows // self._size) if self._partial else rows // self._size

    def __repr__(self) -> str:
        shuffled = ", shuffled" if self.generator is not None else ""
        return f"Minibatches({len(self)} of {self._size}{shuffled})"

    def __iter__(self) -> Iterator[Any]:
        rows = len(self._arrays[0])
        order = None if self.generator is None else self.generator.permutation(rows)
        for start in range(0, len(self) * self._size, self._size):
            stop = min(start + self._size, rows)
            yield self._batch(slice(start, stop) if order is None else order[start:stop])

    def rand(self, generator: np.random.Generator | None = None) -> Any:
        """A minibatch of rows at random, each at most once. Source: Knet's `rand(data)`."""
        draw = generator or self.generator or np.random.default_rng()
        rows = len(self._arrays[0])
        return self._batch(draw.permutation(rows)[: min(self._size, rows)])

    def _batch(self, rows: Any) -> Any:
        parts = [
            _formed(array[rows], dtype, shape)
            for array, (dtype, shape) in zip(self._arrays, self._forms, strict=True)
        ]
        return tuple(parts) if len(parts) > 1 else parts[0]


def minibatch(
    x: Array,
    *more: Any,
    shuffle: bool = False,
    partial: bool = False,
    generator: np.random.Generator | None = None,
    xtype: Any = None,
    ytype: Any = None,
    xsize: Sequence[int] | None = None,
    ysize: Sequence[int] | None = None,
) -> Minibatches:
    """Minibatches of inputs and answers: ``minibatch(x, y, 100)``; ``minibatch(x, 100)`` of one.

    x: (N, ...) and y: (N, ...): the first axis counts the instances. In order, what is given out
        are views, which cost nothing; shuffled, copies.
    size: how many instances a minibatch has, the last positional argument.
    shuffle: whether each pass has another order.
    partial: whether a pass ends with the instances that are too few for a whole minibatch.
    generator: what shuffles; by default one of fresh entropy.
    xtype, ytype: the dtypes to convert a minibatch to; or `KnetArray`.
    xsize, ysize: the shapes that an instance gets.

    Raises TypeError without a size, ValueError for a size below 1, for y with other rows than x,
    and for data too small for one minibatch. Source: Knet's minibatch, whose instances are on the
    last axis.
    """
    y, size = _answers_and_size(more)
    arrays: tuple[Array, ...] = tuple(
        a if isinstance(a, DeviceArray) else np.asarray(a) for a in (x, y) if a is not None
    )
    rows = len(arrays[0])
    if y is not None and len(arrays[1]) != rows:
        raise ValueError(
            f"minibatch: x has {rows} rows and y has {len(arrays[1])}; expected as many"
        )
    if size < 1:
        raise ValueError(f"minibatch: the size is {size}; expected at least 1")
    if rows < (1 if partial else size):
        raise ValueError(
            f"minibatch: x has {rows} rows, too few for one minibatch of {size}; take a smaller "
            "size, or partial=True"
        )
    draw = (generator or np.random.default_rng()) if shuffle else None
    forms = ((xtype, xsize), (ytype, ysize))[: len(arrays)]
    return Minibatches(arrays, int(size), partial, draw, forms)


def _answers_and_size(more: tuple[Any, ...]) -> tuple[Any, int]:
    if len(more) not in (1, 2) or not isinstance(more[-1], int | np.integer):
        raise TypeError("minibatch takes x, y and a size, or x and a size: minibatch(x, y, 100)")
    return (more[0] if len(more) == 2 else None), int(more[-1])


def _formed(array: Array, dtype: Any, shape: Sequence[int] | None) -> Array:
    if shape is not None:
        array = array.reshape(len(array), *shape)
    if isinstance(dtype, type) and issubclass(dtype, DeviceArray):
        return cast("Any", dtype)(array)
    return array if dtype is None else array.astype(dtype, copy=False)
