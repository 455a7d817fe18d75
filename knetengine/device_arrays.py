"""What the engine knows of arrays that are on a device: that there are such, and what they offer.

`knetengine.gpu` makes them; everything below it meets them only as this.
"""

from typing import Any

import numpy as np

from knetengine.array_methods import ArrayMethods

WRITTEN = "_knet_written"
"""The attribute of an error that has the array which may not be written to."""


class DeviceArray(ArrayMethods):
    """An array on a device: NumPy's functions take it by their protocols (NEP 13 and 18)."""

    __slots__ = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape."""
        raise NotImplementedError

    @property
    def strides(self) -> tuple[int, ...]:
        """The distance in bytes from one entry to the next, along each axis."""
        raise NotImplementedError

    @property
    def dtype(self) -> "np.dtype[Any]":
        """The kind of its numbers."""
        raise NotImplementedError

    @property
    def device(self) -> str:
        """The name of the device."""
        raise NotImplementedError

    @property
    def host(self) -> np.ndarray | None:
        """The NumPy array over the very same memory; None where that is not the host's."""
        raise NotImplementedError

    @property
    def base(self) -> Any:
        """What this array is a view of; None if its numbers are its own."""
        raise NotImplementedError

    @property
    def memory(self) -> Any:
        """What it lies in: one object for all arrays that may share memory."""
        raise NotImplementedError

    def protect(self, protected: list[Any]) -> None:
        """Have writes to its memory raise, through whatever array, until `release`.

        protected: who wants that; the array is appended, but not twice.
        """
        raise NotImplementedError

    def release(self, protected: list[Any]) -> None:
        """Take back what `protect` did for the same list."""
        raise NotImplementedError

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        raise NotImplementedError

    def beside(self, array: Any) -> Any:
        """An array of the host as one of this device."""
        raise NotImplementedError

    def call_on_host(self, function: Any, *arguments: Any) -> Any:
        """Call a function of NumPy arrays with the memory of arrays of a device that has `host`."""
        raise NotImplementedError

    def has_layer(self, name: str) -> bool:
        """Whether the device has kernels of its own for a layer."""
        raise NotImplementedError

    def call_layer(self, name: str, *arguments: Any) -> Any:
        """Call the device's own kernels for a layer; KeyError where it has none of that name."""
        raise NotImplementedError


def first_device_array(arguments: Any) -> DeviceArray | None:
    """The first array of a device among some arguments; None if there is none."""
    for argument in arguments:
        if isinstance(argument, DeviceArray):
            return argument
    return None


def beside(x: Any, array: Any) -> Any:
    """An array of the host where x is: on its device, or as it is."""
    if isinstance(x, DeviceArray) and isinstance(array, np.ndarray):
        return x.beside(array)
    return array
