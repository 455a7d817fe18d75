"""The workbench in a real pseudo-terminal: keys go in, pyte models the screen that comes out."""

import contextlib
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pyte

# Popen and this line instead of pty.fork: NumPy's threads make a plain fork warn from 3.12 on
PROGRAM = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "knetui", *sys.argv[1:]])
"""
PATIENCE_SECONDS = 20.0
PACE_SECONDS = 0.05  # a key is pressed when the screen has been still for so long
KEYS = {
    "F1": "\x1bOP",
    "F2": "\x1bOQ",
    "F3": "\x1bOR",
    "F4": "\x1bOS",
    "F5": "\x1b[15~",
    "F6": "\x1b[17~",
    "F7": "\x1b[18~",
    "F8": "\x1b[19~",
    "F9": "\x1b[20~",
    "Backspace": "\x7f",
    "Ctrl-B": "\x02",
    "Ctrl-C": "\x03",
    "Ctrl-End": "\x1b[1;5F",
    "Ctrl-F": "\x06",
    "Ctrl-G": "\x07",
    "Ctrl-Home": "\x1b[1;5H",
    "Ctrl-O": "\x0f",
    "Ctrl-P": "\x10",
    "Ctrl-Q": "\x11",
    "Ctrl-R": "\x12",
    "Ctrl-S": "\x13",
    "Ctrl-Space": "\x00",
    "Ctrl-U": "\x15",
    "Ctrl-Z": "\x1a",
    "Ctrl-_": "\x1f",
    "Alt-A": "\x1ba",
    "Alt-E": "\x1be",
    "Alt-M": "\x1bm",
    "Alt-D": "\x1bd",
    "Alt-N": "\x1bn",
    "Alt-O": "\x1bo",
    "Alt-R": "\x1br",
    "Alt-Left": "\x1b[1;3D",
    "Alt-Enter": "\x1b\r",
    "Down": "\x1b[B",
    "End": "\x1b[F",
    "Enter": "\r",
    "Escape": "\x1b",
    "Home": "\x1b[H",
    "Left": "\x1b[D",
    "Right": "\x1b[C",
    "Space": " ",
    "Tab": "\t",
    "Up": "\x1b[A",
}
Condition = Callable[[str], object] | str


class Terminal:
    """A pseudo-terminal with `python -m knetui ARGUMENTS` in it."""

    def __init__(
        self, *arguments: str | bytes | Path, folder: Path, columns: int = 120, rows: int = 40
    ) -> None:
        self.master, self.slave = os.openpty()  # slave: to look at its settings afterwards
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.received = b""
        self.settings = termios.tcgetattr(self.slave)
        self._set_size(columns, rows)
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            start_new_session=True,
            cwd=folder,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        )

    # in

    def type(self, text: str) -> None:
        """Type text, character by character."""
        os.write(self.master, text.encode())

    def press(self, *keys: str) -> None:
        """Press keys by their names, then see what comes of it before the next."""
        for key in keys:
            self.type(KEYS.get(key, key))
            self.settle(PACE_SECONDS, 2.0)

    def paste(self, text: str) -> None:
        """Paste text, as a terminal hands it on."""
        self.type(f"\x1b[200~{text}\x1b[201~")

    def go_to_pane(self, number: int) -> None:
        """Press Ctrl-O, and the pane's number once the panes are named."""
        self.press("Ctrl-O")
        self.wait_for(lambda text: "1 editor" in text)
        self.press(str(number))

    def set_options(self, options: str) -> None:
        """Replace the line of options, and return to the text."""
        self.press("F3")
        self.type("§§")  # something to be seen to go: Textual's own keys may be late
        self.wait_for("§§")
        self.press("Ctrl-U")
        self.wait_for(lambda text: "§§" not in text)
        self.type(options)
        self.press("Enter")
        self.wait_for(options)

    def resize(self, columns: int, rows: int) -> None:
        """Drag the window's corner."""
        self.screen.resize(rows, columns)
        self._set_size(columns, rows)
        os.kill(self.process.pid, signal.SIGWINCH)

    # out

    @property
    def text(self) -> str:
        """The screen as it is now."""
        return "\n".join(row.rstrip() for row in self.screen.display)

    @property
    def status(self) -> str:
        """The line at the top."""
        return self.screen.display[0].rstrip()

    def columns(self, first: int, end: int) -> str:
        """A vertical strip of the screen."""
        return "\n".join(row[first:end].rstrip() for row in self.screen.display)

    def read(self, seconds: float) -> bool:
        """Feed the screen with what comes within that time; whether anything did."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            block = os.read(self.master, 1 << 16)
        except OSError:  # the terminal is gone
            return False
        self.received += block
        self._stream.feed(block)
        return True

    def wait_for(self, condition: Condition, seconds: float = PATIENCE_SECONDS) -> str:
        """The screen once it holds the text, or the condition is true of it."""
        holds = condition if callable(condition) else lambda text: condition in text
        deadline = time.monotonic() + seconds
        while not holds(self.text):
            assert self.process.poll() is None or self.read(0), f"it has ended:\n{self.text}"
            assert time.monotonic() < deadline, f"not seen: {condition!r} in\n{self.text}"
            self.read(0.05)
        return self.text

    def wait_for_status(self, *words: str, seconds: float = PATIENCE_SECONDS) -> str:
        """The status line once it holds all the words."""
        self.wait_for(lambda _: all(word in self.status for word in words), seconds)
        return self.status

    def settle(self, quiet: float = 0.3, seconds: float = 3.0) -> str:
        """The screen once nothing has been drawn for `quiet` seconds."""
        deadline = time.monotonic() + seconds
        while self.read(quiet) and time.monotonic() < deadline:
            pass
        return self.text

    # the process

    def ended(self, seconds: float = PATIENCE_SECONDS) -> int:
        """The exit status of the program, with all that it wrote read."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"still there:\n{self.text}"
            self.read(0.05)
        while self.read(0):
            pass
        return self.process.returncode

    def leave(self) -> int:
        """Press Ctrl-Q; the exit status."""
        self.press("Ctrl-Q")
        return self.ended()

    def kill(self) -> None:
        """Kill -9 the workbench."""
        self.process.kill()
        self.process.wait()

    def hang_up(self) -> None:
        """Close the terminal's side, as a dead ssh does."""
        os.close(self.slave)
        os.close(self.master)
        self.master = self.slave = -1

    def close(self) -> None:
        """End what is left."""
        if self.process.poll() is None:
            self.kill()
        for descriptor in (self.master, self.slave):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
