"""Which of the two ways a layer runs: fused kernels, or their plain twins.

A twin is written with NumPy functions and says what the layer means; the kernel is the same, only
faster. ``nn.reference(True)`` runs any model on the twins, and so does ``KNET_REFERENCE=1`` in the
environment: ``KNET_REFERENCE=1 knet-tui train mnist``.
"""

import os
from typing import Any

import numpy as np

from knetengine import device_arrays
from knetengine.autograd.recorded import Recorded
from knetengine.cpu import compilation
from knetengine.device_arrays import DeviceArray, first_device_array


class _State:
    """The choice of this process."""

    reference = os.environ.get("KNET_REFERENCE", "0") not in ("", "0")


_state = _State()


class reference:  # noqa: N801  # read as a function: with nn.reference(True):
    """Run the layers on their plain twins (True), or on fused kernels where there are (False).

    Takes effect at once, for all threads; used as a context manager it is undone at the end.
    """

    def __init__(self, on: bool = True) -> None:
        self._before = _state.reference
        _state.reference = on

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        _state.reference = self._before


def plain_value(x: Any) -> Any:
    """What a recorded value holds; anything else itself."""
    return x.value if isinstance(x, Recorded) else x


def compute(function: Any, *arguments: Any) -> Any:
    """Call kernels for NumPy arrays, with such arrays or with those of a device `kernels_take`."""
    device = first_device_array(arguments)
    return function(*arguments) if device is None else device.call_on_host(function, *arguments)


def beside(x: Any, array: Any) -> Any:
    """An array of the host where x, or what it holds, is: on its device, or as it is."""
    return device_arrays.beside(plain_value(x), array)


def kernels_take(*arrays: Any) -> bool:
    """Whether fused kernels may run on these: arrays of one dtype, float32 or float64.

    They are NumPy arrays, or those of a device that has its memory on the host. None stands for an
    argument that was not given.
    """
    if _state.reference:
        return False
    dtype = None
    for array in arrays:
        if array is None:
            continue
        value = plain_value(array)
        if type(value) is not np.ndarray and not (
            isinstance(value, DeviceArray) and value.host is not None
        ):
            return False
        if dtype is not None and value.dtype != dtype:
            return False
        dtype = value.dtype
    return dtype is not None and dtype.char in "fd" and compilation.available()


def device_takes(layer: str, *arrays: Any) -> bool:
    """Whether a device's own kernels for a layer may run on these: arrays of it, as `kernels_take`.

    Ask `kernels_take` first: of NumPy's arrays this is then never asked.
    """
    if _state.reference:
        return False
    dtype = None
    for array in arrays:
        if array is None:
            continue
        value = plain_value(array)
        if not isinstance(value, DeviceArray) or not value.has_layer(layer):
            return False
        if dtype is not None and value.dtype != dtype:
            return False
        dtype = value.dtype
    return dtype is not None and dtype.char in "fd"
