"""Memory that knows of each byte whether it is allocated, and whether it has been written.

Four spaces are made of it: the device's memory, and, while a launch runs, shared memory (a piece
for each block), local memory (a piece for each thread) and the kernel's parameters. Addresses of
one space never meet those of another, so that a generic address says where it belongs.
"""

from typing import Any

import numpy as np

from knetengine.gpu.drivers.interface import DeviceOutOfMemoryError
from tests.ptx.faults import Fault

# Where each space begins among the generic addresses.
WINDOWS = {"shared": 1 << 40, "local": 2 << 40, "param": 3 << 40, "global": 0x7F << 40}
GUARD = 256  # bytes that belong to nobody, after each allocation
ALLOCATED, WRITTEN, FREED = 1, 2, 4
READABLE = ALLOCATED | WRITTEN


def repeated(byte: int, width: int) -> Any:
    """A byte in each byte of an unsigned number."""
    return np.dtype(f"u{width}").type(int.from_bytes(bytes([byte]) * width, "little"))


class Space:
    """Bytes and the state of each. Owners, such as blocks, have a piece of ``size`` bytes each.

    Pieces are a multiple of 32 bytes, so that no aligned access crosses from one to the next.
    """

    def __init__(self, name: str, size: int, owners: int = 1, state: int = 0) -> None:
        self.name = name
        self.size = size
        self.pitch = -(-size // 32) * 32 or 32
        # zeros cost nothing until they are touched; a copy of them would be touched
        self.data = np.zeros(self.pitch * owners, np.uint8)
        self.state = np.zeros(self.pitch * owners, np.uint8)
        if state:
            self.state[:] = state
        self._views: dict[Any, np.ndarray] = {}
        self._states: dict[int, np.ndarray] = {}

    def values(self, dtype: np.dtype[Any]) -> np.ndarray:
        """All of it as numbers of a dtype."""
        view = self._views.get(dtype)
        if view is None:
            view = self._views[dtype] = self.data.view(dtype)
        return view

    def states(self, width: int) -> np.ndarray:
        """The states of so many bytes at a time, as one number."""
        view = self._states.get(width)
        if view is None:
            view = self._states[width] = self.state.view(f"u{width}")
        return view

    def wrong(self, index: np.ndarray, width: int, wanted: int) -> np.ndarray | None:
        """Which numbers are not in a state; None if all are."""
        pattern = repeated(wanted, width)
        states = self.states(width)[index]
        good = states == pattern if wanted == READABLE else (states & pattern) == pattern
        return None if good.all() else ~good

    def write(self, start: int, data: bytes | np.ndarray) -> None:
        """Set bytes, without looking at what they were."""
        self.data[start : start + len(data)] = np.frombuffer(data, np.uint8)
        self.state[start : start + len(data)] |= READABLE

    def describe(self, offset: int) -> str:
        """What lies at an offset into a piece."""
        return f"{self.name} memory has {self.size} bytes here, and this is byte {offset}"


class DeviceMemory(Space):
    """The memory of a device: allocations at 256 bytes, each with a guard behind it.

    A block that was freed is handed out again only when nothing else is left, so that its use is
    noticed as long as possible.
    """

    def __init__(self, total: int) -> None:
        super().__init__("global", total)
        self.base = WINDOWS["global"]
        self.used = 0  # bytes in allocations
        self._blocks: dict[int, int] = {}  # offset -> bytes, of those in use
        self._freed: dict[int, int] = {}  # of those freed, in the order of freeing
        self._next = GUARD

    def allocate(self, nbytes: int) -> int:
        """The address of a new block; raises DeviceOutOfMemoryError."""
        room = -(-nbytes // 256) * 256 + GUARD
        if self._next + room <= self.pitch:
            offset = self._next
            self._next += room
        else:
            offset = self._take(room)
            if offset is None:
                raise DeviceOutOfMemoryError(
                    f"allocate({nbytes}): {self.used} of {self.size} bytes are in use"
                )
        self._blocks[offset] = nbytes
        self.used += nbytes
        self.state[offset : offset + room] = 0
        self.state[offset : offset + nbytes] = ALLOCATED
        return self.base + offset

    @property
    def reach(self) -> int:
        """Behind the last byte that was ever allocated."""
        return min(self._next, self.pitch)

    def _take(self, room: int) -> int | None:
        """A place among blocks that were freed; neighbours are joined first."""
        joined: dict[int, int] = {}
        end = -1
        for offset, size in sorted(self._freed.items()):
            if offset == end:
                last = next(reversed(joined))
                joined[last] += size
            else:
                joined[offset] = size
            end = offset + size
        self._freed = joined
        for offset, size in joined.items():
            if size >= room:
                del joined[offset]
                if size > room:
                    joined[offset + room] = size - room
                return offset
        return None

    def release(self, address: int) -> None:
        """Free a block; raises Fault if there is none at the address."""
        offset = int(address) - self.base
        nbytes = self._blocks.pop(offset, None)
        if nbytes is None:
            what = "freed twice" if offset in self._freed else "no allocation begins here"
            raise Fault("release", what, address=int(address))
        self.used -= nbytes
        self.state[offset : offset + nbytes] = FREED
        self._freed[offset] = -(-nbytes // 256) * 256 + GUARD

    def span(self, address: int, nbytes: int, what: str) -> slice:
        """Where bytes lie, all in one allocation; raises Fault."""
        offset = int(address) - self.base
        inside = offset >= 0 and offset + nbytes <= self.size
        if not inside or not (self.state[offset : offset + nbytes] & ALLOCATED).all():
            raise Fault(
                "out of bounds",
                f"{what} of {nbytes} bytes: {self.describe(offset)}",
                address=int(address),
            )
        return slice(offset, offset + nbytes)

    def size_of(self, address: int) -> int:
        """The bytes of an allocation, by the address that it was given."""
        return self._blocks[int(address) - self.base]

    def forget(self, address: int, nbytes: int) -> None:
        """Count bytes as never written, as a pool may that hands a block out anew."""
        self.state[self.span(address, nbytes, "forget")] = ALLOCATED

    def describe(self, offset: int) -> str:
        """Where an offset lies, said from the allocation before it."""
        ends = {**self._freed, **self._blocks}
        before = [start for start in ends if start <= offset < self.size]
        if not before:
            return "no allocation is near"
        start = max(before)
        if start in self._freed:
            return f"byte {offset - start} of a block that was freed"
        nbytes = self._blocks[start]
        if offset < start + nbytes:
            return f"byte {offset - start} of an allocation of {nbytes} bytes"
        return f"{offset - start - nbytes} bytes after the end of an allocation of {nbytes} bytes"
