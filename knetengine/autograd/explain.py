"""What an error of a step needs said: the user's expression, and the shapes that met in it.

Everything is read off the traceback once something went wrong; nothing is kept beforehand.
"""

import ast
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Any

import numpy as np

from knetengine.autograd.provenance import in_engine, place_of, step_place, walking_place
from knetengine.device_arrays import WRITTEN, DeviceArray

_ANNOTATED = "_knet_explained"
_OPERANDS = "_knet_operands"
_SHAPE_WORDS = ("shape", "broadcast", "dimension", "read-only", "axis", "aligned")


def explain(error: BaseException, entries: Sequence[Any] = ()) -> None:
    """Add a note to an error that passed through a gradient: where, and with what.

    entries: those of the tape so far, among which is who saved an array that may not be written to.
    """
    if getattr(error, _ANNOTATED, False) or error.__traceback__ is None:
        return
    steps = _frames(error.__traceback__)
    users = [number for number, (frame, _) in enumerate(steps) if not in_engine(frame.f_code)]
    backward = next((frame for frame, _ in steps if "_spans" in frame.f_locals), None)
    if isinstance(error, AttributeError) and hasattr(error.obj, "tape"):
        note = f"stop_gradient(x).{error.name} is that of the plain array, and a constant"
    elif backward is not None and in_engine(backward.f_code):
        note = _backward_note(backward)
    elif not users:
        return
    else:
        note = _forward_note(error, steps, users[-1], entries)
    if note:
        error.add_note(note)
        setattr(error, _ANNOTATED, True)


def _frames(traceback: TracebackType) -> list[tuple[FrameType, int]]:
    frames: list[tuple[FrameType, int]] = []
    current: TracebackType | None = traceback
    while current is not None:
        frames.append((current.tb_frame, current.tb_lasti))
        current = current.tb_next
    return frames


def _backward_note(frame: FrameType) -> str:
    primitive, _, values, *_ = frame.f_locals["here"][0]
    place = walking_place(frame)
    where = f" at {place}" if place else ""
    operands = ", ".join(describe(value) for value in values)
    return f"in the derivative rule of {primitive.name}, for the step{where} of {operands}"


def _forward_note(
    error: BaseException,
    steps: list[tuple[FrameType, int]],
    user: int,
    entries: Sequence[Any],
) -> str:
    frame, instruction = steps[user]
    place = place_of(frame.f_code, instruction)
    inner = [step for step, _ in steps[user + 1 :] if in_engine(step.f_code)]
    operands = getattr(error, _OPERANDS, None)  # the compiled core has no frames to look into
    if operands is None:
        operands = next((found for step in inner if (found := _operands(step))), [])
    lost = error.__cause__ if "recorded value" in str(error.__cause__) else None
    if (
        not inner
        and not operands
        and lost is None
        and not any(word in str(error) for word in _SHAPE_WORDS)
    ):
        return ""
    written = getattr(error, WRITTEN, None)
    named = _named(place.expression, operands) if written is None else []
    named = named or _variables(place.expression, frame)
    note = f"in {place}"
    if named:
        note += "; " + ", ".join(f"{name} is {describe(value)}" for name, value in named)
    elif operands:
        note += ", of " + " and ".join(describe(value) for value in operands)
    if lost is not None:
        note += f"\n{lost}"
    if "read-only" in str(error):
        arrays = operands + [value for _, value in named] if written is None else [written]
        note += "\n" + _why_read_only(arrays, entries)
    return note


def _why_read_only(arrays: list[Any], entries: Sequence[Any]) -> str:
    """Which step needs what was to be written to, and what to do."""
    kept = "an array that the gradient still needs may not be written to"
    advice = "make a new one, or give the recorded step a copy (a.copy())"
    for position, (primitive, indices, values, _, output, _, _) in enumerate(entries):
        if primitive.name == "parameter" and not indices:
            if _shared(arrays, [output]):
                return f"{kept}, and this one is a parameter: {advice}"
            continue
        constants = [value for value, index in zip(values, indices, strict=True) if index < 0]
        if _shared(arrays, constants):
            place = step_place(entries, position)
            return f"{kept}, and this one was saved by {place or primitive.name}: {advice}"
        if _shared(arrays, [output]):
            place = step_place(entries, position)
            return f"{kept}, and this one was made by {place or primitive.name}: {advice}"
    return f"{kept}: {advice}"


def _shared(arrays: list[Any], values: Sequence[Any]) -> bool:
    """Whether one of some arrays, which may not be written to, shares memory with a value."""
    parts = [part for value in values for part in (value if type(value) is tuple else (value,))]
    return any(_may_share(array, part) for array in arrays for part in parts)


def _may_share(array: Any, part: Any) -> bool:
    if isinstance(array, DeviceArray):
        return (
            isinstance(part, DeviceArray)
            and array.memory is part.memory
            and bool(np.shares_memory(array, part))
        )
    if type(array) is not np.ndarray or array.flags.writeable or type(part) is not np.ndarray:
        return False
    return np.may_share_memory(array, part)


def _operands(frame: FrameType) -> list[Any]:
    """The operands of an operator, item or function, from the local variables of its door."""
    variables = frame.f_locals
    if "other" in variables and "self" in variables:
        operands = [variables["self"], variables["other"]]
        return operands[::-1] if frame.f_code.co_qualname.startswith("_reflected") else operands
    if "index" in variables and "self" in variables:
        return [variables["self"]]
    return list(variables.get("args", ()))


def _named(expression: str, operands: list[Any]) -> list[tuple[str, Any]]:
    """The operands with the source text of each, if the expression tells them apart."""
    tree = _parsed(expression)
    sources: list[ast.expr] = []
    if isinstance(tree, ast.BinOp):
        sources = [tree.left, tree.right]
    elif isinstance(tree, ast.AugAssign):
        sources = [tree.target, tree.value]
    elif isinstance(tree, ast.Subscript):
        sources = [tree.value]
    elif isinstance(tree, ast.Call):
        sources = list(tree.args)
        if len(operands) == len(sources) + 1 and isinstance(tree.func, ast.Attribute):
            sources.insert(0, tree.func.value)
    if len(sources) != len(operands) or not sources:
        return []
    return [(ast.unparse(source), value) for source, value in zip(sources, operands, strict=True)]


def _variables(expression: str, frame: FrameType) -> list[tuple[str, Any]]:
    """The arrays that an expression on plain values mentions by name."""
    tree = _parsed(expression)
    if tree is None:
        return []
    names = dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    found = {**frame.f_globals, **frame.f_locals}
    return [
        (name, found[name])
        for name in names
        if isinstance(getattr(found.get(name), "shape", None), tuple)  # not NumPy, which has both
        and hasattr(found[name], "dtype")
    ]


def _parsed(expression: str) -> ast.expr | ast.stmt | None:
    """The tree of an expression, or of a statement like ``x += v``; None if it is none."""
    try:
        (statement,) = ast.parse(expression).body
    except (SyntaxError, ValueError):
        return None
    return statement.value if isinstance(statement, ast.Expr) else statement


def describe(value: Any) -> str:
    """A value in a few words: its shape and dtype, or itself if it is a number."""
    if isinstance(getattr(value, "shape", None), tuple) and hasattr(value, "dtype"):
        return f"{tuple(value.shape)} {value.dtype}"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__} of {len(value)}"
    return repr(value) if isinstance(value, int | float | complex | str) else type(value).__name__
