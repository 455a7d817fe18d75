"""What the layers check of their arguments, and how they say it.

The checks cost about a microsecond together; a kernel that runs over an array of the wrong shape
would cost the process.
"""

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from knetengine.nn.reference import plain_value


def described(x: Any) -> str:
    """An argument in a few words: shape and dtype, or its type."""
    value = plain_value(x)
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"an array of shape {value.shape}, {value.dtype}"
    return f"{value!r}" if isinstance(value, int | float) else f"a {type(value).__name__}"


def floats(function: str, **arrays: Any) -> None:
    """Raise TypeError unless all are float32 or all are float64 arrays; None passes.

    Half precision would lose the sums, and integers have no gradient.
    """
    first = ""
    for name, array in arrays.items():
        if array is None:
            continue
        dtype = getattr(plain_value(array), "dtype", None)
        if dtype is None or dtype.char not in "fd":
            advice = "" if dtype is None else f": {name}.astype(np.float32)"
            raise TypeError(
                f"{function}: {name} is {described(array)}; expected an array of float32 or "
                f"float64{advice}"
            )
        if first and dtype != plain_value(arrays[first]).dtype:
            raise TypeError(
                f"{function}: {name} is {dtype}, but {first} is "
                f"{plain_value(arrays[first]).dtype}; give both the same dtype"
            )
        first = first or name


def fail(function: str, name: str, x: Any, expected: str) -> NoReturn:
    """Raise ValueError: an argument is not what was expected."""
    raise ValueError(f"{function}: {name} is {described(x)}; expected {expected}")


def shape(function: str, name: str, x: Any, expected: Sequence[int], axes: str) -> None:
    """Raise ValueError unless x, if it is given, has exactly this shape.

    axes: what the axes are, as "(layers, B, H)".
    """
    if x is not None and tuple(plain_value(x).shape) != tuple(expected):
        fail(function, name, x, f"shape {tuple(expected)}, {axes}")


def integers(function: str, name: str, ids: Any, size: int, least: int = 0) -> np.ndarray:
    """An argument as an array of integers from `least` to ``size - 1``, plain and contiguous.

    Raises TypeError for another dtype, and ValueError naming the first entry out of range.
    """
    array = np.asarray(plain_value(ids))
    if array.dtype.kind not in "iu":
        raise TypeError(f"{function}: {name} is {described(ids)}; expected integers")
    if array.size and (array.min() < least or array.max() >= size):
        where = np.argwhere((array < least) | (array >= size))[0]
        place = tuple(int(i) for i in where)
        raise ValueError(
            f"{function}: {name}[{', '.join(map(str, place))}] is {array[place]}; expected "
            f"{least} to {size - 1}"
        )
    return np.asarray(array, np.int64, order="C")
