"""A stable sort of whole numbers, and where each of them was."""

from typing import NamedTuple

import numpy as np

from knetengine.gpu.drivers.interface import Address, Driver, Handle
from knetengine.gpu.kernels import geometry, modules, scans
from knetengine.gpu.kernels.modules import Scratch
from knetengine.gpu.kernels.operand import contiguous

_TILE = 1024  # KN_TILE of sorting.cu
_DIGITS, _BITS = 16, 4


class Sorted(NamedTuple):
    """Keys in order, and which place each had before; int64 both."""

    keys: Address
    order: Address


def sort_keys(
    driver: Driver, keys: Address, count: int, bound: int, *, scratch: Scratch, stream: Handle = 0
) -> Sorted:
    """Sort keys, equal ones in the order they had.

    keys: int64, from 0 to below `bound`; they are overwritten.
    count: how many, at least 1.
    scratch: is asked for 24 bytes a key, and what is returned is part of it.
    """
    tiles = geometry.ceiling(count, _TILE)
    grid, block = (min(tiles, geometry.MOST_BLOCKS), 1, 1), (geometry.THREADS, 1, 1)
    totals, ends = scratch(8 * _DIGITS * tiles), scratch(8 * _DIGITS * tiles)
    there = [keys, scratch(8 * count)]
    orders = [Address(0), scratch(8 * count), scratch(8 * count)]
    order, target = orders[0], orders[1]
    for shift in range(0, max(1, (bound - 1).bit_length()), _BITS):
        sizes = [np.int64(count), np.int64(tiles), np.int32(shift)]
        driver.launch(
            modules.compiled(driver, "kn_digit_totals", "sorting.cu"),
            grid,
            block,
            [*sizes, there[0], totals],
            stream=stream,
        )
        scans.scan(
            driver,
            "cumsum",
            contiguous(totals, (_DIGITS * tiles,), np.int64),
            0,
            contiguous(ends, (_DIGITS * tiles,), np.int64),
            scratch=scratch,
            stream=stream,
        )
        driver.launch(
            modules.compiled(driver, "kn_digit_scatter", "sorting.cu"),
            grid,
            block,
            [*sizes, there[0], order, totals, ends, there[1], target],
            stream=stream,
        )
        there.reverse()
        order, target = target, orders[2] if target == orders[1] else orders[1]
    return Sorted(there[0], order)
