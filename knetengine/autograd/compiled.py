"""The two hottest loops in C, where a compiler was at hand when the engine was installed.

`_compiled.c` records operators and walks back; without it the Python code that it stands in for
does, at about half the speed. ``KNET_PURE=1`` in the environment asks for Python: when the engine
is installed nothing is compiled, when it is imported nothing compiled is used.
"""

import contextlib
import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

from knetengine.autograd.primitives import Function, Primitive

_compiled: Any = None
if os.environ.get("KNET_PURE", "0") in ("", "0"):
    with contextlib.suppress(ImportError):  # no compiler when it was installed
        _compiled = import_module("knetengine.autograd._compiled")

AVAILABLE = _compiled is not None


def operator(method: Function, step: Primitive, operate: Function, form: str) -> Function:
    """The compiled twin of a function that computes and records; the function itself without C.

    method: the function in Python, which the twin leaves all but the common case to.
    step, operate: what is recorded, and what computes.
    form: "forward" (an operator, the recorded operand on the left), "reflected", "unary", "item",
        "call" (a function of any number of arguments).
    """
    return method if _compiled is None else _compiled.Operator(method, step, operate, form)


def door(method: Function, twins: dict[Function, Function]) -> Function:
    """The compiled twin of `Recorded.__array_ufunc__`; the method itself without C.

    twins: what stands for a universal function; the method fills it as functions turn up.
    """
    return method if _compiled is None else _compiled.Door(method, twins)


def bind(
    recorded: type, primitive: type, tape: type, device: type, unpacked: Function, door: str
) -> None:
    """Tell the compiled code the classes that it knows, and what unpacks several results.

    door: the name, as code objects have it, of a file whose functions only pass a call on.
    """
    if _compiled is not None:
        _compiled.bind(recorded, primitive, tape, device, unpacked, door)


def operands() -> list[Any]:
    """The operands of the compiled operator that is computing in this thread; [] if none is."""
    return [] if _compiled is None else _compiled.operands()


walk: Callable[..., None] | None = None if _compiled is None else _compiled.walk
"""As `backward.walk_in_python`; None without C."""

protect: Callable[[list[Any], Any], None] | None = None if _compiled is None else _compiled.protect
release: Callable[[list[Any]], None] | None = None if _compiled is None else _compiled.release
"""As `Tape.protect` and `Tape.release`, on the list of protected arrays; None without C."""
