"""Knet's progress bar: how far a loop is, how fast, and its newest figure, on one line.

┣█████████████████▎  ┫ [86.83%, 903/1040, 01:36/01:50, 9.42i/s] 3.87835

tqdm was tried first. Its `bar_format` gives this bar, but pads the rate (" 9.42i/s"), rounds times
down (01:35), writes hours as 1:09:40 and knows the time that remains, not the whole; with those
replaced nothing of it is left but its threads.
"""

import contextlib
import numbers
import operator
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO, TypeVar

Item = TypeVar("Item")

CELLS = 20
EIGHTHS = " ▏▎▍▌▋▊▉"
COLUMNS = 80  # of a terminal that does not say


def progress(
    iterable: Iterable[Item],
    message: Callable[[Item], Any] | None = None,
    *,
    total: int | None = None,
    seconds: float = 1.0,
    file: TextIO | None = None,
) -> Iterator[Item]:
    """Iterate as before, and draw a bar on the terminal while doing so.

    message: what stands behind the bar, from the newest item; None for the item itself if it is a
        number, such as a loss of `minimize`, with six digits.
    total: how many items there are. None takes it from the iterable if that knows, as sequences
        do; else neither bar nor percentage nor whole time is shown: ``[180, 06:58, 2.32s/i] 3.3``.
    seconds: draw this often, 0 or more, and after the first and the last item. 0 is every item.
    file: where to draw; None for what is `sys.stderr` by then.

    Behind the count stand the time so far / the time in all, and the rate since the last drawing;
    at the end that of the whole. Below 1 item a second it is seconds per item. Nothing at all is
    written unless `file` is a terminal, and a terminal that goes away does not stop the loop.

    Raises ValueError if `total` or `seconds` is below 0.
    Source: Knet's `progress`, which came from Tqdm.jl.
    """
    if total is not None and total < 0:
        raise ValueError(f"progress: total is {total!r}; expected a number of items, or None")
    if not seconds >= 0:
        raise ValueError(f"progress: seconds is {seconds!r}; expected 0 or more")
    stream: TextIO | None = sys.stderr if file is None else file  # None under pythonw
    if stream is None or stream.closed or not stream.isatty():
        return iter(iterable)
    if total is None:
        hint = operator.length_hint(iterable, -1)
        total = hint if hint >= 0 else None
    return _drawn(iterable, stream, total, seconds, message or _number)


def _drawn(
    iterable: Iterable[Item],
    stream: TextIO,
    total: int | None,
    seconds: float,
    message: Callable[[Item], Any],
) -> Iterator[Item]:
    bar = _Bar(stream, total, seconds, message)  # the clock starts with the loop
    try:
        for item in iterable:
            bar.advance(item)
            yield item
    finally:  # also when the loop is left early: the next line of the terminal is free
        bar.finish()


class _Bar:
    """The line of one loop on a terminal."""

    def __init__(
        self, stream: TextIO, total: int | None, seconds: float, message: Callable[[Any], Any]
    ) -> None:
        self.stream = stream
        self.total = total
        self.seconds = seconds
        self.message = message
        self.done = 0
        self.newest: Any = None
        self.began = self.drawn_at = time.monotonic()
        self.drawn_done = 0
        self.drawn_width = 0

    def advance(self, item: Any) -> None:
        """One item more; draw if it is the first or if it is time."""
        self.done += 1
        self.newest = item
        now = time.monotonic()
        if self.done == 1 or now - self.drawn_at >= self.seconds:
            self._draw(now, self.done - self.drawn_done, now - self.drawn_at)

    def finish(self) -> None:
        """Draw for the last time, with the rate of the whole loop."""
        if self.done:
            now = time.monotonic()
            self._draw(now, self.done, now - self.began, "\n")

    def _draw(self, now: float, items: int, seconds: float, end: str = "") -> None:
        rate = items / seconds if seconds > 0 else 0.0
        text = line(self.done, self.total, now - self.began, rate, self.message(self.newest))
        text = text[: _columns(self.stream) - 1]  # a longer line could not be drawn over
        self.drawn_at, self.drawn_done = now, self.done
        with contextlib.suppress(OSError, ValueError):  # the terminal may be gone; train on
            self.stream.write("\r" + text.ljust(self.drawn_width) + end)
            self.stream.flush()
        self.drawn_width = len(text)


def line(done: int, total: int | None, seconds: float, rate: float, message: Any) -> str:
    """The bar as text: `done` of `total` items, 1 or more, in so many seconds.

    A total that was passed counts as unknown. Of the message only what can stand on a line stays.
    """
    speed = f"{rate:.2f}i/s" if rate >= 1 or rate == 0 else f"{1 / rate:.2f}s/i"
    if total is None or done > total:
        head = f"[{done}, {_clock(seconds)}, {speed}]"
    else:
        count = f"{100 * done / total:.2f}%, {done}/{total}"
        times = f"{_clock(seconds)}/{_clock(seconds * total / done)}"
        head = f"┣{_cells(done, total)}┫ [{count}, {times}, {speed}]"
    words = "".join(c for c in " ".join(str(message).split()) if c.isprintable())
    return f"{head} {words}".rstrip()


def _cells(done: int, total: int) -> str:
    full, part = divmod(8 * CELLS * done // total, 8)
    return ("█" * full + EIGHTHS[part]).ljust(CELLS)[:CELLS]


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def _number(item: Any) -> str:
    if isinstance(item, numbers.Integral):
        return str(item)
    return f"{item:.6g}" if isinstance(item, numbers.Real) else ""


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or COLUMNS
    except (OSError, ValueError):  # not a terminal of the system, such as one in a browser
        return COLUMNS
