"""What is stored on a device: a region of its memory, and how an array lies in it.

Views are found by NumPy itself: a ghost is a NumPy array with the device's address, whose numbers
nobody may look at. What a viewing function makes of it says where the view lies.
"""

from typing import Any, cast

import numpy as np

from knetengine.gpu.drivers.interface import Address
from knetengine.gpu.kernels.operand import Operand, Shape
from knetengine.gpu.memory import Region


class HeldAddress(Address):
    """A place in a region of memory. It keeps the region, and so does an `Operand` that has it.

    Work of one stream is done in order: memory that is given back once a kernel was launched may be
    handed out at once. Before that it may not, and what launches a kernel has its operands.
    """

    region: Region


def held(address: int, region: Region) -> HeldAddress:
    """A place in a region, which keeps it."""
    place = HeldAddress(address)
    place.region = region
    return place


class Stored:
    """An array in a device's memory.

    operand: what kernels are given; it keeps the region that the array is in.
    whole: whether it is the array that the region was asked for, and no view of one.
    read_only: whether it is a view that NumPy would not let be written to, as that of a smaller
        array broadcast to a shape.
    """

    __slots__ = ("operand", "read_only", "whole")

    def __init__(self, operand: Operand, whole: bool = False, read_only: bool = False) -> None:
        self.operand = operand
        self.whole = whole
        self.read_only = read_only

    @property
    def region(self) -> Region:
        """The region that it is in, a block of the pool or memory of the library's."""
        return cast("HeldAddress", self.operand.address).region

    @property
    def shape(self) -> Shape:
        """The shape."""
        return self.operand.shape

    @property
    def strides(self) -> Shape:
        """The strides in bytes."""
        return self.operand.strides

    @property
    def dtype(self) -> "np.dtype[Any]":
        """The kind of its numbers."""
        return self.operand.dtype

    @property
    def size(self) -> int:
        """The number of entries."""
        return self.operand.size

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.operand.shape)


class _Ghostly:
    """Has NumPy make an array at an address of the device."""

    def __init__(self, stored: Stored) -> None:
        operand = stored.operand
        self.__array_interface__ = {
            "version": 3,
            "data": (int(operand.address), stored.read_only),
            "shape": operand.shape,
            "strides": operand.strides,
            "typestr": operand.dtype.str,
        }


def ghost(stored: Stored) -> np.ndarray:
    """An array of NumPy's at the device's address: to be looked at otherwise, never into."""
    return np.asarray(_Ghostly(stored))


def view(stored: Stored, look: Any, *args: Any, **options: Any) -> Any:
    """What a viewing function makes of an array: ``view(x, np.transpose, (1, 0))``.

    A list or tuple of views comes back as a list.
    """
    seen: Any = look(ghost(stored), *args, **options)
    if isinstance(seen, list | tuple):
        return [_view_at(stored, part) for part in seen]
    return _view_at(stored, seen)


def _view_at(stored: Stored, seen: np.ndarray) -> Stored:
    address = stored.operand.address
    if seen.size:
        address = held(seen.__array_interface__["data"][0], stored.region)
    operand = Operand(address, seen.shape, seen.strides, seen.dtype)
    return Stored(operand, read_only=not seen.flags.writeable)
