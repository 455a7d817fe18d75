"""Between the kinds of numbers: another dtype, a Python number."""

from typing import Any


def python_number(value: Any) -> Any:
    """The Python float (or complex) of a single number of any shape."""
    number = value.item() if hasattr(value, "item") else value
    return number if type(number) is complex else float(number)


def cast(x: Any, dtype: Any) -> Any:
    """The same number or array in another inexact dtype; the real part if that is real."""
    if dtype.kind != "c" and (
        type(x) is complex or getattr(getattr(x, "dtype", None), "kind", "f") == "c"
    ):
        x = x.real
    return x.astype(dtype) if hasattr(x, "astype") else dtype.type(x)
