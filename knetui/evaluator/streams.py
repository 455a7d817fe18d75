"""What user code finds as sys.stdin, sys.stdout and sys.stderr in the evaluator child."""

import io
import time
from collections.abc import Callable
from typing import Literal, NoReturn

from knetui.evaluator.cut import cut

WRITE_LIMIT = 100_000
_PIECE = 1_000


class OutputStream(io.TextIOBase):
    """Hands text to `post`, in pieces of bounded size, and waits while `backlog` is too long.

    A single write is capped at WRITE_LIMIT characters. `write` takes no lock and the wait is a
    plain sleep, so a KeyboardInterrupt may land anywhere in it.
    """

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(
        self,
        name: Literal["stdout", "stderr"],
        descriptor: int,
        post: Callable[[str, str], None],
        backlog: Callable[[], int],
        longest_backlog: int = 1024,
    ) -> None:
        self._name = name
        self._descriptor = descriptor
        self._post = post
        self._backlog = backlog
        self._longest_backlog = longest_backlog

    @property
    def name(self) -> str:
        """What a traceback or a repr would call it."""
        return f"<{self._name}>"

    def write(self, text: str, /) -> int:
        """Post the text; returns how many characters it had. Raises TypeError for no string."""
        if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]  users may
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        shown = cut(text, WRITE_LIMIT)
        for start in range(0, len(shown), _PIECE):
            while self._backlog() > self._longest_backlog:
                time.sleep(0.001)
            self._post(self._name, shown[start : start + _PIECE])
        return len(text)

    def writable(self) -> bool:
        """Yes."""
        return True

    def fileno(self) -> int:
        """The descriptor for subprocesses: its file is shown when the input ends."""
        return self._descriptor

    def close(self) -> None:
        """Stay open: the next input prints too."""


class NoKeyboard(io.TextIOBase):
    """The sys.stdin of a process without a keyboard: reading it says so."""

    encoding = "utf-8"

    def readable(self) -> bool:
        """Yes, as far as anyone asks before reading."""
        return True

    def fileno(self) -> int:
        """The descriptor, which leads to /dev/null."""
        return 0

    def read(self, size: int | None = -1, /) -> NoReturn:
        """Raise EOFError, and say what to do instead."""
        raise EOFError(
            "input() has no keyboard to read from: this code runs in the evaluator, apart from "
            "the terminal. Assign the value to a name instead."
        )

    def readline(self, size: int = -1, /) -> NoReturn:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Raise EOFError, as read."""
        self.read()

    def close(self) -> None:
        """Stay open: exit() closes sys.stdin, and the child lives on."""
