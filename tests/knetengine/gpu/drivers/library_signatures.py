"""The functions of CuPy's that NumPy has too, and their arguments, as CuPy 14.2.0 has them.

They are kept in library_signatures.txt, so that a stand-in has what CuPy has, and no more, where
CuPy is not installed; where it is, the file is held against it.
"""

import functools
import importlib
import inspect
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_name("library_signatures.txt")

UNKNOWN = "(*args, **kwargs)"
"""Of universal functions and of what is written in C."""


@functools.cache
def table() -> dict[str, str]:
    """The arguments of each function, by its name below ``cupy``."""
    lines = [line for line in PATH.read_text().splitlines() if line and line[0] != "#"]
    return {name: bracket + rest for name, bracket, rest in (line.partition("(") for line in lines)}


@functools.cache
def signature(name: str) -> inspect.Signature:
    """A line of the file as Python's signature."""
    return inspect.signature(eval(f"lambda {table()[name][1:-1]}: None"))


def in_the_wheel(name: str) -> str:
    """The same text, from the CuPy that is installed."""
    found: Any = importlib.import_module("cupy")
    for part in name.split("."):
        found = getattr(found, part)
    try:
        given = inspect.signature(found)
    except (TypeError, ValueError):
        return UNKNOWN
    bare = inspect.Parameter.empty
    parameters = [
        p.replace(annotation=bare, default=_Said(p.default) if p.default is not bare else bare)
        for p in given.parameters.values()
    ]
    return str(inspect.Signature(parameters))


class _Said:
    """A default, which looks as it does in a program."""

    def __init__(self, default: Any) -> None:
        self.default = default

    def __repr__(self) -> str:
        return self.default.__name__ if isinstance(self.default, type) else repr(self.default)
