"""Memory of the host as a source for a pool, and NumPy arrays on its blocks."""

import ctypes
import mmap
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from knetengine.gpu.drivers.interface import Address, DeviceOutOfMemoryError
from knetengine.gpu.memory.blocks import Block

HUGE = 4 << 20
"""From so many bytes on the system is asked for huge pages, as NumPy does."""


class HostMemory:
    """Pages of the system, each block a mapping of its own that goes back when it is released.

    They hold zeros at first, and cost nothing until they are touched. All work on them is done when
    a call returns: a pool over it needs no order of streams.
    """

    def __init__(self) -> None:
        self._mappings: dict[int, mmap.mmap] = {}

    def allocate(self, nbytes: int) -> Address:
        """So many bytes, aligned to a page. Raises DeviceOutOfMemoryError where there are none."""
        try:
            # private: a shared one would be seen, and written to, by forked processes
            mapping = mmap.mmap(-1, nbytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        except (OSError, OverflowError) as error:
            raise DeviceOutOfMemoryError(f"the host has no {nbytes:,} bytes: {error}") from None
        if nbytes >= HUGE and hasattr(mmap, "MADV_HUGEPAGE"):
            mapping.madvise(mmap.MADV_HUGEPAGE)
        address = Address(ctypes.addressof(ctypes.c_char.from_buffer(mapping)))
        self._mappings[address] = mapping
        return address

    def release(self, address: Address) -> None:
        """Give a block back. Raises KeyError for an address that was not given."""
        self._mappings.pop(address).close()


class _Memory(ctypes.c_char * (1 << 46)):  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
    """The base of an array: a place in memory, and the block that it is in."""

    __slots__ = ("block",)
    block: Block


def array_on(block: Block, shape: Sequence[int], dtype: DTypeLike, offset: int = 0) -> Any:
    """A contiguous array in a block of the host, from a byte on; it keeps the block, as views do.

    It costs about 1 us; with an object that has `__array_interface__` as its base, half more.
    Raises ValueError if the array would pass the end of the block.
    """
    kind = np.dtype(dtype)
    nbytes = prod(shape) * kind.itemsize
    if not 0 <= offset <= block.requested_bytes - nbytes:
        raise ValueError(
            f"an array of shape {tuple(shape)} and {kind} from byte {offset} on does not fit in a "
            f"block of {block.requested_bytes} bytes"
        )
    memory: Any = _Memory.from_address(block.address + offset)
    memory.block = block
    return np.ndarray(shape, kind, memory)


def block_of(array: Any) -> Block | None:
    """The block that a NumPy array lies in, whole or as a view; None if it is in none."""
    base = array.base
    while base is not None and type(base) is not _Memory:
        base = getattr(base, "base", None)  # of an array, or of what as_strided stands on
    return None if base is None else base.block
