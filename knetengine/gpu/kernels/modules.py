"""The texts of the kernels, and what drivers have compiled of them.

A kernel is compiled when it is first launched, and kept for as long as its driver.
"""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from knetengine.gpu.drivers.interface import Address, Driver, Handle

Scratch: TypeAlias = Callable[[int], Address]
"""Gives memory of so many bytes that stays until the stream has come past what uses it."""

_FOLDER = Path(__file__).parent
_COMMON = ("knet.cuh", "arithmetic.cuh", "functions.cuh")
_FURTHER: dict[str, tuple[str, ...]] = dict.fromkeys(
    ("layers/columns.cu", "layers/pooling.cu"), ("layers/windows.cuh",)
)

_functions: "WeakKeyDictionary[Driver, dict[Any, Handle]]" = WeakKeyDictionary()


@functools.cache
def read(name: str) -> str:
    """The text of one file of this folder."""
    return (_FOLDER / name).read_text()


@functools.cache
def preamble(*further: str) -> str:
    """What is put in front of a source: types, arithmetic, functions; and further files."""
    return "\n".join(read(name) for name in (*_COMMON, *further))


@functools.cache
def source(name: str) -> str:
    """A .cu file with what it stands on in front: a complete source."""
    return preamble(*_FURTHER.get(name, ())) + "\n" + read(name)


def options(**definitions: str) -> tuple[str, ...]:
    """Definitions for a compiler; ``options(T="float")`` is ``-DKN_T=float``."""
    return tuple(f"-DKN_{name}={value}" for name, value in definitions.items())


def compiled(driver: Driver, name: str, file: str, definitions: Sequence[str] = ()) -> Handle:
    """A kernel of a .cu file, compiled with definitions."""
    found = _functions.setdefault(driver, {})
    key = (name, file, definitions)
    if key not in found:
        found[key] = driver.function(driver.load(source(file), definitions), name)
    return found[key]


def generated(driver: Driver, name: str, make: Callable[[], str]) -> Handle:
    """A kernel of a source that is made when it is needed; the name says all of it."""
    found = _functions.setdefault(driver, {})
    if name not in found:
        found[name] = driver.function(driver.load(make()), name)
    return found[name]


def keep(driver: Driver, name: str, function: Handle) -> None:
    """Have `generated` find a kernel that was compiled together with others."""
    _functions.setdefault(driver, {})[name] = function


def is_kept(driver: Driver, name: str) -> bool:
    """Whether `generated` would find it."""
    return name in _functions.setdefault(driver, {})
