"""Signature and docstring of a live name.

Found without running user code, but for a class whose metaclass answers for its signature.
"""

import inspect
import re
import sys
import types
from typing import Any

from knetui.evaluator.static_lookup import (
    MISSING,
    class_dict,
    class_flags,
    class_mro,
    is_a,
    resolve,
)

_NAME = r"[^\W\d]\w*"
_BEFORE = re.compile(rf"(?:{_NAME}\.)*(?:{_NAME})?$")
_AFTER = re.compile(r"\w*")
_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: made by a class statement


def name_at(code: str, cursor: int) -> str:
    """The dotted name around the cursor, up to the end of the word that the cursor is in."""
    before = _BEFORE.search(code[:cursor])
    after = _AFTER.match(code, cursor)
    return ((before[0] if before else "") + (after[0] if after else "")).strip(".")


def inspect_name(code: str, cursor: int, namespace: dict[str, Any]) -> str | None:
    """What the name around the cursor is, in lines; None where it stands for nothing known."""
    name = name_at(code, cursor)
    value = resolve(name, namespace) if name else MISSING
    if value is MISSING:
        return None
    return "\n".join(line for line in (_headline(name, value), "", _documentation(value))).rstrip()


def _headline(name: str, value: Any) -> str:
    if _answers_plainly(value) and callable(value):
        try:
            return f"{name}{inspect.signature(value)}"
        except (ValueError, TypeError):
            return f"{name}(...)"
    kind = type(value).__name__
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None and type(value) is numpy.ndarray:
        return f"{name}: {kind} {value.dtype} {value.shape}"
    if type(value) in (list, tuple, dict, set, str, bytes):
        return f"{name}: {kind} of length {len(value)}"
    if type(value) in (int, float, bool, complex):
        return f"{name}: {kind} = {value!r}"
    return f"{name}: {kind}"


def _documentation(value: Any) -> str:
    if _answers_plainly(value) and (callable(value) or is_a(value, types.ModuleType)):
        return inspect.getdoc(value) or ""
    kind: type = type(value)
    text = class_dict(kind).get("__doc__")
    if class_flags(kind) & _HEAP_TYPE and type(text) is str:
        return inspect.cleandoc(text)
    return ""


def _answers_plainly(value: Any) -> bool:
    """Whether C code alone answers for the value's attributes: functions, classes, ufuncs."""
    mro = class_mro(type(value))
    return is_a(value, type) or not any(class_flags(cls) & _HEAP_TYPE for cls in mro)
