"""Reductions over any axes: sums, products, extremes and their places, norms, questions.

The order in which numbers are combined is a fixed tree of the sizes alone. A float32 sum is
accumulated in float32: a thread adds at most ``max(64, length / 2**18)`` numbers one by one, then
come at most 18 levels of a tree, so that the error is at most (64 + 18) 2**-24 of the sum of the
absolute values up to 2**24 numbers; measured errors are hundredths of that. Float16 is accumulated
in float32, float64 in itself, integers and booleans in int64.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from knetengine.gpu.drivers.interface import Address, Driver, Handle
from knetengine.gpu.kernels import geometry, modules
from knetengine.gpu.kernels.modules import Scratch
from knetengine.gpu.kernels.operand import (
    Operand,
    Shape,
    collapse,
    in_elements,
    layout,
)
from knetengine.gpu.kernels.promotion import c_type, computing


class Operation(NamedTuple):
    """A reduction.

    functor: its struct in reductions.cu.
    accumulator: "wide" for int64 or the computing type, "same" for the type of the numbers.
    result: "wide" and "same" likewise, "float" for a floating type, or a dtype.
    empty: whether there is a result of no numbers.
    """

    functor: str
    accumulator: str
    result: str
    empty: bool = True


OPERATIONS: dict[str, Operation] = {
    "sum": Operation("Sum", "wide", "wide"),
    "prod": Operation("Prod", "wide", "wide"),
    "mean": Operation("Mean", "float", "float"),
    "max": Operation("Max", "same", "same", empty=False),
    "min": Operation("Min", "same", "same", empty=False),
    "argmax": Operation("ArgMax", "same", "int64", empty=False),
    "argmin": Operation("ArgMin", "same", "int64", empty=False),
    "sumabs": Operation("SumOfAbs", "wide", "wide"),
    "sumabs2": Operation("SumOfSquares", "wide", "wide"),
    "maxabs": Operation("MaxOfAbs", "same", "same"),
    "minabs": Operation("MinOfAbs", "same", "same", empty=False),
    "norm": Operation("Norm", "float", "float"),
    "countnz": Operation("CountNonzero", "int64", "int64"),
    "any": Operation("Any", "int32", "bool"),
    "all": Operation("All", "int32", "bool"),
}
"""By Knet's names, and NumPy's. The norms of order 1, infinity and -infinity are sumabs, maxabs and
minabs; `norm` is the one of order 2. The mean of no numbers is NaN, other sums of none are 0."""

_PLACED = 16  # bytes of the struct Placed, with any type of number


def result_dtype(name: str, dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype of a reduction's result: NumPy's, but int64 for sums of uint8.

    Raises KeyError for an unknown name.
    """
    return _dtype(OPERATIONS[name].result, dtype)


def _dtype(rule: str, dtype: np.dtype[Any]) -> np.dtype[Any]:
    if rule == "same":
        return dtype
    if rule == "wide":
        return dtype if dtype.kind == "f" else np.dtype(np.int64)
    if rule == "float":
        return dtype if dtype.kind == "f" else np.dtype(np.float64)
    return np.dtype(rule)


def definitions(name: str, dtype: np.dtype[Any]) -> tuple[str, ...]:
    """What the kernels of a reduction are compiled with, for a result of its own dtype."""
    return _options(OPERATIONS[name], dtype, result_dtype(name, dtype))


def _options(operation: Operation, dtype: np.dtype[Any], out: np.dtype[Any]) -> tuple[str, ...]:
    accumulator = computing(_dtype(operation.accumulator, dtype))
    return modules.options(
        T=c_type(dtype), A=c_type(accumulator), O=c_type(out), OP=operation.functor
    )


