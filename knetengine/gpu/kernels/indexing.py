"""Items of arrays by arrays of indices: taken, written, added to; and the places of what is not 0.

The first axes of an array are the indexed ones, one array of indices for each, all of one shape;
whoever indexes others transposes first, which costs nothing. Indices are int64, contiguous, and
negative ones count from the end. One that is out of range is never followed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knetengine.gpu.drivers.interface import Address, Driver, Handle
from knetengine.gpu.kernels import geometry, modules, scans
from knetengine.gpu.kernels.copying import width
from knetengine.gpu.kernels.modules import Scratch
from knetengine.gpu.kernels.operand import (
    MOST_AXES,
    Operand,
    broadcast,
    contiguous,
    in_elements,
    is_contiguous,
    layout,
    layout_of,
    may_overlap,
    merge,
)
from knetengine.gpu.kernels.promotion import c_type, computing
from knetengine.gpu.kernels.sorting import sort_keys

NO_FAULT = 0x7F7F7F7F7F7F7F7F
"""What eight bytes of faults are before: fill them with the byte 0x7F."""

_INDICES = np.dtype(
    [
        ("count", "<i4"),
        ("addresses", "<u8", (MOST_AXES,)),
        ("sizes", "<i8", (MOST_AXES,)),
        ("strides", "<i8", (MOST_AXES,)),
    ],
    align=True,
)
_CHUNK = 1024  # KN_CHUNK of selecting.cu
_SEGMENT = 32  # KN_CHUNK of segments.cu


@dataclass(frozen=True)
class _Items:
    """An indexed array: the kernels' struct, how many items, the shapes of both parts."""

    indices: np.ndarray
    count: int
    shape: tuple[int, ...]
    places: tuple[int, ...]
    rest: tuple[int, ...]
    steps: tuple[int, ...]

    @property
    def rest_layout(self) -> np.ndarray:
        """Of the entries of an item."""
        return layout(*merge(self.rest, self.steps[len(self.places) :]))

    @property
    def entries(self) -> int:
        """Of an item."""
        return math.prod(self.rest)


def _items(name: str, x: Operand, indices: Sequence[Operand]) -> _Items:
    if not 0 < len(indices) <= min(len(x.shape), MOST_AXES):
        raise ValueError(
            f"{name}: {len(indices)} arrays of indices for an array of shape {x.shape}; expected "
            f"from 1 to {min(len(x.shape), MOST_AXES)}"
        )
    shape = indices[0].shape
    for index in indices:
        if index.dtype != np.int64 or not is_contiguous(index) or index.shape != shape:
            raise ValueError(
                f"{name}: an index is {index.dtype} of shape {index.shape}, strides "
                f"{index.strides}; expected contiguous int64, all of one shape"
            )
    steps = in_elements(x.strides, x.dtype.itemsize)
    count = len(indices)
    record = np.zeros((), _INDICES)
    record["count"] = count
    record["addresses"][:count] = [int(index.address) for index in indices]
    record["sizes"][:count] = x.shape[:count]
    record["strides"][:count] = steps[:count]
    return _Items(record, math.prod(shape), shape, x.shape[:count], x.shape[count:], steps)


def _definitions(operand: Operand) -> tuple[str, ...]:
    return modules.options(T=width(operand.dtype))


