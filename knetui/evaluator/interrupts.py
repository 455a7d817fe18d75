"""SIGINT in the evaluator child: it interrupts user code and nothing else."""

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any


class Interrupts:
    """Raises KeyboardInterrupt only where the interrupted frame belongs to user code.

    So no interrupt can hit the child's own loop. Every signal calls `on_interrupt`, for what is to
    be done besides.
    """

    def __init__(self, on_interrupt: Callable[[], None]) -> None:
        self._on_interrupt = on_interrupt
        self._missed = False

    def install(self) -> None:
        """Take SIGINT (again: user code may have taken it for itself) and forget earlier ones."""
        self._missed = False
        if signal.getsignal(signal.SIGINT) != self._handle:
            signal.signal(signal.SIGINT, self._handle)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call what may be interrupted. Frames above this one count as user code.

        Raises KeyboardInterrupt at once for a signal that came since `install`.
        """
        if self._missed:
            self._missed = False
            raise KeyboardInterrupt
        return function(*arguments)

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        self._on_interrupt()
        boundary = Interrupts.call.__code__
        outer = None if frame is None or frame.f_code is boundary else frame.f_back
        while outer is not None:
            if outer.f_code is boundary:
                raise KeyboardInterrupt
            outer = outer.f_back
        self._missed = True
