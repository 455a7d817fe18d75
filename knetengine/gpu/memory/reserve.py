"""What a pool has from the driver: its segments, the way to more of them, and back."""

import contextlib
import sys
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

from knetengine.gpu.drivers.interface import Address, DriverError, Handle
from knetengine.gpu.memory.chunks import Chunk
from knetengine.gpu.memory.figures import OutOfMemoryError, PoolStats
from knetengine.gpu.memory.ledger import Ledger
from knetengine.gpu.memory.observer import Observer, largest
from knetengine.gpu.memory.policies import Plan, Policy, Step

Collect: TypeAlias = Callable[[int], None]

SHOWN = 5
"""How many holders an error shows."""


class Source(Protocol):
    """Where a pool's memory comes from: a part of `Driver`."""

    def allocate(self, nbytes: int) -> Address:
        """So many bytes; DeviceOutOfMemoryError if there are not as many."""
        ...

    def release(self, address: Address) -> None:
        """Give them back; work that uses them is waited for."""
        ...


class Order(Protocol):
    """What tells streams apart in time: a part of `Driver`."""

    def event(self, stream: Handle = 0) -> Handle:
        """A mark after what the stream has been given so far."""
        ...

    def has_happened(self, event: Handle) -> bool:
        """Whether a stream has come past the mark."""
        ...

    def wait(self, stream: Handle, event: Handle) -> None:
        """Have a stream wait for the mark."""
        ...


