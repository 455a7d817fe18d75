"""What fused kernels take: contiguous arrays of one floating dtype."""

from typing import Any

import numpy as np

from knetengine.gpu.drivers.interface import Address
from knetengine.gpu.kernels.operand import Operand, Shape, is_contiguous


def floats(function: str, **operands: Operand | None) -> np.dtype[Any]:
    """The dtype of the operands; None among them is passed over.

    Raises ValueError unless they are contiguous, and all float32 or all float64.
    """
    given = {name: operand for name, operand in operands.items() if operand is not None}
    dtype = next(iter(given.values())).dtype
    for name, operand in given.items():
        if operand.dtype != dtype or dtype.char not in "fd" or not is_contiguous(operand):
            raise ValueError(
                f"{function}: {name} is {operand.dtype} of shape {operand.shape}, strides "
                f"{operand.strides}; expected contiguous float32 or float64, one for all"
            )
    return dtype


def shapes(function: str, **expected: tuple[Operand | None, Shape]) -> None:
    """Raise ValueError unless each operand has the shape beside it; None is passed over."""
    for name, (operand, shape) in expected.items():
        if operand is not None and operand.shape != shape:
            raise ValueError(f"{function}: {name} has shape {operand.shape}; expected {shape}")


def integers(function: str, **operands: Operand | None) -> None:
    """Raise ValueError unless the operands are contiguous int64; None is passed over."""
    for name, operand in operands.items():
        if operand is not None and (operand.dtype != np.int64 or not is_contiguous(operand)):
            raise ValueError(f"{function}: {name} is {operand.dtype}; expected contiguous int64")


def address(operand: Operand | None) -> Address:
    """Where an operand is; 0 for none."""
    return Address(0) if operand is None else operand.address


def channels(function: str, name: str, x: Operand) -> tuple[int, int, int]:
    """An array (N, C, spatial...) as (N, C, S).

    Raises ValueError for fewer than two axes.
    """
    if len(x.shape) < 2:
        raise ValueError(f"{function}: {name} has shape {x.shape}; expected (N, C, ...)")
    count = x.shape[0] * x.shape[1]
    return x.shape[0], x.shape[1], x.size // count if count else 0
