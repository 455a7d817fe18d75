"""Which dtypes a function computes in, and what its result's is: NumPy's own answer."""

import functools
import importlib
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from knetengine.gpu.kernels.expressions import CHOICE, FLOATING, SAME, Expression

Kind: TypeAlias = np.dtype[Any] | type[int] | type[float]
"""Of an argument: the dtype of an array, or the type of a Python number, which adapts to arrays."""


class NoKernelError(TypeError):
    """There is no kernel for what is asked; somebody else may be able to do it.

    what: what there is none for, as it follows a function's name: "of complex64".
    """

    def __init__(self, text: str, what: str = "") -> None:
        super().__init__(text)
        self.what = what


TYPES = {
    "e": ("f16", "f16"),
    "f": ("f32", "float"),
    "d": ("f64", "double"),
    "i": ("i32", "i32"),
    "l": ("i64", "i64"),
    "B": ("u8", "u8"),
    "?": ("b8", "bool"),
}
"""The dtypes that kernels know, by NumPy's letters: in names of kernels, and in C++."""


def letter(dtype: np.dtype[Any]) -> str:
    """NumPy's letter of a dtype, one for each width.

    Raises NoKernelError for a dtype that kernels don't know.
    """
    char = {"q": "l"}.get(dtype.char, dtype.char)
    if char not in TYPES:
        raise NoKernelError(
            f"dtype {dtype} is not one that kernels know; expected float16, float32, float64, "
            "int32, int64, uint8 or bool",
            f"of {dtype}",
        )
    return char


def tag(dtype: np.dtype[Any]) -> str:
    """The name of a dtype in names of kernels, such as f32."""
    return TYPES[letter(dtype)][0]


def c_type(dtype: np.dtype[Any]) -> str:
    """The C++ type that stores a dtype."""
    return TYPES[letter(dtype)][1]


def computing(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """What numbers of a dtype are computed in: float16 in float32, others in themselves."""
    return np.dtype(np.float32) if dtype.char == "e" else dtype


@functools.cache
def universal(meaning: str) -> Any:
    """The universal function of a name such as "np.exp"."""
    module, _, name = meaning.rpartition(".")
    return getattr(importlib.import_module(module.replace("np", "numpy", 1)), name)


@functools.lru_cache(maxsize=4096)
def loop(expression: Expression, kinds: tuple[Kind, ...]) -> tuple[np.dtype[Any], ...]:
    """The dtypes that the arguments are converted to, and last that of the result.

    Raises TypeError as NumPy does, and for another number of arguments than the function has;
    NoKernelError for dtypes that kernels don't know.
    """
    if len(kinds) != len(expression.variables):
        raise TypeError(
            f"{expression.name} takes {len(expression.variables)} arguments "
            f"({', '.join(expression.variables)}), {len(kinds)} were given"
        )
    if expression.meaning == CHOICE:
        both = _common(kinds[1:])
        found = (np.dtype(bool), both, both, both)
    elif expression.meaning in (SAME, FLOATING):
        common = _common(kinds)
        if expression.meaning == FLOATING and common.kind != "f":
            common = np.dtype(np.float64)
        found = (common,) * (len(kinds) + 1)
    else:
        ufunc = universal(expression.meaning)
        if all(isinstance(kind, type) for kind in kinds):
            kinds = tuple(np.dtype(kind) for kind in kinds)
        found = tuple(ufunc.resolve_dtypes((*kinds, None)))
    for dtype in found:
        letter(dtype)
    return found


def _common(kinds: Sequence[Kind]) -> np.dtype[Any]:
    """The dtype that arrays and numbers meet in: numbers of Python's own adapt."""
    return np.dtype(np.result_type(*(k(0) if isinstance(k, type) else k for k in kinds)))
