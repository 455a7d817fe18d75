"""What an error of a step needs said: the user's expression, and the shapes that met in it.

Everything is read off the traceback once something went wrong; nothing is kept beforehand.
"""

import ast
from types import FrameType, TracebackType
from typing import Any

from knetengine.autograd.provenance import in_engine, place_of, walking_place

_ANNOTATED = "_knet_explained"
_OPERANDS = "_knet_operands"
_SHAPE_WORDS = ("shape", "broadcast", "dimension", "read-only", "axis", "aligned")


def explain(error: BaseException) -> None:
    """Add a note to an error that passed through a gradient: where, and with what."""
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
        note = _forward_note(error, steps, users[-1])
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


def _forward_note(error: BaseException, steps: list[tuple[FrameType, int]], user: int) -> str:
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
    named = _named(place.expression, operands) or _variables(place.expression, frame)
    note = f"in {place}"
    if named:
        note += "; " + ", ".join(f"{name} is {describe(value)}" for name, value in named)
    elif operands:
        note += ", of " + " and ".join(describe(value) for value in operands)
    if lost is not None:
        note += f"\n{lost}"
    if "read-only" in str(error):
        note += (
            "\nan array that the gradient still needs may not be written to: make a new one, or "
            "give the recorded step a copy (a.copy())"
        )
    return note


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
    try:
        tree = ast.parse(expression, mode="eval").body
    except (SyntaxError, ValueError):
        return []
    sources: list[ast.expr] = []
    if isinstance(tree, ast.BinOp):
        sources = [tree.left, tree.right]
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
    try:
        tree = ast.parse(expression, mode="eval")
    except (SyntaxError, ValueError):
        return []
    names = dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    found = {**frame.f_globals, **frame.f_locals}
    return [(name, found[name]) for name in names if hasattr(found.get(name), "dtype")]


def describe(value: Any) -> str:
    """A value in a few words: its shape and dtype, or itself if it is a number."""
    if isinstance(getattr(value, "shape", None), tuple) and hasattr(value, "dtype"):
        return f"{tuple(value.shape)} {value.dtype}"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__} of {len(value)}"
    return repr(value) if isinstance(value, int | float | complex | str) else type(value).__name__
