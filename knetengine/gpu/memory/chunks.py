"""Stretches of memory, and where they lie while nobody uses them."""

from bisect import bisect_left, insort
from typing import Protocol

from knetengine.gpu.drivers.interface import Address, Handle


class Tally:
    """Bytes of the segments that are wholly free, over all homes of a policy."""

    __slots__ = ("whole",)

    def __init__(self) -> None:
        self.whole = 0


class Chunk:
    """A stretch of a segment, that is of a block of the driver's; in use or free.

    home: where it lies when it is free; None if it goes back to the driver at once.
    stream: the one that it can be used on without waiting.
    free: whether it lies there. A chunk that is neither free nor held by a block waits for streams.
    requested, rounded: the bytes that its block asked for, and what they were rounded up to; 0 when
        there is no block, also one whose return has been seen.
    others: streams other than its own that have used it.
    place: the line of the program that asked for it, where those are recorded.
    serial: its number in a trace that is being recorded, or 0.
    """

    __slots__ = (
        "address",
        "free",
        "home",
        "next",
        "others",
        "place",
        "previous",
        "requested",
        "rounded",
        "serial",
        "size",
        "stream",
    )

    def __init__(self, address: Address, size: int, home: "Home | None", stream: Handle) -> None:
        self.address = address
        self.size = size
        self.home = home
        self.stream = stream
        self.previous: Chunk | None = None
        self.next: Chunk | None = None
        self.free = False
        self.requested = 0
        self.rounded = 0
        self.others: list[Handle] = []
        self.place: tuple[str, int, str] | None = None
        self.serial = 0


class Home(Protocol):
    """Free chunks of one stream."""

    stream: Handle

    def take(self, size: int) -> Chunk | None:
        """Take out a chunk of so many bytes; None if there is none."""
        ...

    def find(self, size: int) -> Chunk | None:
        """The chunk that `take` would cut one of so many bytes from, left where it is."""
        ...

    def cut(self, chunk: Chunk, size: int) -> None:
        """Leave a chunk in use so many bytes, if it is not to be kept whole; the rest is free."""
        ...

    def give(self, chunk: Chunk) -> None:
        """Put a chunk in."""
        ...

    def remove(self, chunk: Chunk) -> None:
        """Take out this very chunk."""
        ...

    def sole(self, size: int) -> int:
        """Bytes of the one chunk that is large enough, if it is twice as large or more; or 0."""
        ...

    def largest(self) -> int:
        """Bytes of the largest chunk in it, or 0."""
        ...

    def whole(self) -> list[Chunk]:
        """The chunks in it that are a whole segment."""
        ...

    def clear(self) -> None:
        """Forget all chunks, whatever state it is in; the tally is set by who calls this."""
        ...


class Stacks:
    """Free chunks by their size, each a segment of its own: the last one put in comes out first."""

    __slots__ = ("_stacks", "_tally", "stream")

    def __init__(self, stream: Handle, tally: Tally) -> None:
        self.stream = stream
        self._tally = tally
        self._stacks: dict[int, list[Chunk]] = {}

    def take(self, size: int) -> Chunk | None:
        """Take out a chunk of just so many bytes."""
        stack = self._stacks.get(size)
        if not stack:
            return None
        chunk = stack.pop()
        chunk.free = False
        self._tally.whole -= size
        return chunk

    def find(self, size: int) -> Chunk | None:
        """The chunk that comes out next."""
        stack = self._stacks.get(size)
        return stack[-1] if stack else None

    def cut(self, chunk: Chunk, size: int) -> None:
        """Chunks are never cut."""

    def give(self, chunk: Chunk) -> None:
        """Put a chunk on its stack."""
        chunk.free = True
        self._stacks.setdefault(chunk.size, []).append(chunk)
        self._tally.whole += chunk.size

    def remove(self, chunk: Chunk) -> None:
        """Take out this very chunk."""
        self._stacks[chunk.size].remove(chunk)
        chunk.free = False
        self._tally.whole -= chunk.size

    def sole(self, size: int) -> int:
        """Chunks are never cut, so none is kept from it."""
        return 0

    def largest(self) -> int:
        """Bytes of the largest chunk."""
        return max((size for size, stack in self._stacks.items() if stack), default=0)

    def whole(self) -> list[Chunk]:
        """All of them."""
        return [chunk for stack in self._stacks.values() for chunk in stack]

    def clear(self) -> None:
        """Forget all chunks."""
        self._stacks = {}


