"""What a kernel is given of an array: an address, a shape, strides and a dtype, and no more.

Kernels count strides in elements, and get shapes and strides by value, as the struct `Layout` of
knet.cuh. On the way there axes are dropped, sorted and merged, so that arrays which lie in memory
in one piece are walked as such, whatever their shape.
"""

import functools
import math
from typing import Any, NamedTuple

import numpy as np

from knetengine.gpu.drivers.interface import Address

Shape = tuple[int, ...]

MOST_AXES = 8
"""So many axes a kernel walks, once those that can be are merged."""

LAYOUT = np.dtype(
    [("ndim", "<i4"), ("shape", "<i8", (MOST_AXES,)), ("strides", "<i8", (MOST_AXES,))], align=True
)


class Operand(NamedTuple):
    """An array on a device.

    address: of its first entry, ``[0, 0, ...]``.
    strides: in bytes, as NumPy's; negative ones and zeros are allowed.
    """

    address: Address
    shape: Shape
    strides: Shape
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """The number of entries."""
        return math.prod(self.shape)


class TooManyAxesError(ValueError):
    """An array's axes don't merge to so few that a kernel can walk them."""


def contiguous_strides(shape: Shape, itemsize: int) -> Shape:
    """The strides in bytes of an array that lies in C order."""
    strides: list[int] = []
    step = itemsize
    for length in reversed(shape):
        strides.append(step)
        step *= length
    return tuple(reversed(strides))


def is_contiguous(operand: Operand) -> bool:
    """Whether the entries lie in C order without gaps; strides of axes of length 1 say nothing."""
    if operand.size == 0:
        return True
    expected = contiguous_strides(operand.shape, operand.dtype.itemsize)
    return all(
        n == 1 or s == e for n, s, e in zip(operand.shape, operand.strides, expected, strict=True)
    )


def contiguous(address: Address, shape: Shape, dtype: Any) -> Operand:
    """The operand of an array that lies in C order."""
    dtype = np.dtype(dtype)
    return Operand(address, shape, contiguous_strides(shape, dtype.itemsize), dtype)


def broadcast(operand: Operand, shape: Shape) -> Operand:
    """The operand in a larger shape, with stride 0 where it repeats; as np.broadcast_to.

    Raises ValueError if it does not fit.
    """
    missing = len(shape) - len(operand.shape)
    fits = missing >= 0 and all(
        n in (1, m) for n, m in zip(operand.shape, shape[missing:], strict=True)
    )
    if not fits:
        raise ValueError(f"an operand of shape {operand.shape} does not broadcast to {shape}")
    kept = zip(operand.shape, shape[missing:], operand.strides, strict=True)
    strides = (0,) * missing + tuple(0 if n != m else s for n, m, s in kept)
    return operand._replace(shape=shape, strides=strides)


def bounds(operand: Operand) -> tuple[int, int]:
    """The first byte, and the one after the last, that an operand's entries lie in."""
    low = high = int(operand.address)
    if operand.size == 0:
        return low, high
    for length, stride in zip(operand.shape, operand.strides, strict=True):
        reach = (length - 1) * stride
        low, high = low + min(reach, 0), high + max(reach, 0)
    return low, high + operand.dtype.itemsize


def may_overlap(a: Operand, b: Operand) -> bool:
    """Whether a kernel that writes `b` may change `a` before it is read.

    Judged by the first and the last byte, so that views which interleave count as overlapping.
    Operands that are the very same don't: each thread reads an entry before it writes it.
    """
    if a == b:
        return False
    (a_low, a_high), (b_low, b_high) = bounds(a), bounds(b)
    return a_low < b_high and b_low < a_high


@functools.lru_cache(maxsize=4096)
def collapse(shape: Shape, *strides: Shape) -> tuple[Shape, tuple[Shape, ...]]:
    """The same walk over several arrays with fewer axes.

    shape: of all of them, broadcast.
    strides: of each, in any unit. The last one's array is the one that is written.

    Axes of length 1 are dropped, the others sorted so that the last array is walked as it lies in
    memory, and neighbours merged wherever that is one step for every array. At least one axis is
    left. Which entry comes first may change, which entries meet does not.
    """
    if 0 in shape:
        return (0,), tuple((0,) for _ in strides)
    axes = [d for d, n in enumerate(shape) if n > 1]
    axes.sort(key=lambda d: [-abs(s[d]) for s in reversed(strides)])
    lengths: list[int] = []
    steps: list[list[int]] = [[] for _ in strides]
    for d in axes:
        if lengths and all(s[-1] == t[d] * shape[d] for s, t in zip(steps, strides, strict=True)):
            lengths[-1] *= shape[d]
            for s, t in zip(steps, strides, strict=True):
                s[-1] = t[d]
            continue
        lengths.append(shape[d])
        for s, t in zip(steps, strides, strict=True):
            s.append(t[d])
    if not lengths:
        return (1,), tuple((0,) for _ in strides)
    return tuple(lengths), tuple(map(tuple, steps))


@functools.lru_cache(maxsize=4096)
def merge(shape: Shape, strides: Shape) -> tuple[Shape, Shape]:
    """`collapse` of one array, without sorting: entry i in C order stays entry i."""
    if 0 in shape:
        return (0,), (0,)
    lengths: list[int] = []
    steps: list[int] = []
    for n, s in zip(shape, strides, strict=True):
        if n == 1:
            continue
        if lengths and steps[-1] == s * n:
            lengths[-1], steps[-1] = lengths[-1] * n, s
        else:
            lengths.append(n)
            steps.append(s)
    return (tuple(lengths), tuple(steps)) if lengths else ((1,), (0,))


@functools.lru_cache(maxsize=4096)
def in_elements(strides: Shape, itemsize: int) -> Shape:
    """Strides in elements instead of bytes.

    Raises ValueError if one is not a multiple of the element's size.
    """
    if any(s % itemsize for s in strides):
        raise ValueError(
            f"strides {strides} are not multiples of {itemsize} bytes, the size of an element"
        )
    return tuple(s // itemsize for s in strides)


@functools.lru_cache(maxsize=4096)
def layout(shape: Shape, strides: Shape) -> np.ndarray:
    """A kernel's argument `Layout`; strides in elements.

    Raises TooManyAxesError beyond 8 axes.
    """
    if len(shape) > MOST_AXES:
        raise TooManyAxesError(
            f"an array of shape {shape} has {len(shape)} axes that don't merge; a kernel walks at "
            f"most {MOST_AXES}: make it contiguous, or split it"
        )
    record = np.zeros((), LAYOUT)
    record["ndim"] = max(1, len(shape))
    record["shape"][: len(shape)] = shape
    record["strides"][: len(shape)] = strides
    if not shape:
        record["shape"][0] = 1
    record.flags.writeable = False
    return record


def layout_of(operand: Operand) -> np.ndarray:
    """The `Layout` of an operand, its entries in C order."""
    steps = in_elements(operand.strides, operand.dtype.itemsize)
    return layout(*merge(operand.shape, steps))
