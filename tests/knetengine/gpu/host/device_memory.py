"""Memory that only the driver can use: to anybody else in this process it is fenced off.

It is one mapping of addresses, without any right but while the driver works. Blocks have gaps
between them. All of it that is nobody's has all bits set, which is NaN, and so has a new block.
"""

import bisect
import ctypes
import mmap
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from knetengine.gpu.drivers.interface import Address, DeviceOutOfMemoryError, DriverError

ALIGNMENT = 256
GAP = 256
UNUSED = 0xFF

# The fence goes up and down around each call: with huge pages in 13 us for 64 MiB that are in use,
# with pages of 4 KiB in 2000.
PAGE = 2 << 20
PROT_NONE = 0
OPEN = mmap.PROT_READ | mmap.PROT_WRITE
MAP_NORESERVE = 0x4000
MAP_FAILED = ctypes.c_void_p(-1).value

_c = ctypes.CDLL(None, use_errno=True)
_c.mmap.restype = ctypes.c_void_p
_c.mmap.argtypes = (
    *(ctypes.c_void_p, ctypes.c_size_t),
    *(ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int64),
)
_c.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_c.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_c.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)


class DeviceMemory:
    """Blocks of memory behind a fence.

    total_bytes: how much there is to allocate. guarded: AddressSanitizer is in this process; it is
    told of the gaps and of blocks that were given back.
    """

    def __init__(self, total_bytes: int, guarded: bool) -> None:
        self.total_bytes = total_bytes
        self.used_bytes = 0
        # Twice as many addresses, so that an address is not soon used again for another block.
        self._span = 2 * _up(total_bytes, PAGE) + 8 * PAGE
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_NORESERVE
        mapped = _c.mmap(None, self._span + PAGE, PROT_NONE, flags, -1, 0)
        if mapped == MAP_FAILED:
            raise MemoryError(f"the host has no {self._span} addresses in a row")
        self.base: int = _up(mapped, PAGE)
        if hasattr(mmap, "MADV_HUGEPAGE"):
            _c.madvise(self.base, self._span, mmap.MADV_HUGEPAGE)  # slower where it is refused
        self._guarded = guarded
        self._sizes: dict[int, int] = {}  # of each block, by its address
        self._starts: list[int] = []  # in order
        self._next = GAP  # where to look for room first, from the base
        self._used = ctypes.c_size_t()  # addresses from here on have never been used
        self._lock = threading.RLock()
        self._depth = 0
        self.close = weakref.finalize(
            self, _unmap, mapped, self._span + PAGE, self.base, self._used, guarded
        )

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Let this process use the memory; one thread at a time, and again from within."""
        with self._lock:
            self._depth += 1
            if self._depth == 1:
                self._protect(self._used.value, OPEN)
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._protect(self._used.value, PROT_NONE)

    def allocate(self, nbytes: int) -> Address:
        """A block. Raises DeviceOutOfMemoryError, or DriverError for less than a byte."""
        if nbytes < 1:
            raise DriverError(f"allocate: nbytes is {nbytes}, expected 1 or more")
        with self.opened():
            free = self.total_bytes - self.used_bytes
            offset = None if nbytes > free else self._find_room(nbytes)
            if offset is None:
                raise DeviceOutOfMemoryError(
                    f"allocate: the device has no {nbytes} bytes left of {self.total_bytes}; "
                    f"{free} are free"
                )
            self._use_up_to(offset + _extent(nbytes))
            address = self.base + offset
            if self._guarded:
                _tell("unpoison", address, nbytes)
            ctypes.memset(address, UNUSED, nbytes)
            self._sizes[address] = nbytes
            bisect.insort(self._starts, address)
            self.used_bytes += nbytes
            self._next = offset + _extent(nbytes)
            return Address(address)

    def release(self, address: Address) -> None:
        """Give a block back. Raises DriverError for an address that is no block's."""
        with self.opened():
            nbytes = self._sizes.pop(address, None)
            if nbytes is None:
                raise DriverError(f"release: {self.describe(address)} is no block's address")
            del self._starts[bisect.bisect_left(self._starts, address)]
            self.used_bytes -= nbytes
            ctypes.memset(address, UNUSED, nbytes)
            if self._guarded:
                _tell("poison", address, nbytes)

    def check(self, call: str, address: int, nbytes: int) -> None:
        """Raises DriverError unless these bytes are inside of a block."""
        with self._lock:
            index = bisect.bisect_right(self._starts, address) - 1
            start = self._starts[index] if index >= 0 else address + 1
            if nbytes and not start <= address <= address + nbytes <= start + self._sizes[start]:
                raise DriverError(
                    f"{call}: {nbytes} bytes at {self.describe(address)} are not all of one block"
                )

    def check_gaps(self) -> str | None:
        """Behind which block somebody wrote, in words; the gap is made good again.

        AddressSanitizer would take the look for a kernel's, and sees the write itself.
        """
        if self._guarded:
            return None
        with self.opened():
            for start, nbytes in self._sizes.items():
                gap = _extent(nbytes) - nbytes
                if ctypes.string_at(start + nbytes, gap) != _CLEAN[:gap]:
                    content = np.frombuffer(ctypes.string_at(start + nbytes, gap), np.uint8)
                    first = int(np.flatnonzero(content != UNUSED)[0])
                    ctypes.memset(start + nbytes, UNUSED, gap)
                    return f"wrote to {self.describe(start + nbytes + first)}"
        return None

    def describe(self, address: int) -> str:
        """An address in words, from the block before it."""
        with self._lock:
            if not self.base <= address < self.base + self._span:
                return f"address {address:#x}, which is not of this device"
            index = bisect.bisect_right(self._starts, address) - 1
            if index < 0:
                return f"address {address:#x}, before the first block"
            start = self._starts[index]
            size, offset = self._sizes[start], address - start
            where = f"in the block of {size} bytes at {start:#x}"
            if offset >= size:
                where = f"{offset - size} bytes past the end of the block of {size} at {start:#x}"
            return f"address {address:#x}, {where}"

    def view(self, address: int, shape: Any, dtype: Any, strides: Any = None) -> np.ndarray:
        """An array over the memory, to be used while it is open."""
        dtype = np.dtype(dtype)
        extents = zip(shape, strides or (), strict=False)
        last = sum((extent - 1) * stride for extent, stride in extents)
        size = last + dtype.itemsize if strides else dtype.itemsize * int(np.prod(shape))
        buffer = (ctypes.c_char * max(0, size)).from_address(address)
        return np.ndarray(shape, dtype, buffer, strides=strides)

    def _find_room(self, nbytes: int) -> int | None:
        """The first room for a block, from where the last one ended round to there again."""
        for begin, end in ((self._next, self._span), (GAP, self._next + _extent(nbytes))):
            offset = begin
            index = bisect.bisect_left(self._starts, self.base + begin)
            if index and (before := self._starts[index - 1]):
                offset = max(offset, before - self.base + _extent(self._sizes[before]))
            for start in self._starts[index:]:
                if offset + _extent(nbytes) <= start - self.base:
                    break
                offset = start - self.base + _extent(self._sizes[start])
            if offset + _extent(nbytes) <= min(end, self._span):
                return offset
        return None

    def _use_up_to(self, end: int) -> None:
        """Have the first addresses, up to this one, behind the fence; the new ones are nobody's."""
        end = _up(end, PAGE)
        if end <= self._used.value:
            return
        self._protect(end, OPEN)
        ctypes.memset(self.base + self._used.value, UNUSED, end - self._used.value)
        if self._guarded:
            _tell("poison", self.base + self._used.value, end - self._used.value)
        self._used.value = end

    def _protect(self, end: int, rights: int) -> None:
        if end and _c.mprotect(self.base, end, rights):
            raise MemoryError(f"mprotect failed with error {ctypes.get_errno()}")


def _unmap(mapped: int, nbytes: int, base: int, used: ctypes.c_size_t, guarded: bool) -> None:
    if guarded:
        _tell("unpoison", base, used.value)
    _c.munmap(mapped, nbytes)


def _tell(what: str, address: int, nbytes: int) -> None:
    """Tell AddressSanitizer, which is in this process."""
    call = getattr(_c, f"__asan_{what}_memory_region")
    call(ctypes.c_void_p(address), ctypes.c_size_t(nbytes))


def _up(number: int, unit: int) -> int:
    return -(-number // unit) * unit


def _extent(nbytes: int) -> int:
    """What a block takes up, with the gap behind it."""
    return _up(nbytes, ALIGNMENT) + GAP


_CLEAN = bytes([UNUSED]) * (ALIGNMENT + GAP)