def gather(
    driver: Driver,
    x: Operand,
    indices: Sequence[Operand],
    out: Operand,
    *,
    faults: Address | None = None,
    stream: Handle = 0,
) -> None:
    """``out = x[indices]``, for arrays of indices of the first axes of `x`.

    out: of the shape of the indices, then of the axes of `x` that are not indexed; same dtype.
    faults: where the first item (counted in C order of the indices) that has an index out of range
        is left, as int64; `NO_FAULT` before. Such an item is zeros.

    Raises ValueError for indices and shapes that don't fit.
    """
    items = _items("gather", x, indices)
    if out.shape != items.shape + items.rest or out.dtype != x.dtype:
        raise ValueError(
            f"gather: out is {out.dtype} of shape {out.shape}; expected {x.dtype} of shape "
            f"{items.shape + items.rest}"
        )
    if out.size == 0:
        return
    grid, block = geometry.entries(out.size)
    driver.launch(
        modules.compiled(driver, "kn_gather", "indexing.cu", _definitions(x)),
        grid,
        block,
        [
            np.int64(items.count),
            np.int64(items.entries),
            x.address,
            out.address,
            faults or Address(0),
            items.indices,
            items.rest_layout,
            layout_of(out),
        ],
        stream=stream,
    )


def scatter(
    driver: Driver,
    out: Operand,
    indices: Sequence[Operand],
    values: Operand,
    *,
    scratch: Scratch | None,
    faults: Address | None = None,
    stream: Handle = 0,
) -> None:
    """``out[indices] = values``, for arrays of indices of the first axes of `out`.

    values: of the dtype of `out`; they broadcast to the shape that `gather` would give.
    scratch: is asked for 8 bytes for each place that could be indexed, so that of several values
        for one place the last is taken, as in NumPy. None if no place comes twice.
    faults: as for `gather`; values of such items are dropped.

    Raises ValueError for indices and shapes that don't fit, and where `values` overlap `out`.
    """
    items = _items("scatter", out, indices)
    if values.dtype != out.dtype or may_overlap(values, out):
        raise ValueError(
            f"scatter: values are {values.dtype}, out {out.dtype}; expected one dtype, and memory "
            "apart"
        )
    values = broadcast(values, items.shape + items.rest)
    if values.size == 0:
        return
    winners = Address(0)
    if scratch is not None:
        places = math.prod(items.places)
        winners = scratch(max(1, 8 * places))
        driver.fill(winners, 0xFF, max(1, 8 * places), stream)
        grid, block = geometry.entries(items.count)
        driver.launch(
            modules.compiled(driver, "kn_winners", "indexing.cu", _definitions(out)),
            grid,
            block,
            [np.int64(items.count), winners, items.indices],
            stream=stream,
        )
    grid, block = geometry.entries(values.size)
    driver.launch(
        modules.compiled(driver, "kn_scatter", "indexing.cu", _definitions(out)),
        grid,
        block,
        [
            np.int64(items.count),
            np.int64(items.entries),
            values.address,
            out.address,
            faults or Address(0),
            winners,
            items.indices,
            layout_of(values),
            items.rest_layout,
        ],
        stream=stream,
    )


