"""The attributes and methods of an array, as a recorded value has them."""

from typing import Any

import numpy as np

from knetengine.autograd.conversions import python_number
from knetengine.autograd.primitives import Function

_FLOAT = {float: np.dtype(np.float64), complex: np.dtype(np.complex128)}


def _method(function: Function) -> Function:
    """A method that is the NumPy function of the same meaning."""

    def method(self: "ArrayMethods", *args: Any, **kwargs: Any) -> Any:
        return self.apply(function, (self, *args), kwargs)

    return method


class ArrayMethods:
    """What an array can do, in terms of NumPy's functions.

    There is no `__getattr__` to explain what is missing: with one, Python looks up every attribute
    the slow way, and recording a product takes 0.71 us instead of 0.66. `explain` does it.

    A subclass has a `value`, and `apply(function, args, kwargs)`, which calls a NumPy function
    and records it.
    """

    __slots__ = ()

    value: Any

    def apply(self, function: Function, args: tuple[Any, ...], kwargs: Any) -> Any:
        """Call a NumPy function and record it."""
        raise NotImplementedError

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError

    def __setitem__(self, index: Any, value: Any) -> None:
        raise NotImplementedError

    # Attributes and methods of an array

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

    @property
    def real(self) -> Any:
        """The real part."""
        return self.apply(np.real, (self,), {})

    @property
    def imag(self) -> Any:
        """The imaginary part."""
        return self.apply(np.imag, (self,), {})

    @property
    def flat(self) -> Any:
        """The entries in C order, as one axis."""
        return self.apply(np.ravel, (self,), {})

    @property
    def mT(self) -> Any:  # noqa: N802  # NumPy's name
        """The last two axes swapped."""
        return self.apply(np.matrix_transpose, (self,), {})

    @property
    def T(self) -> Any:  # noqa: N802  # NumPy's name
        """The transpose: all axes in reverse."""
        return self.apply(np.transpose, (self,), {})

    sum = _method(np.sum)
    prod = _method(np.prod)
    mean = _method(np.mean)
    var = _method(np.var)
    std = _method(np.std)
    max = _method(np.max)
    min = _method(np.min)
    ptp = _method(np.ptp)
    cumsum = _method(np.cumsum)
    cumprod = _method(np.cumprod)
    trace = _method(np.trace)
    diagonal = _method(np.diagonal)
    searchsorted = _method(np.searchsorted)
    nonzero = _method(np.nonzero)
    conj = _method(np.conjugate)
    conjugate = _method(np.conjugate)
    clip = _method(np.clip)
    dot = _method(np.dot)
    ravel = _method(np.ravel)
    flatten = _method(np.ravel)
    squeeze = _method(np.squeeze)
    swapaxes = _method(np.swapaxes)
    take = _method(np.take)
    repeat = _method(np.repeat)
    copy = _method(np.copy)
    astype = _method(np.astype)
    argmax = _method(np.argmax)
    argmin = _method(np.argmin)
    argsort = _method(np.argsort)
    all = _method(np.all)
    any = _method(np.any)
    round = _method(np.round)

    def reshape(self, *shape: Any, order: Any = "C") -> Any:
        """The same entries in a new shape, given as a tuple or as several ints."""
        new_shape = shape[0] if len(shape) == 1 else shape
        return self.apply(np.reshape, (self, new_shape), {"order": order} if order != "C" else {})

    def transpose(self, *axes: Any) -> Any:
        """The axes in a new order, given as a tuple or as several ints; reversed if none."""
        order = axes[0] if len(axes) == 1 else axes or None
        return self.apply(np.transpose, (self, order), {})

    def fill(self, value: Any) -> None:
        """Write one value everywhere."""
        self[...] = value

    def sort(self, axis: int = -1) -> None:
        """Sort in place, along an axis."""
        self[...] = self.apply(np.sort, (self, axis), {})

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
