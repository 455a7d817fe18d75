"""The table of NumPy's functions that a device has kernels for.

A function takes the backend, then NumPy's arguments with what is stored in place of arrays.
"""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from knetengine.gpu.kernels.promotion import NoKernelError

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend

FUNCTIONS: dict[Any, Callable[..., Any]] = {}
UNSET: Any = inspect.signature(np.sum).parameters["keepdims"].default  # NumPy's own mark


def define(*functions: Any) -> Callable[[Any], Any]:
    """Enter a function under NumPy's."""

    def enter(function: Any) -> Any:
        FUNCTIONS.update(dict.fromkeys(functions, function))
        return function

    return enter


def only(backend: "DeviceBackend", name: str, usual: bool, what: str) -> None:
    """Raise NoKernelError unless an option is as usual."""
    if not usual:
        raise NoKernelError(f"np.{name} with {what} is not on {backend.name}", f"with {what}")