class Arena:
    """Free chunks of any size, cut where less is asked for and merged with free neighbours.

    least: a chunk is cut if at least so many bytes are left over.
    """

    __slots__ = ("_chunks", "_least", "_sizes", "_tally", "stream")

    def __init__(self, stream: Handle, tally: Tally, least: int) -> None:
        self.stream = stream
        self._tally = tally
        self._least = least
        self._sizes: list[int] = []  # those that there are, in ascending order
        self._chunks: dict[int, dict[Chunk, None]] = {}  # a dict keeps order and loses any in O(1)

    def take(self, size: int) -> Chunk | None:
        """The smallest chunk that is large enough, cut to size."""
        chunks = self._chunks
        found = size
        same = chunks.get(size)
        if same is None:
            sizes = self._sizes
            at = bisect_left(sizes, size)
            if at == len(sizes):
                return None
            found = sizes[at]
            same = chunks[found]
        chunk = same.popitem()[0]
        if not same:
            del chunks[found]
            sizes = self._sizes
            del sizes[bisect_left(sizes, found)]
        chunk.free = False
        if chunk.previous is None and chunk.next is None:
            self._tally.whole -= found
        if found != size:
            self.cut(chunk, size)
        return chunk

    def find(self, size: int) -> Chunk | None:
        """The smallest chunk that is large enough."""
        at = bisect_left(self._sizes, size)
        return None if at == len(self._sizes) else next(reversed(self._chunks[self._sizes[at]]))

    def cut(self, chunk: Chunk, size: int) -> None:
        """Leave a chunk in use so many bytes; what is left over is free."""
        left = chunk.size - size
        if left < self._least:
            return
        rest = Chunk(Address(chunk.address + size), left, self, self.stream)
        rest.previous = chunk
        after = rest.next = chunk.next
        if after is not None:
            after.previous = rest
        chunk.next = rest
        chunk.size = size
        self._put(rest)

    def give(self, chunk: Chunk) -> None:
        """Put a chunk in, as one with its free neighbours."""
        after = chunk.next
        if after is not None and after.free and after.home is self:
            self.remove(after)
            chunk.size += after.size
            after = chunk.next = after.next
            if after is not None:
                after.previous = chunk
        before = chunk.previous
        if before is not None and before.free and before.home is self:
            self.remove(before)
            before.size += chunk.size
            before.next = after
            if after is not None:
                after.previous = before
            chunk = before
        self._put(chunk)

    def _put(self, chunk: Chunk) -> None:
        chunk.free = True
        size = chunk.size
        if chunk.previous is None and chunk.next is None:
            self._tally.whole += size
        same = self._chunks.get(size)
        if same is None:
            self._chunks[size] = {chunk: None}
            insort(self._sizes, size)
        else:
            same[chunk] = None

    def remove(self, chunk: Chunk) -> None:
        """Take out this very chunk."""
        size = chunk.size
        same = self._chunks[size]
        del same[chunk]
        if not same:
            del self._chunks[size]
            sizes = self._sizes
            del sizes[bisect_left(sizes, size)]
        chunk.free = False
        if chunk.previous is None and chunk.next is None:
            self._tally.whole -= size

    def sole(self, size: int) -> int:
        """Bytes of the one chunk that is large enough, if it is twice as large or more; or 0."""
        sizes = self._sizes
        if not sizes or sizes[-1] < 2 * size or (len(sizes) > 1 and sizes[-2] >= size):
            return 0
        largest = sizes[-1]
        return largest if len(self._chunks[largest]) == 1 else 0

    def largest(self) -> int:
        """Bytes of the largest chunk."""
        return self._sizes[-1] if self._sizes else 0

    def whole(self) -> list[Chunk]:
        """The chunks that have no neighbours."""
        return [
            chunk
            for same in self._chunks.values()
            for chunk in same
            if chunk.previous is None and chunk.next is None
        ]

    def clear(self) -> None:
        """Forget all chunks."""
        self._sizes, self._chunks = [], {}