def reduce(
    driver: Driver,
    name: str,
    x: Operand,
    axes: tuple[int, ...] | None,
    out: Operand,
    *,
    scratch: Scratch,
    stream: Handle = 0,
) -> None:
    """``out = name(x)`` over some axes; as NumPy's functions, NaN included.

    name: a key of `OPERATIONS`.
    axes: which are reduced; None for all.
    out: of the shape of the other axes, of any dtype and strides. `argmax` and `argmin` give places
        in the reduced axes, counted in C order.
    scratch: is asked for memory where the reduction takes two launches.

    Raises KeyError for an unknown name, ValueError for axes or shapes that don't fit and for an
    extreme of no numbers.
    """
    operation = OPERATIONS[name]
    every = tuple(range(len(x.shape)))
    reduced = every if axes is None else _checked(name, axes, len(every))
    kept = tuple(d for d in every if d not in reduced)
    shape = tuple(x.shape[d] for d in kept)
    if out.shape != shape:
        raise ValueError(f"{name}: out has shape {out.shape}; expected {shape}")
    outputs, length = math.prod(shape), math.prod(x.shape[d] for d in reduced)
    if length == 0 and not operation.empty:
        raise ValueError(f"{name}: zero-size array of shape {x.shape} has no {name}")
    if outputs == 0:
        return
    _launch(driver, operation, x, kept, reduced, out, (outputs, length), scratch, stream)


def _checked(name: str, axes: tuple[int, ...], count: int) -> tuple[int, ...]:
    if any(not -count <= d < count for d in axes) or len({d % count for d in axes}) < len(axes):
        raise ValueError(f"{name}: axes are {axes}; expected different axes of {count}")
    return tuple(sorted(d % count for d in axes))


def _launch(
    driver: Driver,
    operation: Operation,
    x: Operand,
    kept: Shape,
    reduced: Shape,
    out: Operand,
    sizes: tuple[int, int],
    scratch: Scratch,
    stream: Handle,
) -> None:
    outputs, length = sizes
    steps = in_elements(x.strides, x.dtype.itemsize)
    out_steps = in_elements(out.strides, out.dtype.itemsize)
    kept_shape, (kept_steps, to_steps) = collapse(
        out.shape, tuple(steps[d] for d in kept), out_steps
    )
    along_shape = tuple(x.shape[d] for d in reduced)
    along_steps = tuple(steps[d] for d in reduced)
    if operation.functor in ("ArgMax", "ArgMin"):  # places count in C order
        along = (along_shape, along_steps) if length else ((0,), (0,))
    else:
        lengths, (merged,) = collapse(along_shape, along_steps)
        along = (lengths, merged)
    neighbours = abs(kept_steps[-1]) < abs(along[1][-1]) if along[1] and length > 1 else True
    plan = geometry.reduction(outputs, length, neighbours and kept_shape != (1,))
    accumulator = _dtype(operation.accumulator, x.dtype)
    compiled = _options(operation, x.dtype, out.dtype)
    rest = Address(0)
    if plan.splits > 1:
        placed = operation.functor in ("ArgMax", "ArgMin")
        nbytes = _PLACED if placed else computing(accumulator).itemsize
        rest = scratch(plan.splits * outputs * nbytes)
    to_layout = layout(kept_shape, to_steps)
    grid, block = plan.geometry(outputs)
    driver.launch(
        modules.compiled(driver, "kn_reduce", "reductions.cu", compiled),
        grid,
        block,
        [
            np.int64(outputs),
            np.int64(length),
            x.address,
            out.address,
            rest,
            layout(kept_shape, kept_steps),
            layout(*along),
            to_layout,
        ],
        stream=stream,
    )
    if plan.splits == 1:
        return
    across = 32 if outputs > 1 else 1
    threads = geometry.power_of_two(plan.splits, 1, geometry.THREADS // across)
    second = geometry.Reduction(across, threads, 1)
    grid, block = second.geometry(outputs)
    driver.launch(
        modules.compiled(driver, "kn_reduce_rest", "reductions.cu", compiled),
        grid,
        block,
        [
            np.int64(outputs),
            np.int64(plan.splits),
            np.int64(length),
            rest,
            out.address,
            to_layout,
        ],
        stream=stream,
    )
