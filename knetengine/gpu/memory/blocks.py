"""What a pool hands out."""

import threading
from collections import deque
from typing import Any, NoReturn, Protocol

from knetengine.gpu.drivers.interface import Address, Handle
from knetengine.gpu.memory.chunks import Chunk


class Owner(Protocol):
    """What a block comes from, and keeps alive: its memory would go with it.

    freed: chunks whose blocks came back.
    """

    freed: deque[Chunk]


guarded: dict[Any, None] = {}
"""The keys of all guards of all blocks: while there are none, as mostly, no block need be asked."""

_guarding = threading.Lock()


class Region:
    """A stretch of a device's memory, which arrays lie in.

    address: where it is. requested_bytes: how long it is.
    guards: what in it may not be written to, by keys; None if nobody ever said so. Who manages the
        memory does not look at them, arrays do before they write.
    """

    __slots__ = ("__weakref__", "guards")

    address: Address
    guards: dict[Any, Any] | None

    @property
    def requested_bytes(self) -> int:
        """How many bytes it has."""
        raise NotImplementedError

    def guard(self, key: Any, part: Any) -> None:
        """Have a part not written to until `unguard`.

        Threads may guard a region at the same time: a dict takes and gives up one key at a time.
        """
        if self.guards is None:
            made: dict[Any, Any] = {}
            with _guarding:
                if self.guards is None:
                    self.guards = made
        guarded[key] = None
        self.guards[key] = part

    def unguard(self, key: Any) -> None:
        """Take a guard back; none of that key is none to take."""
        if self.guards is not None:
            self.guards.pop(key, None)
        guarded.pop(key, None)


class Borrowed(Region):
    """Memory that somebody else manages, and that stays for as long as its owner is kept.

    owner: is kept.
    """

    __slots__ = ("_nbytes", "address", "owner")

    def __init__(self, address: Address, nbytes: int, owner: Any) -> None:
        self.address = address
        self._nbytes = nbytes
        self.owner = owner
        self.guards = None

    @property
    def requested_bytes(self) -> int:
        """How many bytes it has."""
        return self._nbytes

    def __repr__(self) -> str:
        return f"Borrowed({self._nbytes:,} bytes at {int(self.address):#x})"


class Block(Region):
    """Memory of a device. It is given back when nobody holds it any more, or by `free`.

    Whoever looks at a part of it keeps the block itself. Giving back takes no lock and calls no
    driver: it may happen in a finaliser, in the midst of the garbage collector, in any thread.

    address: where it is; AttributeError once it is free.
    """

    __slots__ = ("_chunk", "_owner", "address")

    def __init__(self, chunk: Chunk, owner: Owner) -> None:
        self._chunk = chunk
        self._owner = owner
        self.address = chunk.address
        self.guards = None

    @property
    def requested_bytes(self) -> int:
        """What was asked for."""
        return self._held().requested

    @property
    def rounded_bytes(self) -> int:
        """What it was rounded up to, or got in excess because the rest was too small to keep."""
        return self._held().size

    @property
    def stream(self) -> Handle:
        """The stream that it was asked for on."""
        return self._held().stream

    @property
    def is_free(self) -> bool:
        """Whether it has been given back."""
        return not hasattr(self, "address")

    def free(self) -> None:
        """Give it back now. Nobody may look at the memory from here on; twice is once."""
        # deleting an attribute succeeds once, whichever threads try it at the same time
        try:
            del self.address
        except AttributeError:
            return
        self._owner.freed.append(self._chunk)

    __del__ = free

    def used_on(self, stream: Handle) -> None:
        """Say that another stream works on it too, and is to be waited for before it is reused."""
        chunk = self._held()
        if stream != chunk.stream:
            chunk.others.append(stream)

    def _held(self) -> Chunk:
        _ = self.address
        return self._chunk

    def __getattr__(self, name: str) -> Any:
        # what is missing comes here, and what failed because the address is
        if name in ("address", "requested_bytes", "rounded_bytes", "stream"):
            raise AttributeError("the block is free: its memory may be somebody else's by now")
        raise AttributeError(f"a block has no attribute {name!r}")

    def __repr__(self) -> str:
        if self.is_free:
            return "Block(free)"
        return f"Block({self.requested_bytes:,} bytes at {int(self.address):#x})"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a block of memory cannot be copied or pickled: copy what is in it")
