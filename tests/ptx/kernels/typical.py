"""Launches whose counts are kept: each kernel on arrays of a typical layout, float32, few numbers.

A case is a function of a board. It may launch several kernels; each is counted for itself.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from knetengine.gpu.drivers.interface import Address
from knetengine.gpu.kernels import copying, elementwise, indexing, random, reductions, scans
from knetengine.gpu.kernels.operand import Operand
from knetengine.gpu.kernels.sorting import sort_keys
from tests.knetengine.gpu.kernels.board import Board

Case = Callable[[Board], None]

F32 = np.dtype(np.float32)


def numbers(board: Board, *shape: int, seed: int = 0, dtype: Any = F32) -> Operand:
    """Numbers of the standard normal distribution, contiguous."""
    generator = np.random.default_rng(seed)
    return board.put(np.asarray(generator.standard_normal(shape)).astype(dtype))


def whole(board: Board, most: int, *shape: int, seed: int = 0) -> Operand:
    """Integers from 0 to below `most`, int64."""
    return board.put(np.random.default_rng(seed).integers(0, most, shape))


def cases() -> dict[str, Case]:
    """All but those of layers, by name."""
    found: dict[str, Case] = {}
    for name, case in (*_entries(), *_copies(), *_sums(), *_items(), *_random()):
        found[name] = case
    return found


Named = Iterator[tuple[str, Case]]


def _entries() -> Named:
    """One argument, two and three: in one piece, transposed, and broadcast."""

    def apply(name: str, count: int, view: str) -> Case:
        def case(board: Board) -> None:
            arrays = [numbers(board, 64, 96, seed=k) for k in range(count)]
            if view == "transposed":
                arrays = [a._replace(shape=(96, 64), strides=a.strides[::-1]) for a in arrays]
            elif view == "broadcast":
                arrays[-1] = numbers(board, 96)
            out = board.empty(arrays[0].shape, F32)
            elementwise.apply(board.driver, name, arrays, out)

        return case

    for name, count in (("positive", 1), ("add", 2), ("multiply_add", 3)):
        for view in ("flat", "transposed", "broadcast"):
            if (count, view) != (1, "broadcast"):
                yield f"{name} {view}", apply(name, count, view)

    def casts(board: Board) -> None:
        for dtype in (np.float16, np.float64, np.int32, np.uint8, np.bool_):
            elementwise.cast(board.driver, numbers(board, 4096), board.empty((4096,), dtype))

    yield "cast from float32", casts


def _copies() -> Named:
    def copy(view: Callable[[Operand], Operand]) -> Case:
        def case(board: Board) -> None:
            x = view(numbers(board, 64, 96))
            copying.copy(board.driver, x, board.empty(x.shape, F32))

        return case

    yield (
        "copy of every second column",
        copy(lambda a: a._replace(shape=(64, 48), strides=(384, 8))),
    )
    yield "copy transposed", copy(lambda a: a._replace(shape=(96, 64), strides=(4, 384)))

    def triangle(board: Board) -> None:
        x = numbers(board, 64, 96)
        copying.triangle(board.driver, x, board.empty(x.shape, F32), lower=True)

    def join(count: int) -> Case:
        def case(board: Board) -> None:
            parts = [numbers(board, 16, 24, seed=k) for k in range(count)]
            out = board.empty((16, 24 * count), F32)
            copying.concatenate(board.driver, parts, 1, out, scratch=board.scratch)
            copying.split(board.driver, out, 1, parts, scratch=board.scratch)

        return case

    yield "triangle", triangle
    yield "join and split 4", join(4)
    yield "join and split 40", join(40)
    yield "arange", lambda board: copying.arange(board.driver, board.empty((4096,), F32), 0, 1)


def _sums() -> Named:
    def reduce(name: str, shape: tuple[int, ...], axes: tuple[int, ...] | None) -> Case:
        def case(board: Board) -> None:
            kept = tuple(n for d, n in enumerate(shape) if axes is not None and d not in axes)
            out = board.empty(kept, reductions.result_dtype(name, F32))
            x = numbers(board, *shape)
            reductions.reduce(board.driver, name, x, axes, out, scratch=board.scratch)

        return case

    for name in reductions.OPERATIONS:
        yield f"{name} of rows", reduce(name, (64, 96), (1,))
    for name in ("sum", "argmax"):
        yield f"{name} of columns", reduce(name, (64, 96), (0,))
        yield f"{name} of all", reduce(name, (40_000,), None)

    def scan(name: str, axis: int) -> Case:
        def case(board: Board) -> None:
            x = numbers(board, 6, 1500) if axis else numbers(board, 1500, 6)
            out = board.empty(x.shape, F32)
            scans.scan(board.driver, name, x, axis, out, scratch=board.scratch)

        return case

    for name in scans.OPERATIONS:
        yield f"{name} of rows", scan(name, 1)
    yield "cumsum of columns", scan("cumsum", 0)


def _items() -> Named:
    def gather(board: Board) -> None:
        index = whole(board, 200, 300)
        word = board.scratch(8)
        board.driver.fill(word, 0x7F, 8)
        out = board.empty((300, 32), F32)
        indexing.gather(board.driver, numbers(board, 200, 32), [index], out, faults=word)

    def scatter(board: Board) -> None:
        target, values = numbers(board, 200, 32), numbers(board, 300, 32)
        index = [whole(board, 200, 300)]
        indexing.scatter(board.driver, target, index, values, scratch=board.scratch)

    def scatter_add(board: Board) -> None:
        target, values = numbers(board, 50, 32), numbers(board, 1500, 32)
        index = [whole(board, 50, 1500)]
        indexing.scatter_add(board.driver, target, index, values, scratch=board.scratch)

    def nonzero(board: Board) -> None:
        x = numbers(board, 50, 60)
        found = indexing.count_nonzero(board.driver, x, scratch=board.scratch)
        out = board.empty((2, found.count), np.int64)
        indexing.nonzero(board.driver, found, out)

    def sort(board: Board) -> None:
        keys: Address = whole(board, 200, 3000).address
        sort_keys(board.driver, keys, 3000, 200, scratch=board.scratch)

    yield "gather rows", gather
    yield "scatter rows", scatter
    yield "scatter_add rows", scatter_add
    yield "nonzero", nonzero
    yield "sort", sort


def _random() -> Named:
    def floats(function: Callable[..., None]) -> Case:
        return lambda board: function(board.driver, board.empty((4096,), F32), 1, 2)

    def integers(board: Board) -> None:
        random.integers(board.driver, board.empty((4096,), np.int32), 1, 2, 0, 1000)

    yield "uniform", floats(random.uniform)
    yield "normal", floats(random.normal)
    yield "integers", integers
