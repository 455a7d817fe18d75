"""The attributes and methods of an array, as a recorded value has them."""

from typing import Any

import numpy as np

from knetengine.array_methods import ArrayMethods
from knetengine.autograd.conversions import python_number

_FLOAT = {float: np.dtype(np.float64), complex: np.dtype(np.complex128)}


class RecordedMethods(ArrayMethods):
    """What an array can do, each step recorded.

    `explain` says what is missing. A subclass has a `value`, and `apply(function, args, kwargs)`,
    which calls a NumPy function and records it.
    """

    __slots__ = ()

    value: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape; () for a Python number."""
        return getattr(self.value, "shape", ())

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return getattr(self.value, "ndim", 0)

    @property
    def size(self) -> int:
        """The number of entries."""
        return getattr(self.value, "size", 1)

    @property
    def dtype(self) -> "np.dtype[Any]":
        """The dtype; float64 or complex128 for a Python number."""
        return getattr(self.value, "dtype", None) or _FLOAT[type(self.value)]

    @property
    def nbytes(self) -> int:
        """The bytes of the entries."""
        return getattr(self.value, "nbytes", self.dtype.itemsize)

    @property
    def itemsize(self) -> int:
        """The bytes of one entry."""
        return self.dtype.itemsize

    def item(self, *index: Any) -> Any:
        """One element as a recorded Python number."""
        if self.size == 1 and not index:
            return self.apply(python_number, (self,), {})
        element = self[np.unravel_index(*index, self.shape) if len(index) == 1 else index]
        return self.apply(python_number, (element,), {})

    def tolist(self) -> Any:
        """A nested list of recorded Python numbers."""
        if self.ndim == 0:
            return self.apply(python_number, (self,), {})
        return [self[i].tolist() for i in range(self.shape[0])]
