"""The signatures of the CuPy functions that the driver calls, and whether a call fits one.

They are kept in signatures.txt, as CuPy 14.2.0 has them, so that calls are checked without CuPy;
where CuPy is installed the file is held against it.
"""

import functools
import importlib
import importlib.util
import inspect
import operator
import re
from pathlib import Path
from typing import Any, NamedTuple

PATH = Path(__file__).with_name("signatures.txt")

INTEGERS = {
    "size_t": (0, 2**64 - 1),
    "intptr_t": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "unsigned int": (0, 2**32 - 1),
    "long long": (-(2**63), 2**63 - 1),
    "ptrdiff_t": (-(2**63), 2**63 - 1),
}
OTHERS = {"str": str, "bytes": bytes}


class Parameter(NamedTuple):
    """kind: the C type, or "" for any object."""

    kind: str
    name: str
    optional: bool


@functools.cache
def table() -> dict[str, str]:
    """The signatures of the file, by names such as runtime.malloc; constants have a value."""
    lines = [line for line in PATH.read_text().splitlines() if line and line[0] != "#"]
    return {re.split(r"[( ]", line)[0]: line for line in lines}


def parameters(signature: str) -> list[Parameter]:
    """What is between the brackets."""
    inside = signature[signature.index("(") + 1 : signature.rindex(")")]
    found: list[Parameter] = []
    for text in filter(None, (part.strip() for part in inside.split(","))):
        declared, _, default = text.partition("=")
        kind, _, name = declared.rpartition(" ")
        found.append(Parameter(kind.strip(), name, bool(default)))
    return found


def check(name: str, arguments: tuple[Any, ...]) -> None:
    """Raise AssertionError, or TypeError, for a call that CuPy would not take."""
    assert name in table(), f"{name} is not among the signatures that are known"
    expected = parameters(table()[name])
    least = sum(not parameter.optional for parameter in expected)
    assert least <= len(arguments) <= len(expected), f"{table()[name]}: {len(arguments)} arguments"
    for argument, parameter in zip(arguments, expected, strict=False):
        where = f"{name}: {parameter.name} is {argument!r}"
        if parameter.kind in INTEGERS:
            low, high = INTEGERS[parameter.kind]
            assert low <= operator.index(argument) <= high, where
        elif parameter.kind in OTHERS:
            assert isinstance(argument, OTHERS[parameter.kind]), where


def constant(name: str) -> int:
    """The value of one of CuPy's constants."""
    return int(table()[name].split(" = ")[1])


# What the wheel has


def in_the_wheel(name: str) -> str:
    """The same line, from the CuPy that is installed."""
    cuda: Any = importlib.import_module("cupy").cuda
    if name.startswith("cublas."):  # whose module cannot be imported without the library
        return _in_a_file("cupy_backends.cuda.libs.cublas", name)
    if name == "ndarray":
        whole = importlib.import_module("cupy").ndarray.__doc__ or ""
        return whole.strip().splitlines()[0].replace("__init__", name)
    found = operator.attrgetter(name)(cuda)
    if isinstance(found, int):
        return f"{name} = {int(found)}"
    if inspect.isfunction(found):
        return f"{name}{inspect.signature(found)}"
    if inspect.isclass(found):
        try:
            return f"{name}{inspect.signature(found)}"
        except ValueError:  # written in C: it says so itself
            return _first_line(found)
    return name.rpartition(".")[0] + "." * ("." in name) + _first_line(found)


def _first_line(function: Any) -> str:
    return (function.__doc__ or "").strip().splitlines()[0].partition(" -> ")[0]


def _in_a_file(module: str, name: str) -> str:
    """From the texts in an extension's file: its signatures and its names of constants."""
    libs = importlib.import_module(module.rpartition(".")[0])
    (path,) = Path(libs.__path__[0]).glob(f"{module.rpartition('.')[2]}.*.so")
    last = name.rpartition(".")[2].encode()
    text = path.read_bytes()
    match = re.search(rb"\0(" + last + rb"\([^)\0]*\))", text)
    if match:
        return "cublas." + match[1].decode()
    assert re.search(rb"\0" + last + rb"\0", text), f"{name} is not in {path.name}"
    return table()[name]  # a constant, whose value is CUDA's