def scatter_add(
    driver: Driver,
    out: Operand,
    indices: Sequence[Operand],
    values: Operand,
    *,
    scratch: Scratch,
    faults: Address | None = None,
    stream: Handle = 0,
) -> None:
    """``np.add.at(out, indices, values)``, for arrays of indices of the first axes of `out`.

    out: float16, float32, float64, int32 or int64; float16 is added up in float32.
    values, faults: as for `scatter`.
    scratch: is asked for about 40 bytes an item, and for as many numbers as 1/16 of the values.

    What is added up at a place is so in the order of the items, whatever the device: the items are
    sorted by place first. Raises ValueError as `scatter`.
    """
    items = _items("scatter_add", out, indices)
    if values.dtype != out.dtype or may_overlap(values, out) or out.dtype.kind not in "fi":
        raise ValueError(
            f"scatter_add: values are {values.dtype}, out {out.dtype}; expected one dtype, floats "
            "or signed integers, and memory apart"
        )
    values = broadcast(values, items.shape + items.rest)
    if values.size == 0:
        return
    bound = math.prod(items.places)
    keys = scratch(8 * items.count)
    grid, block = geometry.entries(items.count)
    driver.launch(
        modules.compiled(driver, "kn_keys", "indexing.cu", _definitions(out)),
        grid,
        block,
        [np.int64(items.count), np.int64(bound), keys, faults or Address(0), items.indices],
        stream=stream,
    )
    ordered = sort_keys(driver, keys, items.count, bound + 1, scratch=scratch, stream=stream)
    accumulator = computing(out.dtype)
    chunks = geometry.ceiling(items.count, _SEGMENT)
    edges = [scratch(chunks * items.entries * accumulator.itemsize) for _ in range(2)]
    definitions = modules.options(T=c_type(out.dtype), A=c_type(accumulator))
    places = layout(*merge(items.places, items.steps[: len(items.places)]))
    sizes = [np.int64(items.count), np.int64(items.entries), np.int64(bound)]
    grid, block = geometry.entries(chunks * items.entries)
    driver.launch(
        modules.compiled(driver, "kn_segment_sums", "segments.cu", definitions),
        grid,
        block,
        [
            *sizes,
            ordered.keys,
            ordered.order,
            values.address,
            out.address,
            *edges,
            layout_of(values),
            places,
            items.rest_layout,
        ],
        stream=stream,
    )
    if chunks == 1:
        return
    grid, block = geometry.entries((chunks - 1) * items.entries)
    driver.launch(
        modules.compiled(driver, "kn_segment_rest", "segments.cu", definitions),
        grid,
        block,
        [*sizes, ordered.keys, out.address, *edges, places, items.rest_layout],
        stream=stream,
    )


@dataclass(frozen=True)
class Selection:
    """What `count_nonzero` found: how many entries are not 0, and what `nonzero` needs to know."""

    count: int
    x: Operand
    ends: Address


def count_nonzero(driver: Driver, x: Operand, *, scratch: Scratch, stream: Handle = 0) -> Selection:
    """How many entries are not 0; waits for the answer.

    scratch: has to stay until `nonzero` is done.
    """
    if x.size == 0:
        return Selection(0, x, Address(0))
    chunks = geometry.ceiling(x.size, _CHUNK)
    counts = contiguous(scratch(8 * chunks), (chunks,), np.int64)
    driver.launch(
        modules.compiled(driver, "kn_count", "selecting.cu", modules.options(T=c_type(x.dtype))),
        (min(chunks, geometry.MOST_BLOCKS), 1, 1),
        (geometry.THREADS, 1, 1),
        [np.int64(x.size), np.int64(chunks), x.address, counts.address, layout_of(x)],
        stream=stream,
    )
    scans.scan(driver, "cumsum", counts, 0, counts, scratch=scratch, stream=stream)
    total = np.empty(1, np.int64)
    driver.to_host(total, Address(counts.address + 8 * (chunks - 1)), stream)
    return Selection(int(total[0]), x, counts.address)


def nonzero(driver: Driver, selection: Selection, out: Operand, *, stream: Handle = 0) -> None:
    """The indices of the entries that are not 0, in C order; as np.nonzero, and contiguous.

    out: int64, contiguous, (axes, count): a row of indices for each axis of the array.

    Raises ValueError for another `out`.
    """
    x = selection.x
    shape = (len(x.shape), selection.count)
    if out.shape != shape or out.dtype != np.int64 or not is_contiguous(out):
        raise ValueError(
            f"nonzero: out is {out.dtype} of shape {out.shape}; expected contiguous int64 of shape "
            f"{shape}"
        )
    if out.size == 0:
        return
    chunks = geometry.ceiling(x.size, _CHUNK)
    driver.launch(
        modules.compiled(driver, "kn_select", "selecting.cu", modules.options(T=c_type(x.dtype))),
        (min(chunks, geometry.MOST_BLOCKS), 1, 1),
        (geometry.THREADS, 1, 1),
        [
            np.int64(x.size),
            np.int64(chunks),
            np.int64(selection.count),
            x.address,
            selection.ends,
            out.address,
            layout_of(x),
            layout(x.shape, (0,) * len(x.shape)),
        ],
        stream=stream,
    )
