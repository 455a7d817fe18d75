"""The workbench in a pseudo-terminal whose screen pyte models, for benchmarks."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyte


class Terminal:
    """The workbench in a pseudo-terminal of its own."""

    def __init__(self, columns: int, rows: int, home: Path, *words: str) -> None:
        self.received = 0  # bytes
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.process, self._descriptor = pty.fork()
        if self.process == 0:
            os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # who installs it has bytecode
            os.environ.update(KNET_HOME=str(home), TERM="xterm-256color", COLORTERM="truecolor")
            os.execv(sys.executable, [sys.executable, "-m", "knetui", *words])
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
            self.received += len(block)
            self._stream.feed(block)
            if until is not None and until():
                return arrived
        return None

    @contextmanager
    def only_read(self) -> Iterator[None]:
        """Take what comes without feeding the screen, whose model takes more time than most."""
        ends = threading.Event()

        def read() -> None:
            while not ends.is_set():
                if select.select([self._descriptor], [], [], 0.2)[0]:
                    self.received += len(os.read(self._descriptor, 1 << 16))

        reader = threading.Thread(target=read)
        reader.start()
        try:
            yield
        finally:
            ends.set()
            reader.join()

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

    @property
    def text(self) -> str:
        """The screen as it is."""
        return "\n".join(row.rstrip() for row in self.screen.display)


def end_runs(home: Path) -> None:
    """End what goes on in this home."""
    os.environ["KNET_HOME"] = str(home)
    from knetengine.training.folder import all_runs
    from knetengine.training.launch import stop_now

    for run in all_runs():
        stop_now(run)
