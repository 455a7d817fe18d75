"""Tracebacks as the user should see them: their own frames, without those that ran them."""

import os
import traceback

_ENGINE = os.path.dirname(__file__) + os.sep


def user_traceback(error: BaseException, *own_folders: str) -> traceback.TracebackException:
    """The traceback without frames of the engine, nor of files below `own_folders`.

    What the user's line asked of the engine is in the message; how the engine was asked to run
    the user's line is of no use to anyone but us.
    """
    summary = traceback.TracebackException.from_exception(error, compact=True)
    _drop_frames(summary, (_ENGINE, *(folder.rstrip(os.sep) + os.sep for folder in own_folders)))
    return summary


def traceback_lines(summary: traceback.TracebackException) -> list[str]:
    """The traceback as lines; without frames and causes, just the exception."""
    alone = not summary.stack and not (summary.__cause__ or summary.__context__)
    chunks = summary.format_exception_only() if alone else summary.format()
    return "".join(chunks).splitlines()


def _drop_frames(summary: traceback.TracebackException, folders: tuple[str, ...]) -> None:
    kept = [frame for frame in summary.stack if not frame.filename.startswith(folders)]
    summary.stack = traceback.StackSummary.from_list(kept)
    for linked in (summary.__cause__, summary.__context__, *(summary.exceptions or ())):
        if linked is not None:
            _drop_frames(linked, folders)
