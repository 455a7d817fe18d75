"""The run's side of looking at its memory: pictures while somebody looks, a trace when asked."""

import linecache
import time

import msgspec
import psutil

from knetengine.autograd import measure_next_tape
from knetengine.gpu import memory_stats
from knetengine.gpu.memory import Holder, Pool, Segment, pools_by_device
from knetengine.gpu.memory.places import Place
from knetengine.training.atomic import show_atomically
from knetengine.training.control import Looking
from knetengine.training.folder import RunFolder
from knetengine.training.memory_pictures import Holding, Picture, PoolPicture, Tracing, holding
from knetengine.training.memory_traces import TraceRecorder

PICTURE_SECONDS = 0.25
SHARE = 200  # a picture comes that many times as late as the one before took: 0.5 % of the time
LOOKED_SECONDS = 6.0  # whoever looks says so more often
SHOWN_HOLDERS = 100
ALL_HOLDERS = 1 << 30


class MemoryWatch:
    """Heeds what is wanted, between two steps.

    A picture is taken in the middle of one, if it takes a gradient: just before that walks back,
    when most is held. Between two steps there is little more than weights to be seen.
    Nothing is measured while nobody looks: a step then costs one comparison.
    before: what an earlier process of the run has heeded.
    """

    def __init__(self, folder: RunFolder, before: Looking) -> None:
        self._folder = folder
        self._seen = before
        self._until = 0.0
        self._next = 0.0
        self._spent = 0.0  # seconds, on the picture that was caught
        self._waits_since: int | None = None  # the step from which on a gradient is waited for
        self._caught: list[PoolPicture] | None = None
        self._shown: tuple[int, list[PoolPicture], bool] | None = None  # step, pools, in a gradient
        self._recorded: list[Pool] = []  # pools whose lines are recorded for us
        self._trace: TraceRecorder | None = None
        self._tracing: Tracing | None = None
        self._is_idle = True

    @property
    def traces(self) -> bool:
        """Whether a trace is being recorded: then each step is to be told of."""
        return self._trace is not None

    def heed(self, wanted: Looking, step: int) -> None:
        """So many steps are done, and this is wanted."""
        if self._is_idle and wanted == self._seen:
            return
        now = time.monotonic()
        if wanted.looks > self._seen.looks:
            self._until = now + LOOKED_SECONDS
        looks = now < self._until
        if wanted.traces > self._seen.traces and self._trace is None:
            self._begin_trace(wanted, step)
        self._seen = wanted
        self._record_lines(self._trace is not None or (looks and wanted.lines))
        if self._trace is not None:
            self._go_on_tracing(self._trace, step)
        if looks:
            self._look(step, now, wanted.lines)
        self._is_idle = not looks and self._trace is None

    def end(self) -> None:
        """The run is over: keep what there is of a trace."""
        if self._trace is not None:
            self._keep_trace(self._trace)
        self._record_lines(False)
        self._until = 0.0

    # pictures

    def _look(self, step: int, now: float, lines: bool) -> None:
        """Show what was caught; else wait for a gradient, or do without where none comes."""
        if self._caught is not None:
            self._shown, self._caught = (step, self._caught, True), None
            self._show(lines)
        elif now >= self._next:
            waits_since, self._waits_since = self._waits_since, step
            if waits_since is None:
                measure_next_tape(self._catch)
                if self._shown is not None:
                    return
            if self._shown is None or self._shown[0] != step:  # else it pauses there
                self._shown = (step, _pictures(), False)
            self._show(lines)

    def _catch(self) -> None:
        """A gradient is about to walk back."""
        self._waits_since = None
        if time.monotonic() < self._until:
            began = time.perf_counter()
            self._caught = _pictures()
            self._spent = time.perf_counter() - began

    def _show(self, lines: bool) -> None:
        assert self._shown is not None
        began = time.perf_counter() - self._spent
        self._spent = 0.0
        step, pools, in_gradient = self._shown
        process, machine = memory_stats(), psutil.virtual_memory()
        picture = Picture(
            written=time.time(),
            step=step,
            process_bytes=process.process_bytes,
            process_peak_bytes=process.process_peak_bytes,
            machine_free=machine.available,
            machine_total=machine.total,
            pools=pools,
            in_gradient=in_gradient,
            lines=lines,
            tracing=self._tracing,
        )
        spent = time.perf_counter() - began
        picture = msgspec.structs.replace(picture, spent=spent)
        try:
            show_atomically(self._folder.memory, msgspec.json.encode(picture))
        except OSError as error:  # a full disk does not stop the training
            print(f"warning: the memory cannot be shown: {error}", flush=True)
            self._until = 0.0
        whole = time.perf_counter() - began
        self._next = time.monotonic() + max(PICTURE_SECONDS, SHARE * whole)

    # lines and traces

    def _record_lines(self, on: bool) -> None:
        """Have all pools record lines, but for those that the program told to itself."""
        if on:
            for pool in pools_by_device().values():
                if not pool.records_places:
                    pool.record_places()
                    self._recorded.append(pool)
        elif self._recorded:
            for pool in self._recorded:
                pool.record_places(False)
            self._recorded.clear()

    def _begin_trace(self, wanted: Looking, step: int) -> None:
        self._tracing = Tracing(wanted.traces, step, step, wanted.steps)
        pools = pools_by_device()
        self._record_lines(True)
        try:
            if pools:
                self._trace = TraceRecorder(pools, wanted.steps, step)
        except RuntimeError as error:  # the program records one itself
            self._end_badly(str(error))
        if not pools:
            self._end_badly("no array of the run is in a pool")

    def _go_on_tracing(self, trace: TraceRecorder, step: int) -> None:
        assert self._tracing is not None
        enough = trace.mark(step)
        self._tracing = msgspec.structs.replace(self._tracing, last=step, events=trace.events)
        if enough:
            self._keep_trace(trace)

    def _keep_trace(self, trace: TraceRecorder) -> None:
        assert self._tracing is not None
        self._trace = None
        trace.end()
        try:
            content = msgspec.json.encode(trace.traces(_text_of))
            show_atomically(self._folder.memory_trace, content)
        except OSError as error:
            self._end_badly(f"the trace cannot be kept: {error}")
        else:
            self._tracing = msgspec.structs.replace(self._tracing, is_done=True)
        self._next = 0.0  # whoever waits for it sees at once that it is there

    def _end_badly(self, problem: str) -> None:
        assert self._tracing is not None
        self._tracing = msgspec.structs.replace(self._tracing, is_done=True, problem=problem)


def _pictures() -> list[PoolPicture]:
    return [_picture(pool) for pool in pools_by_device().values()]


def _picture(pool: Pool) -> PoolPicture:
    free, total = pool.device_memory() or (0, 0)
    holders = by_line(pool.holders(ALL_HOLDERS))[:SHOWN_HOLDERS]
    segments = [Segment(int(address), pieces) for address, pieces in pool.segments()]
    return PoolPicture(pool.stats(), segments, holders, free, total)


def by_line(holders: list[Holder]) -> list[Holding]:
    """Holders of the same line together, those of none by their size; the largest sum first."""
    sums: dict[tuple[Place | None, int], list[int]] = {}
    for holder in holders:
        alike = (holder.place, 0 if holder.place else holder.block_bytes)
        held = sums.setdefault(alike, [0, 0, 0])
        held[0] += holder.nbytes
        held[1] += holder.blocks
        held[2] = max(held[2], holder.block_bytes)
    return [
        holding(nbytes, blocks, largest, place, _text_of(place) if place else "")
        for (place, _), (nbytes, blocks, largest) in sorted(
            sums.items(), key=lambda item: -item[1][0]
        )
    ]


def _text_of(place: Place) -> str:
    return linecache.getline(place[0], place[1]).strip()
