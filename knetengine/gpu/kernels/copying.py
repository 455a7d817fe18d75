"""Copies: strided, transposed, triangles of matrices; many arrays to one, and one to many."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from knetengine.gpu.drivers.interface import Address, Driver, Handle
from knetengine.gpu.kernels import elementwise, geometry, modules
from knetengine.gpu.kernels.modules import Scratch
from knetengine.gpu.kernels.operand import (
    MOST_AXES,
    Operand,
    broadcast,
    collapse,
    in_elements,
    is_contiguous,
    layout,
    layout_of,
    may_overlap,
)
from knetengine.gpu.kernels.promotion import NoKernelError, c_type

WIDTHS = {1: "u8", 2: "u16", 4: "u32", 8: "u64"}
"""The C++ types that numbers are copied as, by their size in bytes."""

_TILE = 32  # KN_TILE of copying.cu
_FEW = (
    24  # KN_PARTS of copying.cu: 24 parts of 96 bytes and a layout are 2.4 of the 4 KB of arguments
)

_MATRICES = np.dtype(
    [
        (name, "<i8")
        for name in (
            "batch", "height", "width", "from_matrix", "from_column", "to_matrix", "to_row"
        )
    ]
)  # fmt: skip
_PART = np.dtype(
    [
        ("address", "<u8"),
        ("start", "<i8"),
        ("size", "<i8"),
        ("length", "<i8"),
        ("strides", "<i8", (MOST_AXES,)),
    ]
)
_PARTS = np.dtype([("part", _PART, (_FEW,))])


def _kernel(driver: Driver, name: str, dtype: np.dtype[Any]) -> Handle:
    return modules.compiled(driver, name, "copying.cu", modules.options(T=width(dtype)))


def width(dtype: np.dtype[Any]) -> str:
    """The C++ type that numbers of a dtype are copied as. Raises NoKernelError beyond 8 bytes."""
    try:
        return WIDTHS[dtype.itemsize]
    except KeyError:
        raise NoKernelError(
            f"dtype {dtype} has {dtype.itemsize} bytes; expected 1, 2, 4 or 8", f"of {dtype}"
        ) from None


def copy(driver: Driver, x: Operand, out: Operand, *, stream: Handle = 0) -> None:
    """``out[...] = x``, converted to the dtype of `out`; `x` broadcasts to its shape.

    Of equal dtypes a copy in one piece is the driver's own, and one that exchanges axes goes by
    tiles. Raises ValueError where the two overlap, and for shapes that don't broadcast.
    """
    x = broadcast(x, out.shape)
    if x.dtype != out.dtype:
        elementwise.cast(driver, x, out, stream=stream)
        return
    if out.size == 0 or x == out:
        return
    if may_overlap(x, out):
        raise ValueError("copy: `out` overlaps what is copied; copy that to another place first")
    itemsize = out.dtype.itemsize
    steps = (in_elements(x.strides, itemsize), in_elements(out.strides, itemsize))
    shape, (x_steps, out_steps) = collapse(out.shape, *steps)
    if len(shape) == 1 and (shape == (1,) or x_steps == out_steps == (1,)):
        driver.copy(out.address, x.address, out.size * itemsize, stream)
    elif not _transpose(driver, x, out, shape, x_steps, out_steps, stream):
        grid, block = geometry.entries(out.size)
        driver.launch(
            _kernel(driver, "kn_copy", out.dtype),
            grid,
            block,
            [
                np.int64(out.size),
                x.address,
                out.address,
                layout(shape, x_steps),
                layout(shape, out_steps),
            ],
            stream=stream,
        )


def _transpose(
    driver: Driver,
    x: Operand,
    out: Operand,
    shape: tuple[int, ...],
    x_steps: tuple[int, ...],
    out_steps: tuple[int, ...],
    stream: Handle,
) -> bool:
    """Copy by tiles if that is worth it; whether it was.

    It is where `out` lies along its last axis and `x` along another one, and both are long: then
    a warp of the plain copy reads numbers from 32 places. Up to one further axis counts matrices.
    """
    if not 2 <= len(shape) <= 3 or out_steps[-1] != 1 or 1 not in x_steps[:-1]:
        return False
    row = x_steps.index(1)
    if shape[row] < _TILE // 2 or shape[-1] < _TILE // 2:
        return False
    others = [d for d in range(len(shape) - 1) if d != row]
    batch, x_matrix, out_matrix = (
        (shape[others[0]], x_steps[others[0]], out_steps[others[0]]) if others else (1, 0, 0)
    )
    shapes = (batch, shape[row], shape[-1], x_matrix, x_steps[-1], out_matrix, out_steps[row])
    grid, block = geometry.tiles(batch, shape[row], shape[-1], _TILE, 8)
    driver.launch(
        _kernel(driver, "kn_transpose", out.dtype),
        grid,
        block,
        [x.address, out.address, np.array(shapes, _MATRICES)],
        stream=stream,
    )
    return True


def triangle(
    driver: Driver,
    x: Operand,
    out: Operand,
    *,
    lower: bool,
    diagonal: int = 0,
    stream: Handle = 0,
) -> None:
    """The matrices ``x[..., :, :]`` with zeros on one side of a diagonal: np.tril and np.triu.

    lower: whether the part below is kept.
    diagonal: which one; 0 is the main one, positive ones are above.
    out: contiguous, of the shape and dtype of `x`.

    Raises ValueError for an `out` that is not so.
    """
    if x.shape != out.shape or x.dtype != out.dtype or not is_contiguous(out) or len(x.shape) < 2:
        raise ValueError(
            f"triangle: x is {x.dtype} of shape {x.shape}, out {out.dtype} of shape {out.shape}; "
            "expected matrices, and a contiguous `out` of the same shape and dtype"
        )
    if out.size == 0:
        return
    rows, columns = out.shape[-2:]
    grid, block = geometry.entries(out.size)
    driver.launch(
        _kernel(driver, "kn_triangle", out.dtype),
        grid,
        block,
        [
            np.int64(out.size),
            np.int64(rows),
            np.int64(columns),
            np.int64(max(-rows, min(columns, diagonal))),
            np.int32(lower),
            x.address,
            out.address,
            layout_of(x),
        ],
        stream=stream,
    )


def concatenate(
    driver: Driver,
    arrays: Sequence[Operand],
    axis: int,
    out: Operand,
    *,
    scratch: Scratch,
    stream: Handle = 0,
) -> None:
    """``out = np.concatenate(arrays, axis)``, any number of arrays in one launch.

    arrays, out: of one dtype, with any strides, and at most 8 axes.
    scratch: is asked for memory where there are more than 24 arrays.

    Raises ValueError for shapes that don't fit, for other dtypes, and where `out` overlaps one of
    the arrays.
    """
    _join(driver, "join", arrays, axis, out, scratch, stream)


def split(
    driver: Driver,
    x: Operand,
    axis: int,
    outs: Sequence[Operand],
    *,
    scratch: Scratch,
    stream: Handle = 0,
) -> None:
    """Copy the pieces of `x` along an axis to arrays of their own: `concatenate` undone."""
    _join(driver, "split", outs, axis, x, scratch, stream)


def _join(
    driver: Driver,
    what: str,
    arrays: Sequence[Operand],
    axis: int,
    whole: Operand,
    scratch: Scratch,
    stream: Handle,
) -> None:
    _check(what, arrays, axis, whole)
    axis %= len(whole.shape)
    itemsize = whole.dtype.itemsize
    steps = in_elements(whole.strides, itemsize)
    parts: list[tuple[Any, ...]] = []
    start = 0
    for array in arrays:
        if array.size:
            its_steps = in_elements(array.strides, itemsize)
            padded = its_steps + (0,) * (MOST_AXES - len(its_steps))
            length = array.shape[axis]
            parts.append((int(array.address), start * steps[axis], array.size, length, padded))
        start += array.shape[axis]
    if not parts:
        return
    grid, block = geometry.lists(len(parts), max(part[2] for part in parts), most=4096)
    if len(parts) <= _FEW:
        table = np.zeros((), _PARTS)
        table["part"][: len(parts)] = parts
        name, where = f"kn_{what}", table
    else:
        table = np.array(parts, _PART)
        where = scratch(table.nbytes)
        driver.to_device(Address(where), table, stream)
        name = f"kn_{what}_many"
    driver.launch(
        _kernel(driver, name, whole.dtype),
        grid,
        block,
        [
            where,
            np.int32(len(parts)),
            np.int32(axis),
            whole.address,
            layout(whole.shape, steps),
        ],
        stream=stream,
    )


def _check(what: str, arrays: Sequence[Operand], axis: int, whole: Operand) -> None:
    if not -len(whole.shape) <= axis < len(whole.shape):
        raise ValueError(f"{what}: axis is {axis}; the whole has shape {whole.shape}")
    axis %= len(whole.shape)
    rest = whole.shape[:axis] + whole.shape[axis + 1 :]
    for number, array in enumerate(arrays):
        if array.dtype != whole.dtype:
            raise ValueError(
                f"{what}: array {number} is {array.dtype}, the whole {whole.dtype}; cast it first"
            )
        if (
            len(array.shape) != len(whole.shape)
            or array.shape[:axis] + array.shape[axis + 1 :] != rest
        ):
            raise ValueError(
                f"{what}: array {number} has shape {array.shape}; expected that of the whole, "
                f"{whole.shape}, but for axis {axis}"
            )
        if may_overlap(array, whole):
            raise ValueError(f"{what}: array {number} overlaps the whole")
    total = sum(array.shape[axis] for array in arrays)
    if total != whole.shape[axis]:
        raise ValueError(
            f"{what}: the arrays have {total} entries along axis {axis}, the whole "
            f"{whole.shape[axis]}"
        )


def arange(driver: Driver, out: Operand, start: float, step: float, *, stream: Handle = 0) -> None:
    """``out[i] = start + i * step``, rounded once, in the dtype of `out`; it has one axis.

    Raises ValueError for another number of axes.
    """
    if len(out.shape) != 1:
        raise ValueError(f"arange: out has shape {out.shape}; expected one axis")
    if out.size == 0:
        return
    wide = np.float64 if out.dtype.kind == "f" else np.int64
    names = {"T": c_type(out.dtype), "A": "double" if out.dtype.kind == "f" else "i64"}
    grid, block = geometry.entries(out.size)
    driver.launch(
        modules.compiled(driver, "kn_arange", "arange.cu", modules.options(**names)),
        grid,
        block,
        [
            np.int64(out.size),
            wide(start),
            wide(step),
            out.address,
            np.int64(in_elements(out.strides, out.dtype.itemsize)[0]),
        ],
        stream=stream,
    )
