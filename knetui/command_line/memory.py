"""`knet-tui memory`: what a run holds, and what if it had less; an exit status.

0: as asked, or it fits. 1: there is nothing to be seen, or it would not fit. 2: the words were
wrong. 130: interrupted while a trace was being recorded.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Console

from knetengine.training.control import TRACED_STEPS
from knetengine.training.folder import RunError, find_run
from knetui.byte_sizes import SizeError, bytes_of
from knetui.fence import fence
from knetui.memory.desk import MemoryDesk
from knetui.memory.drawing import answers_text, figures_text, holders_text
from knetui.memory.map import SPLIT
from knetui.memory.tables import moment_words
from knetui.memory.what_if import WhatIfError, ask
from knetui.runs.view import RunView

if TYPE_CHECKING:
    from knetengine.training.memory_pictures import Picture, PoolPicture
    from knetengine.training.memory_traces import Answer

PATIENCE = 20.0  # seconds, for a picture of a step that is over; a step may take longer
LOOK_SECONDS = 2.0  # the run shows its memory for three times as long after each wish
POLL_SECONDS = 0.05


def show_memory(which: str, limit: str, device: str) -> int:
    """Print what the pools of a run hold; with a limit, what would become of it under that."""
    try:
        under = bytes_of(limit) if limit else None
        desk = MemoryDesk(RunView(find_run(which)))
    except (RunError, SizeError) as error:
        return _complain(str(error), 2)
    try:
        return _show(desk, device) if under is None else _what_if(desk, under, device)
    except OSError as error:
        return _complain(f"the run cannot be asked: {error.strerror or error}", 1)
    except KeyboardInterrupt:
        return 130


def _show(desk: MemoryDesk, device: str) -> int:
    _look(desk)
    title, picture = fence(desk.folder.title), desk.picture
    if picture is None:
        why = (
            "it has ended, and nobody looked at its memory while it trained"
            if desk.run.state.has_ended
            else f"it was in one step for all of {PATIENCE:.0f} seconds; try again"
        )
        return _complain(f"run {title} shows nothing of its memory: {why}", 1)
    pools = [pool for pool in picture.pools if device in ("", pool.device)]
    if device and not pools:
        have = ", ".join(pool.device for pool in picture.pools) or "none"
        return _complain(f"run {title} has no pool on {fence(device)}; its devices: {have}", 1)
    console = _console()
    console.print(f"run {title}, {moment_words(picture, desk.run.state.has_ended)}", markup=False)
    for pool in pools or [None]:
        _print_pool(console, picture, pool)
    if not pools:
        console.print("\nno array of this run is in a pool: train with --atype KnetArray")
    return 0


def _print_pool(console: Console, picture: Picture, pool: PoolPicture | None) -> None:
    if pool is not None:
        console.print(f"\nthe pool of {pool.device}", markup=False, style="bold")
    console.print(figures_text(picture, pool, None))
    if pool is not None:
        console.print("\nwho holds most", style="bold")
        nobody = "before lines were recorded" if picture.lines else "no lines were recorded"
        console.print(holders_text(pool.holders, nobody))


def _look(desk: MemoryDesk) -> None:
    """Have a run that lives show its memory, and which lines asked for it in a whole step."""
    desk.read()
    if desk.run.state.has_ended:
        return
    desk.picture, desk.lines = None, True  # what others saw before is old
    first: int | None = None

    def has_shown() -> bool:
        nonlocal first
        if not desk.read() or desk.picture is None or not desk.picture.lines:
            return False
        if first is None:
            first = desk.picture.step
        return desk.picture.step > first or desk.run.state.status == "paused"

    _wait(desk, has_shown, time.monotonic() + PATIENCE)


def _what_if(desk: MemoryDesk, limit: int, device: str) -> int:
    title = fence(desk.folder.title)
    desk.read()
    if not desk.has_trace:
        if desk.run.state.has_ended:
            return _complain(f"run {title} has ended, and no trace of it was recorded", 1)
        if desk.run.state.status == "paused":
            return _complain(
                f"run {title} is paused, and its steps are to be recorded: resume it", 1
            )
        print(f"recording {TRACED_STEPS} steps of run {title} ...", file=sys.stderr)
        desk.ask_for_trace()
        _wait(desk, lambda: desk.read() and not desk.is_tracing)
        tracing = desk.tracing
        if not desk.has_trace:
            why = tracing.problem if tracing and tracing.problem else "it ended before"
            return _complain(f"run {title} has no trace: {why}", 1)
    try:
        pools = desk.picture.pools if desk.picture else []
        found = asyncio.run(_answers(desk, limit, device or (pools[0].device if pools else "cpu")))
    except WhatIfError as error:
        return _complain(str(error), 1)
    _console().print(answers_text(limit, found, lambda state: "red" if state == SPLIT else "green"))
    return int(any(answer.of_run and answer.failed_step is not None for answer in found))


async def _answers(desk: MemoryDesk, limit: int, device: str) -> list[Answer]:
    return [answer async for answer in ask(desk.folder.memory_trace, device, limit)]


def _wait(desk: MemoryDesk, holds: Callable[[], bool], until: float = float("inf")) -> None:
    """Look on until it holds, it is too late, or the run has ended."""
    look_at = time.monotonic()
    while not holds() and not desk.run.state.has_ended and (now := time.monotonic()) < until:
        if now >= look_at:
            desk.look()
            look_at = now + LOOK_SECONDS
        time.sleep(POLL_SECONDS)
        desk.run.refresh_state()


def _console() -> Console:
    """A console that cuts nothing: what is too long for the terminal goes on below."""
    return Console(highlight=False, soft_wrap=True)


def _complain(words: str, status: int) -> int:
    print(f"knet-tui: {fence(words)}", file=sys.stderr)
    return status
