"""A prompt in a real pseudo-terminal, with pyte as the screen."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest

PROGRAM = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from pathlib import Path
from knetui.repl.prompt import run_repl
sys.exit(run_repl(Path(sys.argv[1]) if sys.argv[1:] else None))
"""
COLUMNS, ROWS = 80, 24


class Terminal:
    """Runs the prompt, types into it, and reads its screen."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, size)
        self.settings = termios.tcgetattr(slave)
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "KNET_HOME": str(home), "TERM": "xterm-256color"},
        )
        self.slave = slave  # kept open, so that the settings can be looked at afterwards
        self.screen = pyte.HistoryScreen(COLUMNS, ROWS, history=1000)
        self.screen.write_process_input = lambda data: self.type(data)  # cursor position reports
        self.stream = pyte.ByteStream(self.screen)
        self.received = b""

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def read(self, seconds: float) -> None:
        """Feed the screen for at most this long, or until something has come."""
        if select.select([self.master], [], [], seconds)[0]:
            data = os.read(self.master, 1 << 16)
            self.received += data
            self.stream.feed(data)

    def wait_for(self, condition: Callable[[str], bool] | str, seconds: float = 10) -> str:
        """The screen's text once it holds the text, or the condition holds of it."""
        holds = (lambda text: condition in text) if isinstance(condition, str) else condition
        deadline = time.monotonic() + seconds
        while not holds(self.text):
            assert time.monotonic() < deadline, f"not seen: {condition!r} in\n{self.text}"
            self.read(0.05)
        return self.text

    def wait_for_prompt(self, count: int) -> str:
        """The screen's text once `count` prompts have been shown and the last is empty."""
        return self.wait_for(lambda text: text.count(">>> ") >= count and text.endswith(">>> "))

    @property
    def text(self) -> str:
        lines = [line.rstrip() for line in self.screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return "\n".join(line + " " if line in (">>>", "...") else line for line in lines)

    def leave(self) -> int:
        self.type("\x04")
        return self.ended()

    def ended(self) -> int:
        deadline = time.monotonic() + 10
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"still there:\n{self.text}"
            self.read(0.02)
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def open_terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    terminals: list[Terminal] = []

    def open_one(*arguments: str) -> Terminal:
        terminals.append(Terminal(tmp_path / "home", *arguments))
        return terminals[-1]

    yield open_one
    for terminal in terminals:
        terminal.close()


@pytest.fixture
def terminal(open_terminal: Callable[..., Terminal]) -> Terminal:
    terminal = open_terminal()
    terminal.wait_for_prompt(1)
    return terminal
