"""What a pool was asked for in some steps of a run, and whether that would fit under a limit."""

import contextlib
from bisect import bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from knetengine.gpu.memory import POLICIES, Allocated, Event, Fit, Freed, NoPool, Pool, fit
from knetengine.gpu.memory.observer import largest_of
from knetengine.gpu.memory.places import Place
from knetengine.gpu.memory.reserve import SHOWN
from knetengine.training.memory_pictures import Holding, holding

MOST_EVENTS = 100_000  # 5 MB as a file, 2 s to replay under all policies


class Trace(msgspec.Struct, frozen=True):
    """What a pool handed out and got back, from a moment between two steps on.

    policy, limit: those of the pool. live: how many of the events are what was in use at first.
    marks: after each step the number of events until then, and of steps done.
    places: file, line, function and text of lines of the program.
    events: ``[block]`` came back; ``[block, bytes, stream, place]`` was handed out, place being
        one of `places`, or -1.
    """

    device: str
    policy: str
    limit: int | None
    live: int
    marks: list[tuple[int, int]]
    places: list[tuple[str, int, str, str]]
    events: list[list[int]]

    def pool_events(self) -> list[Event]:
        """The events as a pool's recorder has them."""
        places: list[Place | None] = [(file, line, name) for file, line, name, _ in self.places]
        places.append(None)  # the last is that of -1
        return [
            Freed(event[0])
            if len(event) == 1
            else Allocated(event[0], event[1], event[2], places[event[3]])
            for event in self.events
        ]

    def step_of(self, event: int) -> int:
        """The step in which an event came, counted from 1; 0 for what was in use at first."""
        if event < self.live:
            return 0
        before = bisect_right(self.marks, event, key=lambda mark: mark[0]) - 1
        return self.marks[max(0, before)][1] + 1


class Answer(msgspec.Struct, frozen=True):
    """What became of a trace under a limit.

    steps: the first and the last that it covers. of_run: whether it is the run's own policy.
    needed: the most bytes that are in use at a time, as asked for.
    peak_reserved, driver_allocations, releases, retries: as of `Fit`.
    failed_step: the step that would run out of memory; None if nothing does, 0 if what is held
        all the time is too much already. failed_bytes: what was asked for then. holders: who held
        most, or in the last case who does.
    """

    policy: str
    of_run: bool
    steps: tuple[int, int]
    events: int
    needed: int
    peak_reserved: int
    driver_allocations: int
    releases: int
    retries: int
    failed_step: int | None = None
    failed_bytes: int = 0
    holders: list[Holding] = []


def answers(trace: Trace, limit: int | None) -> Iterator[Answer]:
    """The answer of each policy, the run's own first; each takes its time."""
    events = trace.pool_events()
    needed = fit(events, NoPool(), None).peak_live
    at_first = [event for event in events[: trace.live] if type(event) is Allocated]
    always = largest_of(((event.nbytes, event.place) for event in at_first), SHOWN)
    for name in sorted(POLICIES, key=lambda name: name != trace.policy):
        found = fit(events, POLICIES[name](), limit)
        if found.failed_at is not None and found.failed_at < trace.live:
            found = found._replace(holders=always)
        yield _answer(trace, name, needed, found)


def _answer(trace: Trace, policy: str, needed: int, found: Fit) -> Answer:
    texts = {(file, line, name): text for file, line, name, text in trace.places}
    holders = [
        holding(nbytes, blocks, largest, place, texts[place] if place else "")
        for nbytes, blocks, largest, place in found.holders
    ]
    return Answer(
        policy=policy,
        of_run=policy == trace.policy,
        steps=(trace.marks[0][1] + 1, trace.marks[-1][1]),
        events=len(trace.events),
        needed=needed,
        peak_reserved=found.peak_reserved,
        driver_allocations=found.driver_allocations,
        releases=found.releases,
        retries=found.retries,
        failed_step=None if found.failed_at is None else trace.step_of(found.failed_at),
        failed_bytes=found.failed_bytes,
        holders=holders,
    )


class TraceRecorder:
    """Records a trace of each pool over some steps."""

    def __init__(self, pools: dict[str, Pool], steps: int, first: int) -> None:
        self._until = first + max(1, steps)
        self._pools = pools
        self._stack = contextlib.ExitStack()
        self._lists: dict[str, list[Event]] = {}
        self._live: dict[str, int] = {}
        self._marks: dict[str, list[tuple[int, int]]] = {}
        with contextlib.ExitStack() as stack:
            for name, pool in pools.items():
                events = stack.enter_context(pool.record_trace())
                self._lists[name], self._live[name] = events, len(events)
                self._marks[name] = [(len(events), first)]
            self._stack = stack.pop_all()

    @property
    def events(self) -> int:
        """How many there are so far."""
        return sum(map(len, self._lists.values()))

    def mark(self, step: int) -> bool:
        """So many steps are done; whether that is enough."""
        for name, pool in self._pools.items():
            pool.stats()  # takes in what came back
            marks = self._marks[name]
            if step > marks[-1][1]:
                marks.append((len(self._lists[name]), step))
        return step >= self._until or self.events >= MOST_EVENTS

    def end(self) -> None:
        """Record no longer."""
        self._stack.close()

    def traces(self, text_of: Callable[[Place], str]) -> list[Trace]:
        """What was recorded; of pools that had nothing to do, nothing."""
        return [
            _packed(pool, self._lists[name], self._live[name], self._marks[name], text_of)
            for name, pool in self._pools.items()
            if self._lists[name]
        ]


def _packed(
    pool: Pool,
    events: list[Event],
    live: int,
    marks: list[tuple[int, int]],
    text_of: Callable[[Place], str],
) -> Trace:
    places: dict[Place | None, int] = {None: -1}
    packed: list[list[int]] = []
    for event in events:
        if type(event) is Allocated:
            place = places.setdefault(event.place, len(places) - 1)
            packed.append([event.block, event.nbytes, event.stream, place])
        else:
            packed.append([event.block])
    known = [(*place, text_of(place)) for place in places if place is not None]
    return Trace(pool.device, pool.policy, pool.limit, live, marks, known, packed)


def read_traces(path: Path) -> list[Trace]:
    """The traces in a run's file; raises OSError or msgspec.MsgspecError."""
    return msgspec.json.decode(path.read_bytes(), type=list[Trace])
