"""A pool of memory in front of a driver's `allocate` and `release`."""

import gc
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from operator import index
from typing import TypeVar

from knetengine.gpu.drivers.interface import Handle
from knetengine.gpu.memory.blocks import Block
from knetengine.gpu.memory.chunks import Chunk
from knetengine.gpu.memory.figures import Holder, Piece, PoolStats, Segment
from knetengine.gpu.memory.growing import GrowingSegments
from knetengine.gpu.memory.observer import largest
from knetengine.gpu.memory.policies import Policy
from knetengine.gpu.memory.reserve import SHOWN, Order, Reserve, Source, chunks_from
from knetengine.gpu.memory.traces import Event

T = TypeVar("T")


class Pool:
    """Memory that is handed out again and again, so that the driver is seldom asked.

    source: where memory comes from: a driver, or `HostMemory`.
    policy: how it is laid out, an object of its own for each pool; by default `GrowingSegments`.
    device: the name of the device, for figures and errors.
    order: what orders streams, a driver; None if the source's work is done when a call returns.
    limit: the most bytes that may be reserved, that is had from the driver, at a time; None for no
        limit.
    soft_limit: bytes beyond which no more are asked for before garbage has been collected and what
        is wholly free has been given back, and that again for each fifth more; None for none.

    All methods may be called from any thread, from finalisers and from signal handlers, and may be
    interrupted, as by Ctrl-C; what Python ignores because it was raised as a finaliser began costs
    that one block. A block that came back on one stream is handed out at once on that stream; on
    another one only after a mark of the first, which the other waits for.
    """

    def __init__(
        self,
        source: Source,
        policy: Policy | None = None,
        *,
        device: str = "cpu",
        order: Order | None = None,
        limit: int | None = None,
        soft_limit: int | None = None,
    ) -> None:
        self.device = device
        self._lock = threading.RLock()
        self._busy = False  # with the lock: somebody, perhaps further down this stack, is at work
        policy = policy or GrowingSegments()
        self._reserve = Reserve(source, policy, device, order, limit, soft_limit)
        self._source = source
        self._freed, self._awaiting = self._reserve.freed, self._reserve.awaiting
        self._policy, self._ledger = policy, self._reserve.ledger
        self._observer = self._reserve.observer

    # Handing out

    def allocate(self, nbytes: int, stream: Handle = 0) -> Block:
        """A block of so many bytes, 0 or more, to be used on a stream; what is in it is anything.

        Raises ValueError for a negative number, `OutOfMemoryError` where nothing helps, and
        whatever else the driver raises; the pool is then as it was.
        """
        if type(nbytes) is not int or nbytes < 0:
            nbytes = _size(nbytes)
        with self._lock:
            if self._busy:
                return self._allocate_apart(nbytes, stream)
            self._busy = True
            chunk = None
            try:
                reserve, policy, ledger = self._reserve, self._policy, self._ledger
                if reserve.torn:
                    reserve.mend()
                size = policy.rounded(nbytes)
                if self._freed or self._awaiting:
                    chunk = reserve.drain(size, stream)
                if chunk is None:
                    chunk = policy.take(size, stream)
                if chunk is None:
                    chunk = reserve.obtain(size, nbytes, stream, self._collect)
                else:
                    ledger.hits += 1
                ledger.handed_out(chunk, nbytes, size)
                if self._observer.on:
                    self._observer.handed_out(chunk)
                return Block(chunk, reserve)
            except BaseException:
                self._reserve.torn = True
                if chunk is not None:
                    chunk.rounded = 0  # nobody has it
                raise
            finally:
                self._busy = False

    def _allocate_apart(self, nbytes: int, stream: Handle) -> Block:
        """For a finaliser or a signal handler that interrupted this pool's own work.

        Nothing of the policy's can be touched then: the driver is asked, and gets it back. What
        was interrupted may be counting just now, so that all is counted anew after it.
        """
        reserve, chunk = self._reserve, None
        reserve.torn = True
        try:
            size = self._policy.rounded(nbytes)
            self._ledger.misses += 1
            chunk = reserve.ask(size, size, stream, apart=True)
            if chunk is None:
                raise reserve.out_of_memory(nbytes)
            self._ledger.handed_out(chunk, nbytes, size)
            return Block(chunk, reserve)
        except BaseException:
            if chunk is not None:
                chunk.rounded = 0
            raise

    def _collect(self, generation: int) -> None:
        """Collect garbage amid the work; the lock is open, for finalisers may do anything."""
        self._busy = False
        try:
            self._lock.release()
            gc.collect(generation)
        finally:
            self._lock.acquire()
            self._busy = True

    # What users ask and set

    @property
    def policy(self) -> str:
        """The name of the policy."""
        return self._policy.name

    @property
    def limit(self) -> int | None:
        """The most bytes that may be reserved; None for no limit.

        Set below what is reserved, caches are released; blocks that are in use stay.
        """
        return self._ledger.limit

    @limit.setter
    def limit(self, nbytes: int | None) -> None:
        self._ledger.limit = self._limited(nbytes)

    @property
    def soft_limit(self) -> int | None:
        """Bytes beyond which no more are asked for before other ways were tried; None for none.

        Set below what is reserved, caches are released; blocks that are in use stay.
        """
        return self._ledger.soft_limit

    @soft_limit.setter
    def soft_limit(self, nbytes: int | None) -> None:
        self._ledger.soft_limit = self._limited(nbytes)

    def _limited(self, nbytes: int | None) -> int | None:
        """A new limit, after caches were released if more is reserved."""
        nbytes = None if nbytes is None else _size(nbytes)
        if nbytes is not None and self._ledger.reserved > nbytes:
            self.release_cached()
        return nbytes

    def reserve(self, nbytes: int) -> None:
        """Ask the driver at once for as much as is missing to so many reserved bytes.

        For a program whose need is known, from a trace or from `stats` of an earlier run: one
        segment then does. Of use with policies that cut segments. Raises `OutOfMemoryError`.
        """

        def work() -> None:
            missing = nbytes - self._ledger.reserved
            if missing > 0:
                self._reserve.stock(missing)

        self._at_work(work, lambda: None)

    def release_cached(self) -> int:
        """Give the driver back every segment that is wholly free; how many bytes that was."""

        def work() -> int:
            self._ledger.forget_highest()
            return self._reserve.release_whole()

        return self._at_work(work, lambda: 0)

    def stats(self) -> PoolStats:
        """The figures now; a look costs about 20 us."""
        return self._at_work(self._reserve.figures)

    def device_memory(self) -> tuple[int, int] | None:
        """Bytes that the device has free, and has in all; None where its source does not say."""
        measure: Callable[[], tuple[int, int]] | None = getattr(self._source, "memory", None)
        return None if measure is None else measure()

    def reset_peaks(self) -> None:
        """Let all peaks be what is now."""
        self._at_work(self._ledger.reset_peaks)

    def holders(self, count: int = SHOWN) -> list[Holder]:
        """Who holds most: blocks in use, alike ones together, the largest sum first."""
        return self._at_work(lambda: largest(self._reserve.in_use(), count))

    def record_places(self, on: bool = True) -> None:
        """Record the line of the program that asks for each block from now on, or no longer.

        That costs about a microsecond a block.
        """
        self._at_work(lambda: self._observer.record_places(on, self._reserve.all_chunks()))

    @property
    def records_places(self) -> bool:
        """Whether the line of the program that asks for a block is recorded."""
        return self._observer.places

    @contextmanager
    def record_trace(self) -> Generator[list[Event]]:
        """Record what is allocated and freed meanwhile; the list begins with what is in use.

        Raises RuntimeError while another trace of this pool is being recorded.
        """
        trace = self._at_work(lambda: self._observer.start_trace(self._reserve.in_use()))
        try:
            yield trace
        finally:
            self._at_work(lambda: self._observer.end_trace(self._reserve.all_chunks()))

    def segments(self) -> list[Segment]:
        """A map of what the driver gave: each segment with its pieces, in order of address."""
        return self._at_work(
            lambda: [
                Segment(
                    address,
                    tuple(Piece(chunk.size, _state(chunk)) for chunk in chunks_from(first)),
                )
                for address, first in sorted(self._reserve.segments.items())
            ]
        )

    def _at_work(self, work: Callable[[], T], instead: Callable[[], T] | None = None) -> T:
        """Do something with the lock, once all blocks that came back are taken in.

        instead: what a finaliser or a signal handler gets that interrupted the pool's own work; by
            default the same, without what came back since.
        """
        with self._lock:
            if self._busy:
                return work() if instead is None else instead()
            self._busy = True
            try:
                if self._reserve.torn:
                    self._reserve.mend()
                self._reserve.drain()
                return work()
            except BaseException:
                self._reserve.torn = True
                raise
            finally:
                self._busy = False


def _size(nbytes: int) -> int:
    nbytes = index(nbytes)
    if nbytes < 0:
        raise ValueError(f"a number of bytes is {nbytes}; expected 0 or more")
    return nbytes


def _state(chunk: Chunk) -> str:
    if chunk.free:
        return "free"
    return "used" if chunk.rounded else "waiting"
