"""Writes what the evaluator says to the terminal or to plain streams, fenced."""

import os
import sys

from knetui.evaluator.client import EvaluatorDied
from knetui.evaluator.protocol import Error, Event, Result, Stream
from knetui.fence import fence


class Printer:
    """Shows events: output as it comes, results on stdout, exceptions on stderr.

    In colour, error output is red, as long as NO_COLOR is not set.
    """

    def __init__(self, colour: bool = False) -> None:
        self._colour = colour and "NO_COLOR" not in os.environ
        self._in_line = False

    def __call__(self, event: Event) -> None:
        """Show one event."""
        match event:
            case Stream(name="stdout"):
                self._write(event.text)
            case Stream():
                self._write_error(event.text)
            case Result():
                self.line(event.text)
            case Error(name="KeyboardInterrupt"):
                place = f" in line {event.line} of {event.filename}" if event.line else ""
                self.error_line(f"KeyboardInterrupt{place}")
            case Error():
                self.error_line("\n".join(event.traceback))
            case _:
                self.end_line()

    def line(self, text: str) -> None:
        """A line of its own."""
        self.end_line()
        self._write(text + "\n")

    def error_line(self, text: str) -> None:
        """A line of its own, of what went wrong."""
        self.end_line()
        self._write_error(text + "\n")

    def death(self, death: EvaluatorDied) -> None:
        """How the evaluator ended, and what it wrote last."""
        if death.trace:
            self.error_line(death.trace)
        self.error_line(str(death))

    def end_line(self) -> None:
        """Begin a new line unless the last output ended with one."""
        if self._in_line:
            self._write("\n")

    def _write(self, text: str) -> None:
        sys.stdout.write(fence(text))
        sys.stdout.flush()
        self._in_line = bool(text) and not text.endswith("\n")

    def _write_error(self, text: str) -> None:
        safe = fence(text)
        sys.stderr.write(f"\x1b[31m{safe}\x1b[0m" if self._colour else safe)
        sys.stderr.flush()
        self._in_line = bool(text) and not text.endswith("\n")
