"""How long a key takes to show on the screen while the housing model trains, and the first frame.

    python -m benchmarks.latency [--keys 120] [--repeats 3] [--columns 120] [--rows 40] [--idle]

A real pseudo-terminal runs `knet-tui`; pyte models its screen. One key at a time is written, and
the clock stops when the model's screen holds the text typed so far. Needs the `bench` extra.
"""

import argparse
import fcntl
import os
import pty
import random
import select
import shutil
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pyte

GAP_SECONDS = (0.08, 0.2)  # between two keys, as a brisk typist leaves
OPTIONS = b"\x1bOR"  # F3
TRAIN = b"\x1b[15~"  # F5
LETTERS = "abcdefghijkmnopqrstuvwxyz"


class Terminal:
    """The workbench in a pseudo-terminal of its own."""

    def __init__(self, columns: int, rows: int, home: Path, *files: Path) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.process, self._descriptor = pty.fork()
        if self.process == 0:
            os.environ.update(KNET_HOME=str(home), TERM="xterm-256color", COLORTERM="truecolor")
            os.execv(sys.executable, [sys.executable, "-m", "knetui", *map(str, files)])
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._descriptor, termios.TIOCSWINSZ, size)

    def wait(self, seconds: float, until: Callable[[], bool] | None = None) -> float | None:
        """Feed the screen for so long; the time when `until` came true, or None."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if not select.select([self._descriptor], [], [], left)[0]:
                break
            block = os.read(self._descriptor, 1 << 16)
            arrived = time.perf_counter()
            self._stream.feed(block)
            if until is not None and until():
                return arrived
        return None

    def write(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._descriptor, keys)

    def shows(self, text: str) -> bool:
        """Whether a row of the screen holds `text`."""
        return any(text in row for row in self.screen.display)

    def time_of(self, key: bytes, text: str) -> float:
        """Milliseconds from a key to a screen that holds `text`; 2,000 where it never does."""
        pressed = time.perf_counter()
        self.write(key)
        shown = self.wait(2, lambda: self.shows(text))
        return (shown - pressed) * 1e3 if shown is not None else 2000.0

    def close(self) -> None:
        """End the workbench; the run goes on, and is ended by whoever started it."""
        os.kill(self.process, signal.SIGTERM)
        os.waitpid(self.process, 0)
        os.close(self._descriptor)


def measure(arguments: argparse.Namespace, seed: int) -> tuple[float, list[float]]:
    """Seconds to the first frame, and the milliseconds of each key."""
    home = Path(tempfile.mkdtemp())
    started = time.perf_counter()
    terminal = Terminal(arguments.columns, arguments.rows, home)
    try:
        first = terminal.wait(20, lambda: terminal.shows("housing.py") and terminal.shows("Train"))
        if first is None:
            raise SystemExit("the workbench did not show within 20 s:\n" + _text(terminal))
        terminal.wait(2)
        if not arguments.idle:
            terminal.write(OPTIONS)
            terminal.wait(0.3)
            terminal.write(b"--epochs 100000000")
            terminal.wait(0.5)
            terminal.write(TRAIN)
            if terminal.wait(10, lambda: terminal.shows("running")) is None:
                raise SystemExit("the run did not start:\n" + _text(terminal))
            terminal.wait(3)
        return first - started, _type(terminal, arguments.keys, random.Random(seed))
    finally:
        terminal.close()
        _end_runs(home)
        shutil.rmtree(home, ignore_errors=True)


def _type(terminal: Terminal, keys: int, generator: random.Random) -> list[float]:
    """Type comments at the top of the model; the milliseconds of each key."""
    milliseconds: list[float] = []
    terminal.write(b"\x0f1")
    terminal.wait(0.3)
    terminal.write(b"\x1b[1;5H")  # Ctrl-Home
    terminal.wait(0.3)
    typed = ""
    for _ in range(keys):
        if len(typed) >= 30:
            terminal.write(b"\r")
            terminal.wait(0.3)
            typed = ""
        typed += generator.choice(LETTERS)
        milliseconds.append(terminal.time_of(typed[-1].encode(), typed))
        terminal.wait(generator.uniform(*GAP_SECONDS))
    return milliseconds


def _end_runs(home: Path) -> None:
    os.environ["KNET_HOME"] = str(home)
    from knetengine.training.folder import all_runs
    from knetengine.training.launch import stop_now

    for run in all_runs():
        stop_now(run)


def _text(terminal: Terminal) -> str:
    return "\n".join(row.rstrip() for row in terminal.screen.display)


def main() -> None:
    """Print a line for each repeat, then the medians over the repeats."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=int, default=120)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--columns", type=int, default=120)
    parser.add_argument("--rows", type=int, default=40)
    parser.add_argument("--idle", action="store_true", help="without a run, for comparison")
    arguments = parser.parse_args()
    print(f"{'idle' if arguments.idle else 'training'}, {arguments.columns} x {arguments.rows}")
    rows: list[tuple[float, ...]] = []
    for repeat in range(arguments.repeats):
        first, keys = measure(arguments, seed=repeat)
        keys.sort()
        row = (first * 1e3, statistics.median(keys), keys[int(len(keys) * 0.95)], keys[-1])
        rows.append(row)
        print("first frame {:5.0f} ms   key: p50 {:5.1f}  p95 {:5.1f}  max {:5.1f} ms".format(*row))
    medians = [statistics.median(column) for column in zip(*rows, strict=True)]
    print("median      {:5.0f} ms   key: p50 {:5.1f}  p95 {:5.1f}  max {:5.1f} ms".format(*medians))


if __name__ == "__main__":
    main()