class Reserve:
    """The mechanism of a pool. One thread at a time may be in it, and not twice.

    source, policy, device, order, limit, soft_limit: as of `Pool`.
    freed: chunks whose blocks came back since the last `drain`; others append to it at any time.
    awaiting: chunks that came back, with marks of other streams that used them.
    segments: the first chunk of each, by address.
    torn: whether an exception has come amid the work; then `mend` comes before anything else.
    """

    def __init__(
        self,
        source: Source,
        policy: Policy,
        device: str,
        order: Order | None,
        limit: int | None,
        soft_limit: int | None,
    ) -> None:
        self.policy = policy
        self.ledger = Ledger(policy.tally, limit, soft_limit)
        self.observer = Observer()
        self.freed: deque[Chunk] = deque()
        self.awaiting: deque[tuple[Chunk, list[Handle]]] = deque()
        self.segments: dict[int, Chunk] = {}
        self.torn = False
        self._source = source
        self._device = device
        self._order = order

    def obtain(self, size: int, nbytes: int, stream: Handle, collect: Collect) -> Chunk:
        """A chunk for a request that no free one of its stream meets.

        collect: collects garbage of a generation, with the pool open to finalisers and threads.
        """
        chunk = self._from_another_stream(size, stream)
        if chunk is not None:
            self.ledger.hits += 1
            return chunk
        self.ledger.misses += 1
        for step in self._plan(size):
            chunk = self._do(step, size, stream, collect)
            if chunk is not None:
                return chunk
        raise self.out_of_memory(nbytes)

    def _plan(self, size: int) -> Plan:
        """What the policy says, after or before what helps without more from the driver."""
        if self.ledger.passes_soft_limit(size):
            yield from (Step.WAIT, Step.COLLECT, Step.RELEASE)
            self.ledger.soft_limit_did_not_help(size)
        yield from self.policy.growing(size, self.ledger)
        yield from (Step.WAIT, Step.COLLECT, Step.RELEASE, size)

    def _find(self, size: int, stream: Handle) -> Chunk | None:
        return self.policy.take(size, stream) or self._from_another_stream(size, stream)

    def _do(self, step: Step | int, size: int, stream: Handle, collect: Collect) -> Chunk | None:
        match step:
            case Step.RELEASE:
                self.release_whole()
                return None
            case Step.WAIT:
                self._stop_waiting()
                return self._find(size, stream)
            case Step.COLLECT | Step.COLLECT_YOUNG:
                self._collect(2 if step is Step.COLLECT else 0, collect)
                return self._find(size, stream)
            case int():
                return self.ask(step, size, stream)

    def ask(self, nbytes: int, size: int, stream: Handle, *, apart: bool = False) -> Chunk | None:
        """Ask the driver for a segment, and cut `size` bytes from it; None if there is no room."""
        room = self.ledger.room
        chunk = Chunk(Address(0), nbytes, None, stream)
        refused = room is not None and nbytes > room
        if not refused:
            try:
                chunk.address = self._source.allocate(nbytes)
            except MemoryError:
                refused = True
        if refused:
            self.ledger.retries += 1
            return None
        self.segments[chunk.address] = chunk
        self.ledger.driver_allocations += 1
        self.ledger.was_given(nbytes)
        if not apart:
            self.policy.add(chunk, size)
        return chunk

    def stock(self, nbytes: int) -> None:
        """Ask the driver for a segment that is free."""
        chunk = self.ask(nbytes, nbytes, 0)
        if chunk is None:
            raise self.out_of_memory(nbytes)
        if chunk.home is None:
            self._release(chunk)
        else:
            chunk.home.give(chunk)

    def _from_another_stream(self, size: int, stream: Handle) -> Chunk | None:
        for home in self.policy.others(size, stream):
            chunk = home.find(size)
            if chunk is not None:
                self._let_follow(stream, home.stream)
                self.policy.claim(chunk, size, stream)
                return chunk
        return None

    def _let_follow(self, stream: Handle, earlier: Handle) -> None:
        """What `stream` does from now on is after all that `earlier` has been given."""
        if self._order is not None:
            mark = self._order.event(earlier)
            if not self._order.has_happened(mark):
                self._order.wait(stream, mark)

    def out_of_memory(self, nbytes: int) -> OutOfMemoryError:
        """The error for a request that nothing helped."""
        self.ledger.out_of_memory += 1
        return OutOfMemoryError(nbytes, self.figures(), largest(self.in_use(), SHOWN))

    def drain(self, size: int = 0, stream: Handle = 0) -> Chunk | None:
        """Take in the blocks that came back.

        One among them that is just what is asked for next is returned, in use: to merge it with its
        neighbours and to cut it off again would cost 1.3 us.
        Where the driver fails, the block stays in the queue, and is tried again the next time.
        """
        same: Chunk | None = None
        while self.freed:
            chunk = self._taken_in()
            if chunk is not None and chunk.size == size and chunk.stream == stream:
                chunk, same = same, chunk
            if chunk is not None and chunk.home is not None:
                chunk.home.give(chunk)
        awaiting, order = self.awaiting, self._order
        while awaiting and order is not None and all(map(order.has_happened, awaiting[0][1])):
            self._end_waiting()
        return same

    def _taken_in(self) -> Chunk | None:
        """The first chunk of the queue, if it can be used again and has a home to go to."""
        chunk, ledger, order = self.freed[0], self.ledger, self._order
        marks: list[Handle] = []
        # in this order, so that `mend` knows what to do wherever it is interrupted
        if chunk.home is None:
            self._release(chunk)
        elif chunk.others:
            if order is not None:
                marks = [order.event(stream) for stream in dict.fromkeys(chunk.others)]
                self.awaiting.append((chunk, marks))
            chunk.others.clear()
        ledger.came_back(chunk)
        self.freed.popleft()
        if chunk.serial:
            self.observer.came_back(chunk)
        if marks:
            return None
        ledger.active -= chunk.size
        return None if chunk.home is None else chunk

    def _stop_waiting(self) -> None:
        """Let the streams of blocks that wait for others do the waiting: then they can be had."""
        while self.awaiting and self._order is not None:
            chunk, marks = self.awaiting[0]
            for mark in marks:
                self._order.wait(chunk.stream, mark)
            self._end_waiting()

    def _end_waiting(self) -> None:
        chunk, _ = self.awaiting.popleft()
        assert chunk.home is not None
        self.ledger.active -= chunk.size
        chunk.home.give(chunk)

    def _collect(self, generation: int, collect: Collect) -> None:
        before = self.ledger.requested
        collect(generation)
        if self.torn:  # by somebody who was let in meanwhile
            self.mend()
        self.drain()
        self.ledger.collections += 1
        self.ledger.collected_bytes += max(0, before - self.ledger.requested)

    def release_whole(self) -> int:
        """Give the driver back what is wholly free; how many bytes that was."""
        before = self.ledger.reserved
        if len({home.stream for home in self.policy.homes()}) > 1:
            self._gather()
        for home in self.policy.homes():
            for chunk in home.whole():
                home.remove(chunk)
                self._release(chunk)
        return before - self.ledger.reserved

    def _release(self, chunk: Chunk) -> None:
        """Give the driver back a segment."""
        del self.segments[chunk.address]
        self.ledger.driver_releases += 1
        try:
            self._source.release(chunk.address)
        except (DriverError, MemoryError):  # it says that it has not taken it
            self.segments[chunk.address] = chunk
            self.ledger.driver_releases -= 1
            raise
        self.ledger.gave_back(chunk.size)

    def _gather(self) -> None:
        """Make one chunk of each segment that is free in parts, of several streams."""
        for first in list(self.segments.values()):
            parts = list(chunks_from(first))
            if len(parts) == 1 or not all(part.free for part in parts):
                continue
            for stream in {part.stream: None for part in parts}:
                if stream != first.stream:
                    self._let_follow(first.stream, stream)
            for part in parts:
                assert part.home is not None
                part.home.remove(part)
            first.size = sum(part.size for part in parts)
            first.next = None
            assert first.home is not None
            first.home.give(first)

    def mend(self) -> None:
        """Make the free lists and the figures anew, after an exception that came amid the work.

        Ctrl-C raises between any two steps. Whatever it left half done, these hold: `segments` and
        how each is cut; a chunk whose `rounded` is not 0 belongs to a block, or lies in `freed`;
        one in `awaiting` is to wait. All else is free.
        """
        self.torn = False
        waiting = {chunk for chunk, _ in self.awaiting}
        for chunk in list(self.freed):
            if chunk in waiting:
                chunk.rounded = 0
            taken_back = chunk.home is None and self.segments.get(chunk.address) is not chunk
            if not chunk.rounded or taken_back:
                self.freed.remove(chunk)
        for home in self.policy.homes():
            home.clear()
        self.policy.tally.whole = 0
        unheld = [chunk for chunk in self.all_chunks() if not chunk.rounded]
        for chunk in unheld:
            chunk.free = False  # until it is given, so that no neighbour is merged with it before
            chunk.requested = 0
            if chunk.serial:
                self.observer.came_back(chunk)
        for chunk in unheld:
            if chunk in waiting:
                continue
            chunk.others.clear()
            if chunk.home is None:  # it goes the way of a block that came back
                self.freed.append(chunk)
                chunk.rounded = chunk.size
            else:
                chunk.home.give(chunk)
        self.ledger.recount(list(self.all_chunks()))

    def __del__(self, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        # the pool is gone, and with the last of its blocks this too: the driver gets all back
        # (in the very end of the interpreter the module's own names are gone: hence the default)
        if not is_finalizing():
            with contextlib.suppress(Exception):
                if self.torn:
                    self.mend()
                self.drain()
                self._stop_waiting()
                self.release_whole()

    def all_chunks(self) -> Iterator[Chunk]:
        """Every chunk, free or not."""
        return (chunk for first in list(self.segments.values()) for chunk in chunks_from(first))

    def in_use(self) -> Iterator[Chunk]:
        """The chunks that a block holds."""
        return (chunk for chunk in self.all_chunks() if chunk.rounded)

    def figures(self) -> PoolStats:
        """The figures now."""
        largest_free = max((home.largest() for home in self.policy.homes()), default=0)
        return self.ledger.stats(self._device, self.policy.name, largest_free)


def chunks_from(chunk: Chunk | None) -> Iterator[Chunk]:
    """The chunks of a segment, from one of them on."""
    while chunk is not None:
        yield chunk
        chunk = chunk.next
