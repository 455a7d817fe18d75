"""Where a step of the tape was asked for: file, line and the exact sub-expression.

A step keeps the code object and the instruction that called it, never the frame, which would keep
all its local arrays alive. That costs 36 ns a step; the sub-expression is looked up only when
somebody asks (PEP 657 positions).
"""

import dis
import functools
import linecache
import os
import sys
from collections.abc import Sequence
from types import CodeType, FrameType
from typing import Any, NamedTuple

import numpy as np

from knetengine.autograd.primitives import Primitive

ENGINE = os.path.dirname(os.path.dirname(__file__)) + os.sep
NUMPY = os.path.dirname(np.__file__) + os.sep


class Place(NamedTuple):
    """A place in source code.

    file, line: where; line counts from 1.
    function: the name of the function that the code belongs to.
    expression: the source of the sub-expression, "" if the source cannot be had.
    """

    file: str
    line: int
    function: str
    expression: str

    def __str__(self) -> str:
        where = f"{os.path.basename(self.file)}:{self.line}"
        return f"`{self.expression}` ({where})" if self.expression else where


def in_engine(code: CodeType | None) -> bool:
    """Whether code belongs to the engine, or to NumPy, which it calls; not to the user."""
    return code is not None and code.co_filename.startswith((ENGINE, NUMPY))


def place_of(code: CodeType, instruction: int) -> Place:
    """The place of one instruction (an offset in bytes, as `frame.f_lasti`)."""
    line, end_line, column, end_column = _positions(code, instruction)
    expression = ""
    if end_line is not None and column is not None and end_column is not None:
        expression = _segment(code.co_filename, line, end_line, column, end_column)
    return Place(code.co_filename, line, code.co_name, expression)


def _positions(code: CodeType, instruction: int) -> tuple[int, int | None, int | None, int | None]:
    for number, (line, end_line, column, end_column) in enumerate(code.co_positions()):
        if number == instruction // 2:
            return line or code.co_firstlineno, end_line, column, end_column
    return code.co_firstlineno, None, None, None


def _segment(file: str, line: int, end_line: int, column: int, end_column: int) -> str:
    """Source text between two places; columns count UTF-8 bytes, as the compiler does."""
    lines = [linecache.getline(file, n).encode() for n in range(line, end_line + 1)]
    if not all(lines):
        return ""
    lines[-1] = lines[-1][:end_column]
    lines[0] = lines[0][column:]
    return " ".join(part.decode(errors="replace").strip() for part in lines)


def user_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame from here outwards that is not the engine's."""
    while frame is not None and in_engine(frame.f_code):
        frame = frame.f_back
    return frame


# A composition, and a rule that is itself recorded, run in the engine's own code. When they are
# done, the tape gets a marker that says on whose behalf the entries since `since` were made.

SPAN = Primitive(lambda: None, "span")


def mark_span(
    tape: Any,
    since: int,
    name: str,
    code: CodeType | None,
    instruction: int,
    *,
    backward: bool = False,
) -> None:
    """Note that the entries from `since` on were made by `name`, called at a place.

    backward: they are the derivative of the step called `name`.
    """
    if len(tape) > since:
        what = {"since": since, "name": name, "backward": backward}
        tape.append((SPAN, (), (), what, None, code, instruction))


def backward_positions(entries: Sequence[Any]) -> set[int]:
    """The positions of the entries that a backward pass recorded."""
    positions: set[int] = set()
    for position, (primitive, _, _, kwargs, *_) in enumerate(entries):
        if primitive is SPAN and kwargs["backward"]:
            positions.update(range(kwargs["since"], position))
    return positions


def step_place(entries: Sequence[Any], position: int) -> Place | None:
    """The user's place of one entry; None if no user code asked for it."""
    code, instruction = entries[position][5:]
    if code is not None and not in_engine(code):
        return place_of(code, instruction)
    for later in range(position + 1, len(entries)):
        primitive, _, _, kwargs, _, code, instruction = entries[later]
        if (
            primitive is SPAN
            and kwargs["since"] <= position
            and code is not None
            and not in_engine(code)
        ):
            return place_of(code, instruction)
    return None


def walking_place(frame: FrameType) -> Place | None:
    """The user's place of the entry whose rule `walk_back`, in this frame, is running."""
    variables = frame.f_locals
    here = (0, *variables["here"][0][5:])
    position = len(variables["entries"])
    for since, code, instruction in (here, *variables["_spans"]):
        if since <= position and code is not None and not in_engine(code):
            return place_of(code, instruction)
    return None


def caller(depth: int) -> tuple[CodeType, int]:
    """Code and instruction of the first frame outside the engine's doors, `depth` frames up."""
    frame = sys._getframe(depth + 1)  # pyright: ignore[reportPrivateUsage]
    while frame.f_code.co_filename in DOORS and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code, frame.f_lasti


DOORS: set[str] = set()
"""The files whose functions only pass a call on; a step is asked for by whoever called them."""


def refuse_lossy_conversion() -> None:
    """Raise if the caller of `__float__` is an item assignment or a function of `math`."""
    code, instruction = caller(1)
    advice = _lossy_conversion(code, instruction)
    if advice:
        raise TypeError(advice)


@functools.lru_cache(maxsize=1000)  # looking at the source takes 50 us
def _lossy_conversion(code: CodeType, instruction: int) -> str:
    if dis.opname[code.co_code[instruction]].startswith("STORE_"):
        return (
            "a recorded value cannot be put into a plain array: its gradient would be lost. Make "
            "the array with np.zeros_like(x) of a recorded x, or with knetengine.numpy.zeros(...)"
        )
    expression = place_of(code, instruction).expression
    if expression.startswith(("math.", "cmath.")):
        function = expression.partition("(")[0]
        return (
            f"{function} makes a plain number of a recorded value: its gradient would be lost. "
            f"Use np.{function.partition('.')[2]}"
        )
    return ""
