"""Running sums, products and extremes along an axis: np.cumsum, np.maximum.accumulate."""

from typing import Any

import numpy as np

from knetengine.gpu.drivers.interface import Address, Driver, Handle
from knetengine.gpu.kernels import geometry, modules
from knetengine.gpu.kernels.modules import Scratch
from knetengine.gpu.kernels.operand import Operand, contiguous, in_elements, layout, merge
from knetengine.gpu.kernels.promotion import c_type, computing

OPERATIONS = {"cumsum": "Sum", "cumprod": "Prod", "cummax": "Max", "cummin": "Min"}

_CHUNK = 1024  # KN_CHUNK of scans.cu


def result_dtype(name: str, dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype of a scan's result: NumPy's, but int64 for sums of uint8."""
    wide = dtype.kind != "f" and name in ("cumsum", "cumprod")
    return np.dtype(np.int64) if wide else dtype


def definitions(name: str, dtype: np.dtype[Any]) -> tuple[str, ...]:
    """What the kernels of a scan are compiled with, for a result of its own dtype."""
    return _options(name, dtype, result_dtype(name, dtype))


def _options(name: str, dtype: np.dtype[Any], out: np.dtype[Any]) -> tuple[str, ...]:
    accumulator = computing(result_dtype(name, dtype))
    return modules.options(
        T=c_type(dtype), A=c_type(accumulator), O=c_type(out), OP=OPERATIONS[name]
    )


def scan(
    driver: Driver,
    name: str,
    x: Operand,
    axis: int,
    out: Operand,
    *,
    scratch: Scratch,
    stream: Handle = 0,
) -> None:
    """``out = name(x, axis)``; entry i combines the entries up to and with i.

    name: a key of `OPERATIONS`.
    out: of the shape of `x`, of any dtype and strides. It may be `x`.
    scratch: is asked for memory where the axis is longer than 1024.

    Float16 is accumulated in float32, integers in int64; the order is a fixed tree.
    Raises KeyError for an unknown name, ValueError for an axis or shape that doesn't fit.
    """
    count = len(x.shape)
    if out.shape != x.shape or not -count <= axis < count:
        raise ValueError(
            f"{name}: x has shape {x.shape}, out {out.shape}, axis is {axis}; expected equal "
            "shapes, and an axis of theirs"
        )
    if out.size == 0:
        return
    accumulator = computing(result_dtype(name, x.dtype))
    axis %= count
    length = x.shape[axis]
    rows = x.size // length
    chunks = geometry.ceiling(length, _CHUNK)
    steps = in_elements(x.strides, x.dtype.itemsize)
    to_steps = in_elements(out.strides, out.dtype.itemsize)
    others = [d for d in range(count) if d != axis]
    shape = tuple(x.shape[d] for d in others)
    kept = layout(*merge(shape, tuple(steps[d] for d in others)))
    to_kept = layout(*merge(shape, tuple(to_steps[d] for d in others)))
    compiled = _options(name, x.dtype, out.dtype)
    grid = (min(rows * chunks, geometry.MOST_BLOCKS), 1, 1)
    block = (geometry.THREADS, 1, 1)
    sizes = [np.int64(rows), np.int64(length), np.int64(chunks)]
    ends = Address(0)
    if chunks > 1:
        ends = scratch(rows * chunks * accumulator.itemsize)
        driver.launch(
            modules.compiled(driver, "kn_scan_totals", "scans.cu", compiled),
            grid,
            block,
            [*sizes, x.address, ends, np.int64(steps[axis]), kept],
            stream=stream,
        )
        totals = contiguous(ends, (rows, chunks), accumulator)
        scan(driver, name, totals, 1, totals, scratch=scratch, stream=stream)
    driver.launch(
        modules.compiled(driver, "kn_scan", "scans.cu", compiled),
        grid,
        block,
        [
            *sizes,
            x.address,
            out.address,
            ends,
            np.int64(steps[axis]),
            np.int64(to_steps[axis]),
            kept,
            to_kept,
        ],
        stream=stream,
    )
