"""The table of the layers.

A layer takes the backend, whether a gradient may be asked for, and the arguments of its twin in
`knetengine.nn`, with what is stored in place of arrays; it gives the result, and what its way back
needs. The way back, ``{name}_backward``, takes the backend, which gradients are wanted, the
gradient of the result, the result, what was kept, and the arguments; it gives a gradient, or None,
for each argument. Neither writes to what it is given.

Activations, softmaxes and dropout are steps of the tape with rules of their own: they take arrays
and options, and give an array. "update" is that of the optimisers: it writes to the parameters.

Where what a layer is given has gaps or another order in memory, the kernels get a copy.
"""

from collections.abc import Callable
from typing import Any

from knetengine.gpu.device.stored import Stored
from knetengine.gpu.kernels.operand import Operand

LAYERS: dict[str, Callable[..., Any]] = {}


def define(*names: str) -> Callable[[Any], Any]:
    """Enter a layer, or its way back, under its names."""

    def enter(function: Any) -> Any:
        for name in names:
            LAYERS[name] = function
        return function

    return enter


def operand(x: Stored | None) -> Operand | None:
    """What a kernel is given of an array that may be left out."""
    return None if x is None else x.operand
