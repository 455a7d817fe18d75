"""Which argument a function of NumPy's writes to."""

import functools
import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

WRITING = frozenset({np.copyto, np.fill_diagonal, np.place, np.put, np.put_along_axis, np.putmask})
"""Functions that write to their first argument, and give nothing."""

_FIRST = ("dst", "arr", "a", "x")  # as they call it


def target_of(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, bool]:
    """What a call writes to, and whether it is what the call gives, as ``out=``; None if nothing.

    A tuple of targets with one item, which some functions take, counts as the item.
    """
    if function in WRITING:
        return args[0] if args else next((kwargs[n] for n in _FIRST if n in kwargs), None), False
    if function is np.nan_to_num and not (args[1] if len(args) > 1 else kwargs.get("copy", True)):
        return args[0] if args else kwargs["x"], False
    if _given(function, "overwrite_input", args, kwargs):
        return (args[0] if args else kwargs["a"]), False
    target = _given(function, "out", args, kwargs)
    if type(target) is tuple and len(target) == 1:
        target = target[0]
    return target, target is not None


def _given(function: Any, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """The argument of a name; None if it is not given."""
    if name in kwargs:
        return kwargs[name]
    if len(args) < 2:
        return None
    place = _place(function, name)
    return args[place] if place is not None and place < len(args) else None


@functools.cache
def _place(function: Any, name: str) -> int | None:
    """At which place a function takes an argument; None if by keyword only, or not at all."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # a function in C that does not say
        return None
    parameter = parameters.get(name)
    if parameter is None or parameter.kind is not parameter.POSITIONAL_OR_KEYWORD:
        return None
    return list(parameters).index(name)
