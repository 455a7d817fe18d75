"""Steer a run from outside: single steps, other numbers, other code; and see what became of it."""

import re

import msgspec

from knetengine.training.control import change, read_control
from knetengine.training.folder import RunFolder


class AssignmentError(ValueError):
    """Words that give no number another value."""


def assignment(words: str) -> tuple[str, float]:
    """The name and the value of ``lr=0.05`` or ``w['output'][3, 5] = 1``.

    Raises AssignmentError saying what it is not.
    """
    match = re.fullmatch(r"\s*([^\W\d][^=]*?)\s*=\s*(\S+)\s*", words)
    if match is None:
        raise AssignmentError(f"{words!r} is no assignment; write lr=0.05, or w['bias'][3]=0")
    try:
        return match[1], float(match[2])
    except ValueError:
        raise AssignmentError(f"{match[2]!r} is no number, for {match[1]}") from None


def put_numbers(folder: RunFolder, numbers: dict[str, float]) -> None:
    """Have a run go on with other numbers from its next step."""
    change(folder.control, numbers=read_control(folder.control).numbers | numbers)


def take_step(folder: RunFolder, count: int = 1) -> None:
    """Have a run pause, if it does not yet, and take so many steps more."""
    steps = read_control(folder.control).steps
    change(folder.control, wanted="pause", steps=steps + count)


def live_numbers(folder: RunFolder) -> dict[str, float]:
    """The numbers of a run that can be changed, as they were when it last wrote them."""
    try:
        return msgspec.json.decode(folder.live.read_bytes(), type=dict[str, float])
    except (OSError, msgspec.MsgspecError):
        return {}
