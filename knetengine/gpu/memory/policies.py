"""What a pool asks of a policy: which free chunk a request gets, and what to do without one."""

from collections.abc import Hashable, Iterable, Iterator
from enum import Enum
from typing import Protocol, TypeAlias

from knetengine.gpu.drivers.interface import Handle
from knetengine.gpu.memory.chunks import Chunk, Home, Tally

ALIGNMENT = 512
"""Addresses within a segment are multiples of it, as CuPy's and PyTorch's are."""


class Step(Enum):
    """What may be done before the driver is asked."""

    WAIT = "let streams wait for others that still use what came back"
    COLLECT_YOUNG = "collect the young garbage"
    COLLECT = "collect all garbage"
    RELEASE = "give the driver back what is wholly free"


Plan: TypeAlias = Iterator[Step | int]
"""Steps, and bytes to ask the driver for, until the request is met."""


class Usage(Protocol):
    """What a policy may know of its pool; it is of now, also in the middle of a plan.

    active: bytes that are in use or wait for a stream. highest: the most that has been active.
    reserved: bytes from the driver. room, soft_room: how many more the pool's limit, and its soft
    limit, allow; None for any.
    """

    @property
    def active(self) -> int: ...  # noqa: D102
    @property
    def highest(self) -> int: ...  # noqa: D102
    @property
    def reserved(self) -> int: ...  # noqa: D102
    @property
    def room(self) -> int | None: ...  # noqa: D102
    @property
    def soft_room(self) -> int | None: ...  # noqa: D102


class Policy(Protocol):
    """How a pool lays out memory. It belongs to one pool, which calls it from one thread at a time.

    tally: bytes in wholly free segments.
    """

    name: str
    tally: Tally

    def rounded(self, nbytes: int) -> int:
        """What a request is rounded up to."""
        ...

    def take(self, size: int, stream: Handle) -> Chunk | None:
        """A free chunk of the stream's, for a rounded request; None if there is none."""
        ...

    def growing(self, size: int, usage: Usage) -> Plan:
        """What to do for a request that no free chunk meets, the first to be tried first.

        When the plan is at its end the pool waits, collects, releases, and asks for `size` by
        itself.
        """
        ...

    def add(self, chunk: Chunk, size: int) -> None:
        """A new segment, in use by its stream; so many bytes of it stay so, the rest is free."""
        ...

    def others(self, size: int, stream: Handle) -> Iterable[Home]:
        """Homes of other streams that such a request could be met from."""
        ...

    def claim(self, chunk: Chunk, size: int, stream: Handle) -> None:
        """Take a chunk from the home of another stream."""
        ...

    def homes(self) -> Iterable[Home]:
        """All homes."""
        ...


class Housed:
    """What policies with homes have in common."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._homes: dict[Hashable, Home] = {}

    def _new_home(self, key: Hashable, stream: Handle) -> Home:
        raise NotImplementedError

    def _key(self, size: int, stream: Handle) -> Hashable:
        return stream

    def _home(self, size: int, stream: Handle) -> Home:
        key = self._key(size, stream)
        home = self._homes.get(key)
        if home is None:
            home = self._homes[key] = self._new_home(key, stream)
        return home

    def take(self, size: int, stream: Handle) -> Chunk | None:
        """A free chunk of the stream's."""
        home = self._homes.get(stream)
        return None if home is None else home.take(size)

    def add(self, chunk: Chunk, size: int) -> None:
        """A new segment."""
        chunk.home = home = self._home(size, chunk.stream)
        home.cut(chunk, size)

    def others(self, size: int, stream: Handle) -> Iterable[Home]:
        """Homes of other streams, of the same kind."""
        mine = self._key(size, stream)
        return [
            home
            for key, home in self._homes.items()
            if key != mine and key == self._key(size, home.stream)
        ]

    def claim(self, chunk: Chunk, size: int, stream: Handle) -> None:
        """Take a chunk from the home of another stream, where what is left over stays."""
        home = chunk.home
        assert home is not None
        home.remove(chunk)
        home.cut(chunk, size)
        chunk.home, chunk.stream = self._home(size, stream), stream

    def homes(self) -> Iterable[Home]:
        """All homes."""
        return self._homes.values()
