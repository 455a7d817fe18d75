"""Tracebacks with the user's frames only."""

import traceback
from pathlib import Path

import numpy as np
import pytest

from knetengine import grad
from knetengine.tracebacks import traceback_lines, user_traceback


def caught(function: object, *arguments: object) -> BaseException:
    assert callable(function)
    with pytest.raises(BaseException) as raised:  # noqa: PT011
        function(*arguments)
    return raised.value


def files(summary: traceback.TracebackException) -> set[str]:
    return {Path(frame.filename).name for frame in summary.stack}


def faulty_loss(w: np.ndarray) -> np.ndarray:
    return np.sum(w @ np.ones((7, 1)))


def test_frames_of_the_engine_are_left_out_and_those_of_the_user_are_not() -> None:
    error = caught(grad(faulty_loss), np.ones((2, 3)))
    assert any("knetengine" in f.filename for f in traceback.extract_tb(error.__traceback__)), (
        "without frames of the engine this shows nothing"
    )
    summary = user_traceback(error)
    lines = traceback_lines(summary)
    assert lines[0] == "Traceback (most recent call last):"
    assert not any("/knetengine/autograd/" in line for line in lines)
    assert any("in faulty_loss" in line for line in lines)
    assert any("w @ np.ones((7, 1))" in line for line in lines)
    assert lines[-2].startswith("ValueError: ")
    assert lines[-1].startswith("in `w @ np.ones((7, 1))`")


def test_further_folders_can_be_left_out() -> None:
    error = caught(faulty_loss, np.ones((2, 3)))
    folder = str(Path(__file__).parent)
    assert Path(__file__).name in files(user_traceback(error))
    for own in (folder, folder + "/"):
        assert Path(__file__).name not in files(user_traceback(error, own))
    # a folder whose name only begins the same is another one
    assert Path(__file__).name in files(user_traceback(error, folder[:-1]))


def test_causes_and_contexts_are_cleaned_too() -> None:
    def outer() -> None:
        try:
            grad(faulty_loss)(np.ones((2, 3)))
        except ValueError as error:
            raise RuntimeError("outer") from error

    def during() -> None:
        try:
            grad(faulty_loss)(np.ones((2, 3)))
        except ValueError:
            raise RuntimeError("outer")  # noqa: B904

    for function, words in ((outer, "direct cause"), (during, "During handling")):
        lines = traceback_lines(user_traceback(caught(function)))
        assert any(words in line for line in lines)
        assert any(line.startswith("ValueError: ") for line in lines)
        assert lines[-1] == "RuntimeError: outer"
        assert not any("/knetengine/autograd/" in line for line in lines)


def test_the_errors_of_a_group_are_cleaned_too() -> None:
    def group() -> None:
        raise ExceptionGroup("several", [caught(grad(faulty_loss), np.ones((2, 3)))])

    lines = traceback_lines(user_traceback(caught(group)))
    assert any("ValueError: " in line for line in lines)
    assert not any("/knetengine/autograd/" in line for line in lines)


def test_without_a_frame_of_the_user_there_is_just_the_exception() -> None:
    error = caught(faulty_loss, np.ones((2, 3)))
    lines = traceback_lines(user_traceback(error, "/"))
    assert len(lines) == 1
    assert lines[0].startswith("ValueError: ")


def test_a_syntax_error_shows_its_place() -> None:
    error = caught(compile, "x = (\n", "model.py", "exec")
    lines = traceback_lines(user_traceback(error, "/"))
    assert lines[0] == '  File "model.py", line 1'
    assert lines[-1] == "SyntaxError: '(' was never closed"
