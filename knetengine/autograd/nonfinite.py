"""The first NaN or infinity of a gradient, attributed to the expression that made it.

NumPy looks at the processor's floating-point flags after every universal function anyway; having
it call a function when one is raised costs nothing until that happens. Data that is not finite to
begin with raises no flag, nor does compiled code that made its own: if the value of the function
is not finite and no flag was seen, the tape is searched for the first entry that is not finite.
"""

import contextlib
import math
import sys
import warnings
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Any, Literal

import numpy as np

from knetengine.autograd import compiled
from knetengine.autograd.backward import walk_back
from knetengine.autograd.explain import describe
from knetengine.autograd.provenance import (
    Place,
    place_of,
    step_place,
    user_frame,
    walking_place,
)
from knetengine.autograd.tape import recording

Policy = Literal["ignore", "warn", "raise"]

_KINDS = {"divide by zero": "infinity", "overflow": "infinity", "invalid value": "NaN"}
_WATCHED = ("divide", "over", "invalid")


class NonFiniteWarning(RuntimeWarning):
    """A NaN or an infinity arose while a gradient was taken."""


class NonFiniteError(FloatingPointError):
    """A NaN or an infinity arose while a gradient was taken, and the policy is "raise"."""


class _State:
    """The policy, and the places that were warned about already, of this process."""

    def __init__(self) -> None:
        self.policy: Policy = "warn"
        self.reported: set[Any] = set()


_state = _State()


class on_nonfinite:  # noqa: N801  # read as a function: with on_nonfinite("raise"):
    """Say what happens at the first NaN or infinity of a gradient: "ignore", "warn" or "raise".

    Takes effect at once, for all threads; used as a context manager it is undone at the end.
    "warn" is the default, and warns once for each place. `np.errstate` inside the differentiated
    function, or around the gradient, still has the last word.
    """

    def __init__(self, policy: Policy) -> None:
        if policy not in ("ignore", "warn", "raise"):
            raise ValueError(f"the policy is 'ignore', 'warn' or 'raise', not {policy!r}")
        self._before: Policy = _state.policy
        _state.policy = policy

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _state.policy = self._before


_NOTHING = contextlib.nullcontext()


def watch() -> Any:
    """A context in which the first NaN or infinity is reported; nothing inside another."""
    if recording.tape is not None:
        return _NOTHING
    settings: Any = np.geterr()
    if _state.policy == "ignore":
        return np.errstate(divide="ignore", over="ignore", invalid="ignore")
    if settings["divide"] == settings["over"] == settings["invalid"] == "warn":  # 0.5 us faster
        return np.errstate(divide="call", over="call", invalid="call", call=_flagged)
    action: dict[str, Any] = {kind: "call" for kind in _WATCHED if settings[kind] == "warn"}
    return np.errstate(call=_flagged, **action) if action else _NOTHING


def _flagged(kind: str, flags: int) -> None:
    """NumPy's callback: a flag was raised in the universal function that is running."""
    np.seterr(divide="ignore", over="ignore", invalid="ignore")  # the first one only
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    made = _KINDS.get(kind, "a number that is not finite")
    backward = _walking_frame(frame)
    if backward is not None:
        primitive, _, values, _, _, code, instruction = backward.f_locals["here"][0]
        place = walking_place(backward)
        what = f"{made} ({kind}) in the backward pass, in the derivative of "
        what += str(place or primitive.name)
        _report(what, place, values, (code, instruction, "backward"))
        return
    user = user_frame(frame)
    if user is None:
        return
    place = place_of(user.f_code, user.f_lasti)
    operands = compiled.operands()
    while frame is not user and frame is not None:
        operands = operands or _operands(frame)
        frame = frame.f_back
    _report(f"{made} ({kind}) in {place}", place, operands, (user.f_code, user.f_lasti))


def _walking_frame(frame: FrameType | None) -> FrameType | None:
    """The frame of `walk_back`, if a backward pass is running."""
    while frame is not None:
        if frame.f_code is walk_back.__code__:
            return frame if frame.f_locals.get("here", [None])[0] else None
        frame = frame.f_back
    return None


def _operands(frame: FrameType) -> list[Any]:
    variables = frame.f_locals
    if "self" in variables and "other" in variables:
        return [variables["self"].value, variables["other"]]
    if "self" in variables and "value" in variables:
        return [variables["value"]]
    return list(variables.get("args", ()))


def check_value(value: Any, entries: Sequence[Any]) -> None:
    """Report the first entry that is not finite if the value of the function is not."""
    if _state.policy == "ignore" or math.isfinite(value):
        return
    if np.geterr()["invalid"] != "call":  # reported already, or the user wants silence
        return
    for position, entry in enumerate(entries):
        primitive, indices, values, _, output, code, instruction = entry
        for number, index in enumerate(indices):
            if index < 0 and _not_finite(values[number]):
                place = step_place(entries, position)
                where = place or primitive.name
                what = f"a constant in {where} is not finite: {_extent(values[number])}"
                _report(what, place, (), (code, instruction, "constant"))
                return
        if _not_finite(output):
            place = step_place(entries, position)
            what = f"a number that is not finite came out of {place or primitive.name}"
            if place is None and not values:
                place = _first_use(entries, position)
                what = f"parameter {position} is not finite: {_extent(output)}; used in {place}"
            _report(what, place, values, (code, instruction, "value"))
            return


def _first_use(entries: Sequence[Any], position: int) -> Place | None:
    """Where an entry is first used."""
    for later in range(position + 1, len(entries)):
        if position in entries[later][1]:
            return step_place(entries, later)
    return None


def _not_finite(value: Any) -> bool:
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return kind in ("f", "c") and not np.isfinite(value).all()


def _report(what: str, place: Place | None, operands: Sequence[Any], key: Any) -> None:
    """Warn once for each place, or raise."""
    if operands:
        what += "; operands " + " and ".join(_extent(operand) for operand in operands)
    if _state.policy == "raise":
        raise NonFiniteError(what)
    if key in _state.reported:
        return
    _state.reported.add(key)
    file, line = (place.file, place.line) if place else ("<gradient>", 0)
    warnings.warn_explicit(what, NonFiniteWarning, file, line)


def _extent(value: Any) -> str:
    """Shape, dtype and the range of the finite entries."""
    value = getattr(value, "value", value)
    if not hasattr(value, "dtype") or not getattr(value, "size", 0) or value.dtype.kind != "f":
        return describe(value)
    finite = value[np.isfinite(value)] if value.ndim else value
    text = (
        f"{describe(value)} from {np.min(finite):.4g} to {np.max(finite):.4g}"
        if (finite.size)
        else describe(value)
    )
    missing = value.size - finite.size
    return f"{text}, {missing} not finite" if missing else text
