"""A device without memory that does what a test says, and watches what a pool does with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from knetengine.gpu.drivers.interface import Address, DeviceOutOfMemoryError, DriverError
from knetengine.gpu.memory import Block, Pool

GAP = 1 << 20  # between what it gives, so that a pool cannot take two pieces for one


class ScriptedDevice:
    """Addresses, streams and marks; any call can be told to fail.

    capacity: bytes that it has.
    failing: the numbers of the calls that fail, counted from 1 over all kinds of calls.
    running: whether marks happen only when a test says so (`let_happen`), or at once.
    given: what is given, bytes by address.
    """

    def __init__(self, capacity: int = 1 << 62, *, running: bool = False) -> None:
        self.capacity = capacity
        self.failing: set[int] = set()
        self.failure: type[Exception] = DriverError
        self.running = running
        self.calls = 0
        self.given: dict[int, int] = {}
        self.allocations: list[int] = []
        self.releases = 0
        self._next = GAP
        # vector clocks: how far each stream is known to have come, by each stream and by the host
        self._position: dict[Any, int] = {}
        self.known: dict[Any, dict[Any, int]] = {}
        self._marks: list[dict[Any, int]] = []
        self._happened: set[int] = set()
        self.waits: list[tuple[Any, int]] = []

    def _call(self) -> None:
        self.calls += 1
        if self.calls in self.failing:
            raise self.failure(f"call {self.calls} was told to fail")

    @contextmanager
    def reliable(self) -> Iterator[None]:
        """No call fails meanwhile, and none is counted."""
        calls, failing = self.calls, self.failing
        self.failing = set()
        yield
        self.calls, self.failing = calls, failing

    # Memory

    def allocate(self, nbytes: int) -> Address:
        self._call()
        assert type(nbytes) is int
        assert nbytes >= 1
        if sum(self.given.values()) + nbytes > self.capacity:
            raise DeviceOutOfMemoryError(f"{nbytes} bytes")
        address = self._next
        self._next += (nbytes + 2 * GAP) // GAP * GAP
        self.given[address] = nbytes
        self.allocations.append(nbytes)
        return Address(address)

    def release(self, address: Address) -> None:
        self._call()
        del self.given[address]  # KeyError: never given, or released twice
        self.releases += 1

    # Order

    def work(self, stream: Any) -> int:
        """Give a stream something to do; its position after that."""
        self._position[stream] = self._position.get(stream, 0) + 1
        return self._position[stream]

    def comes_after(self, stream: Any, earlier: Any, position: int) -> bool:
        """Whether new work of a stream is known to come after a position of another."""
        seen = (self.known.get(stream, {}), self.known.get("host", {}))
        return stream == earlier or any(clock.get(earlier, 0) >= position for clock in seen)

    def event(self, stream: Any = 0) -> int:
        self._call()
        clock = dict(self.known.get(stream, {}))
        clock[stream] = self._position.get(stream, 0)
        self._marks.append(clock)
        return len(self._marks) - 1

    def has_happened(self, event: int) -> bool:
        self._call()
        happened = not self.running or event in self._happened
        if happened:
            self._learn("host", event)
        return happened

    def wait(self, stream: Any, event: int) -> None:
        self._call()
        self.waits.append((stream, event))
        self._learn(stream, event)

    def let_happen(self, *events: int) -> None:
        """Let streams come past these marks; without any, past all."""
        self._happened.update(events or range(len(self._marks)))

    @property
    def marks(self) -> int:
        """How many marks were made."""
        return len(self._marks)

    def _learn(self, who: Any, event: int) -> None:
        clock = self.known.setdefault(who, {})
        for stream, position in self._marks[event].items():
            clock[stream] = max(clock.get(stream, 0), position)


def check(pool: Pool, device: ScriptedDevice, blocks: list[Block], failed: int = 0) -> None:
    """What must hold of a pool whose blocks in use are these; failed: so many requests raised."""
    with device.reliable():
        stats, segments = pool.stats(), pool.segments()
    assert {s.address: s.nbytes for s in segments} == device.given
    pieces: dict[int, tuple[int, str]] = {}
    inactive = free = 0
    for segment in segments:
        at = segment.address
        for piece in segment.pieces:
            assert piece.nbytes > 0
            pieces[at] = (piece.nbytes, piece.state)
            at += piece.nbytes
        free += sum(p.nbytes for p in segment.pieces if p.state == "free")
        if len(segment.pieces) > 1:
            inactive += sum(p.nbytes for p in segment.pieces if p.state == "free")
    used = {at: size for at, (size, state) in pieces.items() if state == "used"}
    # each block has a piece of its own: none overlap, none is lost
    assert {int(block.address): block.rounded_bytes for block in blocks} == used
    waiting = sum(size for size, state in pieces.values() if state == "waiting")

    requested = sum(block.requested_bytes for block in blocks)
    assert stats.requested.now == requested
    assert requested <= stats.rounded.now <= sum(used.values())
    assert stats.active.now == sum(used.values()) + waiting
    assert stats.reserved.now == sum(device.given.values()) == stats.active.now + free
    assert stats.inactive_split.now == inactive
    assert stats.free == free
    largest = max((size for size, state in pieces.values() if state == "free"), default=0)
    assert stats.largest_free == largest
    assert stats.fragmentation == (1 - largest / free if free else 0)
    assert stats.blocks == len(blocks)
    assert stats.segments == len(segments) == stats.driver_allocations - stats.driver_releases
    assert stats.driver_allocations == len(device.allocations)
    assert stats.driver_releases == device.releases
    met = sum(stats.histogram.values())
    assert met <= stats.hits + stats.misses <= met + failed
    for level in (stats.requested, stats.rounded, stats.active, stats.reserved):
        assert level.peak >= level.now
