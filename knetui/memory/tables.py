"""What is said of a run's memory, in rows of words; without a widget."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from knetui.byte_sizes import in_bytes, short_bytes
from knetui.memory.map import SizeClass

if TYPE_CHECKING:  # the workbench starts without the engine's arrays, which saves 50 ms
    from knetengine.training.memory_pictures import Holding, Picture, PoolPicture
    from knetengine.training.memory_traces import Answer


class FigureRow(NamedTuple):
    """A figure: what it is, what it is now, and what it was at most, or a note."""

    name: str
    now: str
    peak: str = ""


LEVELS = (
    ("requested", "requested"),
    ("rounded", "rounded up"),
    ("active", "in use"),
    ("reserved", "reserved"),
    ("inactive_split", "split off"),
)


def figure_rows(pool: PoolPicture) -> list[FigureRow]:
    """The figures of a pool."""
    stats = pool.stats
    rows: list[FigureRow] = []
    for field, name in LEVELS:
        level = getattr(stats, field)
        rows.append(FigureRow(name, in_bytes(level.now), in_bytes(level.peak)))
    limit = "none" if stats.limit is None else in_bytes(stats.limit)
    rows += [
        FigureRow("limit", limit, f"policy {stats.policy}"),
        FigureRow("blocks", f"{stats.blocks:,}", f"in {_count(stats.segments, 'segment')}"),
        FigureRow("free", in_bytes(stats.free), f"largest {in_bytes(stats.largest_free)}"),
        FigureRow("fragmented", f"{stats.fragmentation:.0%}", "of what is free"),
        FigureRow("hit rate", f"{stats.reuse:.2%}", f"of {stats.hits + stats.misses:,} requests"),
        FigureRow(
            "driver",
            f"{stats.driver_allocations:,}",
            f"calls, {stats.driver_releases:,} to give back",
        ),
        FigureRow("retries", f"{stats.retries:,}", f"out of memory: {stats.out_of_memory:,}"),
        FigureRow(
            "collected",
            f"{stats.collections:,}",
            f"times, {in_bytes(stats.collected_bytes)} back",
        ),
    ]
    if pool.device_total:
        rows.append(
            FigureRow(
                "device", in_bytes(pool.device_free), f"free of {in_bytes(pool.device_total)}"
            )
        )
    return rows


def process_rows(picture: Picture, workbench: int | None) -> list[FigureRow]:
    """The figures of the run's process, of its machine, and of the workbench if that looks."""
    rows = [
        FigureRow("process", in_bytes(picture.process_bytes), in_bytes(picture.process_peak_bytes)),
        FigureRow(
            "machine", in_bytes(picture.machine_free), f"free of {in_bytes(picture.machine_total)}"
        ),
    ]
    if workbench is not None:
        rows.append(FigureRow("workbench", in_bytes(workbench), "this program"))
    return rows


CLASS_HEAD = f"{'up to':>6} {'in use':>7} {'':>9} {'free':>5} {'requests':>9}"


def class_words(one: SizeClass) -> str:
    """A size class: its blocks in use and their bytes, its free pieces, all its requests."""
    idle = one.split + one.free
    return (
        f"{short_bytes(one.size):>6} {one.used:>7,} {in_bytes(one.used_bytes):>9} "
        f"{idle:>5,} {one.requests:>9,}"
    )


def bar(one: SizeClass, most: int, width: int) -> list[int]:
    """The cells of a bar for what is in use, split off, and free, where `most` bytes fill it."""
    if not most:
        return [0, 0, 0]
    shares = (one.used_bytes, one.split_bytes, one.free_bytes)
    cells = [round(width * share / most) for share in shares]
    return [max(1, n) if share else 0 for n, share in zip(cells, shares, strict=True)]


def holder_words(holding: Holding) -> tuple[str, str, str]:
    """A holder: its bytes; how many blocks of what size; the line of the program."""
    if holding.blocks == 1:
        blocks = "1 block"
    else:
        times = "x " if holding.blocks * holding.largest == holding.nbytes else "of ≤"
        blocks = f"{holding.blocks:,} {times}{in_bytes(holding.largest)}"
    if not holding.line:
        return in_bytes(holding.nbytes), blocks, ""
    where = f"{os.path.basename(holding.file)}:{holding.line} {holding.function}"
    return in_bytes(holding.nbytes), blocks, f"{where}: {holding.text}" if holding.text else where


ANSWER_HEAD = f"{'policy':<13} {'reserved':>9} {'calls':>6} {'retries':>7}  what becomes of it"


def answer_words(answer: Answer) -> tuple[str, str]:
    """An answer: its figures, and what would become of the run."""
    mark = "*" if answer.of_run else " "
    calls = answer.driver_allocations + answer.releases
    figures = (
        f"{answer.policy + mark:<13} {in_bytes(answer.peak_reserved):>9} {calls:>6,} "
        f"{answer.retries:>7,}"
    )
    return figures, verdict(answer)


def verdict(answer: Answer) -> str:
    """What would become of the run."""
    if answer.failed_step is None:
        return "fits" if not answer.retries else f"fits, with {_count(answer.retries, 'retry')}"
    if answer.failed_step == 0:
        return "more is held all the time"
    return f"runs out in step {answer.failed_step:,}"


def failure_words(answer: Answer) -> str:
    """The heading above the holders of one that fails."""
    if answer.failed_step == 0:
        return "held before and after every step"
    return f"when {in_bytes(answer.failed_bytes)} more are asked for"


def traced_words(answer: Answer) -> str:
    """What a trace covers."""
    first, last = answer.steps
    steps = f"step {first:,}" if first == last else f"steps {first:,} to {last:,}"
    return f"{steps} need {in_bytes(answer.needed)} ({answer.events:,} events)"


def moment_words(picture: Picture, ended: bool) -> str:
    """When a picture was taken: in which step, and how long ago if that can be felt."""
    words = f"{'in' if picture.in_gradient else 'after'} step {picture.step:,}"
    age = time.time() - picture.written
    if ended:
        return f"{words}, as last seen"
    return words if age < 2 else f"{words}, {age:,.0f} s ago"


def first_failure(found: Sequence[Answer]) -> Answer | None:
    """The answer whose holders are worth showing: the run's own policy, else the first to fail."""
    failed = [answer for answer in found if answer.failed_step is not None]
    return next((answer for answer in failed if answer.of_run), failed[0] if failed else None)


def _count(count: int, word: str) -> str:
    plural = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{count:,} {word if count == 1 else plural}"
