"""The gradients of a program, for whoever watches it train: values, and norms on request."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from knetengine.autograd.containers import flatten, paths
from knetengine.autograd.primitives import Function
from knetengine.device_arrays import DeviceArray


class Norms(NamedTuple):
    """A gradient that was taken: the value of the function, and the norm of each array."""

    value: float
    norms: dict[str, float]


class Observer:
    """Sees every gradient that no other gradient encloses.

    enabled: whether it looks at all; it costs 0.1 us a gradient then.
    wanted: whether the norms of the next one are to be taken, which costs a pass over it.
    value: the value of the last function, as it returned it; None before there is one.
    norms: the last that were taken.
    """

    __slots__ = ("enabled", "norms", "value", "wanted")

    def __init__(self) -> None:
        self.enabled = False
        self.wanted = False
        self.value: Any = None
        self.norms: Norms | None = None

    def note(
        self, f: Function, argnums: tuple[int, ...], value: Any, gradients: tuple[Any, ...]
    ) -> None:
        """A gradient was taken."""
        self.value = value
        if self.wanted:
            self.wanted = False
            self.norms = Norms(float(value), dict(_norms(f, argnums, gradients)))

    def last_value(self) -> float | None:
        """The value of the last function as a number."""
        return None if self.value is None else float(self.value)


observer = Observer()


def _norms(
    f: Function, argnums: tuple[int, ...], gradients: tuple[Any, ...]
) -> Iterator[tuple[str, float]]:
    for number, gradient in zip(argnums, gradients, strict=True):
        for path, leaf in zip(paths(gradient), flatten(gradient)[0], strict=True):
            if leaf is not None:
                yield f"{_name_of_argument(f, number)}{path}", norm(leaf)


def norm(gradient: Any) -> float:
    """The Euclidean norm of all entries of one array or number."""
    if isinstance(gradient, np.ndarray | DeviceArray):
        flat = gradient.reshape(-1)
        return math.sqrt(float(np.real(np.vdot(flat, flat))))
    return float(abs(gradient))


def _name_of_argument(f: Function, number: int) -> str:
    code = getattr(f, "__code__", None)
    if code is None or not 0 <= number < code.co_argcount:
        return ""
    return code.co_varnames[number]
