"""Arrays of two devices do not meet: what is said, and which arguments may come from the host."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from knetengine.device_arrays import DeviceArray

POINTING = frozenset(
    {
        *(np.where, np.take, np.take_along_axis, np.put_along_axis, np.choose),
        *(np.delete, np.insert, np.repeat, np.split, np.roll, np.transpose),
    }
)
"""Functions whose arrays of integers or bools say where, and may be the host's, as an index may."""


CONVERTING = frozenset({np.array, np.asarray, np.asanyarray, np.ascontiguousarray})
"""Functions that put an array of the host beside the one that ``like=`` names."""


def refuse_mixed(
    name: str, values: Any, device: str, function: Any = None, kinds: str = "fciubO"
) -> None:
    """Raise TypeError where arrays of NumPy's, or of another device, meet those of a device.

    name: of what is called, for the message.
    values: its arguments; lists and tuples among them are searched.
    function: the function, where whole numbers of the host may say where.
    kinds: of the host's arrays that may not be among them, by the letters of NumPy's dtypes.

    Numbers, and arrays without axes, belong to every device.
    """
    if function in CONVERTING:
        return
    for value in _arrays(values):
        if type(value) is np.ndarray:
            kind = value.dtype.kind
            if not value.ndim or kind not in kinds or (function in POINTING and kind in "iub"):
                continue
            kind = "a NumPy array"
        elif value.device != device:
            kind = f"a KnetArray on {value.device}"
        else:
            continue
        other = next(
            v for v in _arrays(values) if isinstance(v, DeviceArray) and v.device == device
        )
        raise TypeError(
            f"{name}: {kind} of shape {value.shape}, {value.dtype}, meets a KnetArray on {device} "
            f"of shape {other.shape}, {other.dtype}; convert one: KnetArray(x"
            f"{'' if device == 'cpu' else f', device={device!r}'}) or np.asarray(k)"
        )


def _arrays(values: Any) -> Iterator[Any]:
    for value in values:
        if type(value) is list or type(value) is tuple:
            yield from _arrays(value)
        elif type(value) is np.ndarray or isinstance(value, DeviceArray):
            yield value
