"""Which line of the program asked for memory."""

import linecache
import os
import sys
from types import FrameType

import numpy as np

ENGINE = os.path.dirname(os.path.dirname(os.path.dirname(__file__))) + os.sep
NUMPY = os.path.dirname(np.__file__) + os.sep

Place = tuple[str, int, str]
"""File, line (from 1) and the name of the function."""


def current_place() -> Place | None:
    """The innermost line outside of the engine and of NumPy; None if there is none."""
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None and frame.f_code.co_filename.startswith((ENGINE, NUMPY)):
        frame = frame.f_back
    if frame is None:
        return None
    return frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name


def written(place: Place) -> str:
    """A place as text, with its line of source if that can be had."""
    file, line, function = place
    source = linecache.getline(file, line).strip()
    where = f"{os.path.basename(file)}:{line} in {function}"
    return f"{where}: {source}" if source else where
