"""Numbers of a running program that can be changed between two of its steps.

Those that are offered are the options of ``main`` that its loops read, and the settings of the
optimisers (and other dataclasses) that the run keeps; any entry of a kept array can be set too:
``lr``, ``optimiser.lr``, ``w['output'][3, 5]``.
"""

import ast
import ctypes
import dataclasses
import operator
import re
import sys
from collections.abc import Iterator
from functools import reduce
from types import CodeType, FrameType
from typing import Any

import numpy as np

from knetengine.device_arrays import DeviceArray


class NumberError(Exception):
    """A name that means no number of the program, or a value that it cannot take."""


class Numbers:
    """The numbers of one program.

    kept: what the run keeps, by name.
    """

    def __init__(self, kept: dict[str, Any]) -> None:
        self._kept = kept
        self._code: CodeType | None = None
        self._options: set[str] = set()
        self.changed_options: dict[str, float] = {}

    def begin(self, code: CodeType, options: dict[str, Any], source: str) -> None:
        """`main`, whose code this is, is about to be called with these options."""
        self._code = code
        read = names_read_in_loops(source, code.co_name)
        self._options = {n for n, value in options.items() if n in read and _is_number(value)}

    def current(self, frame: FrameType) -> dict[str, float]:
        """The numbers on offer, as they are; `frame` is one that was called from ``main``."""
        found: dict[str, float] = {}
        main = self._frame_of_main(frame)
        if main is not None:
            here = main.f_locals
            found.update((n, here[n]) for n in sorted(self._options) if _is_number(here.get(n)))
        for name, thing in self._kept.items():
            found.update((f"{name}.{field}", number) for field, number in _settings(thing))
        return found

    def put(self, name: str, value: float, frame: FrameType) -> tuple[float, float]:
        """Change a number; gives what it was, and what it is. Raises NumberError."""
        if name.isidentifier():
            return self._put_option(name, value, frame)
        owner, last = self._owner(name)
        if isinstance(last, str):
            old: Any = getattr(owner, last, None)
            if not _is_number(old):
                raise NumberError(f"{name} is no number")
            new = _of_kind(name, value, old)
            setattr(owner, last, new)
            return old, new
        return _put_entry(name, owner, last, value)

    def _put_option(self, name: str, value: float, frame: FrameType) -> tuple[float, float]:
        main = self._frame_of_main(frame)
        if main is None or name not in self._options:
            offered = ", ".join(self.current(frame)) or "none"
            raise NumberError(f"{name} is no number that the loop reads; there are: {offered}")
        old = main.f_locals[name]
        new = _of_kind(name, value, old)
        for between in _frames(frame):
            # a function of the model that main is in holds it too, if it was handed down to it
            in_model = between.f_code.co_filename == main.f_code.co_filename
            if in_model and between.f_locals.get(name) is old:
                _set_local(between, name, new)
            if between is main:
                break
        self.changed_options[name] = new
        return old, new

    def _owner(self, name: str) -> tuple[Any, Any]:
        """What holds the number, and its attribute (text) or its place (anything else) there."""
        match = re.match(r"([^.\[]+)(.*)", name, re.DOTALL)
        if match is None or match[1] not in self._kept:
            known = ", ".join(self._kept) or "nothing"
            raise NumberError(f"{name} does not begin with what the run keeps: {known}")
        try:
            steps = list(_steps(match[2]))
            if not steps:
                raise NumberError(f"{name} is no number; name an entry of it, or a setting")
            owner = reduce(_descend, steps[:-1], self._kept[match[1]])
        except (SyntaxError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise NumberError(f"{name} is not there: {error}") from None
        kind, last = steps[-1]
        return owner, last if kind == "." else (last,)

    def _frame_of_main(self, frame: FrameType) -> FrameType | None:
        return next((f for f in _frames(frame) if f.f_code is self._code), None)


def names_read_in_loops(source: str, function: str) -> set[str]:
    """The names that the loops of a function read; changing another one would change nothing."""
    names: set[str] = set()
    for node in ast.parse(source.removeprefix("\ufeff")).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            loops = [part for part in ast.walk(node) if isinstance(part, ast.For | ast.While)]
            body = [
                part for loop in loops for statement in loop.body for part in ast.walk(statement)
            ]
            names |= {
                part.id
                for part in body
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
            }
    return names


def running_functions(frame: FrameType, path: str) -> set[str]:
    """The names of the functions of a file that are being executed."""
    return {f.f_code.co_name for f in _frames(frame) if f.f_code.co_filename == path}


def _put_entry(name: str, owner: Any, last: tuple[Any], value: float) -> tuple[float, float]:
    (place,) = last
    try:
        old = owner[place]
        size = getattr(old, "size", 1)
        if size != 1 or (size == 1 and not _is_number(_plain(old))):
            raise NumberError(f"{name} is no single number")
        if not isinstance(owner, np.ndarray | DeviceArray | list | dict):
            raise NumberError(f"{name} cannot be changed: it is in a {type(owner).__name__}")
        before = _plain(old)
        owner[place] = _of_kind(name, value, before)
        return before, _plain(owner[place])
    except (LookupError, TypeError, ValueError) as error:
        raise NumberError(f"{name} is not there: {error}") from None


def _plain(number: Any) -> Any:
    """A number of NumPy's or of a device as one of Python's; anything else as it is."""
    if isinstance(number, DeviceArray | np.ndarray | np.generic):
        return np.asarray(number).reshape(()).item()
    return number


def _steps(path: str) -> Iterator[tuple[str, Any]]:
    """The steps of ``.opt.lr`` or ``['a'][0, 1]``: attributes by name, places by value."""
    node: ast.expr = ast.parse(f"_{path}", mode="eval").body
    steps: list[tuple[str, Any]] = []
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            steps.append((".", node.attr))
        elif isinstance(node, ast.Subscript):
            steps.append(("[", ast.literal_eval(node.slice)))
        else:
            raise ValueError(f"{ast.unparse(node)} is neither .name nor [place]")
        node = node.value
    return reversed(steps)


def _descend(thing: Any, step: tuple[str, Any]) -> Any:
    kind, where = step
    return getattr(thing, where) if kind == "." else operator.getitem(thing, where)


def _settings(thing: Any) -> Iterator[tuple[str, float]]:
    """The numbers that a dataclass was made with."""
    if dataclasses.is_dataclass(thing):
        for field in dataclasses.fields(thing):
            value = getattr(thing, field.name)
            if field.init and _is_number(value):
                yield field.name, value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _of_kind(name: str, value: float, old: float) -> float:
    if isinstance(old, int) and value != int(value):
        raise NumberError(f"{name} is a whole number, {old}; {value} is none")
    return type(old)(value)


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _set_local(frame: FrameType, name: str, value: Any) -> None:
    """Change a local variable of a function that is being executed."""
    names = frame.f_locals
    names[name] = value
    if sys.version_info < (3, 13):  # from 3.13 on f_locals writes through (PEP 667)
        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
