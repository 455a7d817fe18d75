"""What is recorded of a pool's blocks on demand: places in the program, and traces."""

from collections.abc import Iterable

from knetengine.gpu.drivers.interface import Handle
from knetengine.gpu.memory.chunks import Chunk
from knetengine.gpu.memory.figures import Holder
from knetengine.gpu.memory.places import Place, current_place
from knetengine.gpu.memory.traces import Allocated, Event, Freed


class Observer:
    """Looks at blocks that are handed out, if `on`, and at those that come back, if numbered.

    places: whether the line of the program that asks for a block is recorded.
    """

    def __init__(self) -> None:
        self.on = False
        self.places = False
        self._trace: list[Event] | None = None
        self._count = 0
        self._streams: dict[Handle, int] = {}

    def handed_out(self, chunk: Chunk) -> None:
        """A block of a chunk."""
        if self.places:
            chunk.place = current_place()
        if self._trace is not None:
            self._count += 1
            stream = self._streams.setdefault(chunk.stream, len(self._streams))
            event = Allocated(self._count, chunk.requested, stream, chunk.place)
            chunk.serial = self._count  # in one go with the next: no signal comes between
            self._trace.append(event)

    def came_back(self, chunk: Chunk) -> None:
        """A numbered block is no more."""
        event = Freed(chunk.serial)
        chunk.serial = 0
        if self._trace is not None:
            self._trace.append(event)

    def record_places(self, on: bool, blocks: Iterable[Chunk]) -> None:
        """Record the place of each new block, or no longer; those that are in use have none."""
        self.places = on
        self.on = on or self._trace is not None
        for chunk in blocks:
            chunk.place = None

    def start_trace(self, blocks: Iterable[Chunk]) -> list[Event]:
        """A list of what happens from now on; it begins with the blocks that are in use.

        Raises RuntimeError while another trace is being recorded.
        """
        if self._trace is not None:
            raise RuntimeError("a trace of this pool is being recorded: end that one first")
        trace: list[Event] = []
        self._trace, self._count, self._streams = trace, 0, {0: 0}
        places, self.places = self.places, False
        for chunk in blocks:
            self.handed_out(chunk)
        self.places = places
        self.on = True
        return trace

    def end_trace(self, blocks: Iterable[Chunk]) -> None:
        """Record no longer."""
        self._trace = None
        self.on = self.places
        for chunk in blocks:
            chunk.serial = 0


def largest(blocks: Iterable[Chunk], count: int) -> list[Holder]:
    """The holders of most bytes, alike blocks together, the largest first."""
    return largest_of(((chunk.requested, chunk.place) for chunk in blocks), count)


def largest_of(blocks: Iterable[tuple[int, Place | None]], count: int) -> list[Holder]:
    """The same of blocks that are known by their bytes and their place."""
    alike: dict[tuple[int, Place | None], int] = {}
    for key in blocks:
        alike[key] = alike.get(key, 0) + 1
    holders = [
        Holder(nbytes * blocks, blocks, nbytes, place) for (nbytes, place), blocks in alike.items()
    ]
    return sorted(holders, key=lambda holder: -holder.nbytes)[:count]
