"""Leave the process that asked for a run: its terminal, its signals, its list of children."""

import io
import os
import sys
from pathlib import Path
from typing import cast


def become_detached(log: Path) -> None:
    """Go on as a process that nobody has to wait for, with all output in `log`.

    A pipe to a user interface that is stopped (a frozen ssh) stalls training at 64 KiB, and one
    to a dead interface kills it; a file does neither.
    """
    if os.fork():
        os._exit(0)
    os.setsid()  # its own process group too, so that one signal reaches all that it starts
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, file in enumerate((nothing, output, output)):
        os.dup2(file, descriptor)
    os.close(output)
    os.close(nothing)
    print_lines()


def print_lines() -> None:
    """Have each line in the log as soon as it is printed, whatever it holds."""
    for stream in (sys.stdout, sys.stderr):
        cast("io.TextIOWrapper", stream).reconfigure(
            line_buffering=True, encoding="utf-8", errors="backslashreplace"
        )
