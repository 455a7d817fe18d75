"""How a function of NumPy's is called by another name's: names, arguments, kinds of results.

The library's functions have NumPy's names, but not all of its arguments, and a few other defaults.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from knetengine.gpu.device.table import UNSET
from knetengine.gpu.kernels.promotion import NoKernelError

_PLAIN = (bool, int, float, str)


def name_of(function: Any) -> str:
    """The name of a function below ``np``, such as ``"linalg.svd"``."""
    module = str(getattr(function, "__module__", None) or "numpy")
    folder = module.removeprefix("numpy").removeprefix(".")
    name = getattr(function, "__name__", str(function))
    return f"{folder}.{name}" if folder else name


def name_of_ufunc(ufunc: Any) -> str:
    """The name of a universal function of NumPy's; "" of anybody else's."""
    name = str(ufunc.__name__)
    return name if getattr(np, name, None) is ufunc else ""


def find(library: Any, name: str) -> Callable[..., Any] | None:
    """The library's function of a name below it; None where it has none, or is not there."""
    found = library if name else None
    for part in name.split("."):
        found = getattr(found, part, None)
    return found if callable(found) else None


def is_usual(name: str, value: Any) -> bool:
    """Whether an option of a universal function is what it is anyway."""
    usual = {"where": True, "order": "K", "subok": True, "casting": "same_kind", "dtype": None}
    return value is UNSET or (name in usual and value is usual[name])


def translated(
    function: Any, theirs: Any, args: tuple[Any, ...], options: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a function of NumPy's as those of another's, by their names.

    Arguments without a default go by place: their names may differ. Those that have NumPy's default
    are left out, unless the other's default is another number or word: then it is said.

    Raises NoKernelError for an argument that the other has not.
    """
    mine, other = _parameters(function), _parameters(theirs)
    if mine is None or other is None:
        return args, dict(options)
    try:
        given = inspect.Signature(list(mine.values())).bind(*args, **options).arguments
    except TypeError:  # as the library will say, in its own words
        return args, dict(options)
    placed: list[Any] = []
    named: dict[str, Any] = {}
    for name, parameter in mine.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            placed += given.get(name, ())
        elif parameter.kind is parameter.VAR_KEYWORD:
            named.update(given.get(name, {}))
        elif parameter.default is parameter.empty:
            placed.append(given[name])
        elif name in given and not _same(given[name], parameter.default):
            named[name] = given[name]
        elif _differs(parameter.default, other.get(name)):
            named[name] = parameter.default
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in other.values()):
        for name in named.keys() - other.keys():
            raise NoKernelError(f"there is no {name}=", f"with {name}=")
    return tuple(placed), named


@functools.cache
def _parameters(function: Any) -> dict[str, inspect.Parameter] | None:
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # written in C, and it does not say
        return None


def _same(value: Any, default: Any) -> bool:
    if value is default:
        return True
    return type(value) is type(default) and isinstance(value, _PLAIN) and value == default


def _differs(default: Any, other: inspect.Parameter | None) -> bool:
    """Whether both defaults say something, and not the same."""
    if other is None or not isinstance(default, _PLAIN) or not isinstance(other.default, _PLAIN):
        return False
    return default != other.default


# NumPy's named tuples, which its users take apart by name


@functools.cache
def _results() -> dict[Any, type]:
    """The kinds of results of NumPy's functions that have named parts."""
    square, row = np.eye(1), np.zeros(1)
    functions: dict[Any, np.ndarray] = {
        **dict.fromkeys((np.linalg.eig, np.linalg.eigh, np.linalg.qr), square),
        **dict.fromkeys((np.linalg.slogdet, np.linalg.svd), square),
        **dict.fromkeys((np.unique_all, np.unique_counts, np.unique_inverse), row),
    }
    return {function: type(function(array)) for function, array in functions.items()}


def named(function: Any, found: Any) -> Any:
    """Several results as NumPy gives them: its named tuple, where it has one."""
    if not isinstance(found, tuple):
        return found
    kind = _results().get(function)
    return found if kind is None else getattr(kind, "_make")(found)  # noqa: B009
