"""Exceptions of user code as lines to show, without the evaluator's own frames."""

import linecache
import os
from types import TracebackType
from typing import NamedTuple

from knetengine.tracebacks import traceback_lines, user_traceback
from knetui.evaluator.cut import cut, cut_lines

MESSAGE_LIMIT = 10_000
LINES_LIMIT = 200
_HERE = os.path.dirname(__file__)


class Failure(NamedTuple):
    """What the protocol's Error says of an exception."""

    name: str
    message: str
    traceback: list[str]
    line: int | None
    filename: str | None


def remember_source(filename: str, source: str) -> None:
    """Let tracebacks and `inspect` show the source as it was run, not as a file is on disk."""
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)


def describe(exception: BaseException, sources: set[str]) -> Failure:
    """The exception as a Failure; `sources` are the filenames that hold the user's code.

    Calls the exception's own `__str__`: user code.
    """
    message = _message(exception)  # first: the traceback module would swallow an interrupt
    lines = traceback_lines(user_traceback(exception, _HERE))
    line, filename = _place(exception, sources)
    return Failure(
        name=type(exception).__name__,
        message=cut(message, MESSAGE_LIMIT),
        traceback=cut_lines([cut(text, MESSAGE_LIMIT) for text in lines], LINES_LIMIT),
        line=line,
        filename=filename,
    )


def _message(exception: BaseException) -> str:
    if isinstance(exception, SyntaxError):
        return exception.msg
    if isinstance(exception, SystemExit):
        return f"sys.exit({exception.code!r}) ends nothing here: the evaluator and its names stay"
    return str(exception)


def _place(exception: BaseException, sources: set[str]) -> tuple[int | None, str | None]:
    if isinstance(exception, SyntaxError) and exception.filename in sources:
        return exception.lineno, exception.filename
    line, filename = None, None
    step: TracebackType | None = exception.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename in sources:
            line, filename = step.tb_lineno, step.tb_frame.f_code.co_filename
        step = step.tb_next
    return line, filename
