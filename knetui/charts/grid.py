"""How many charts there is room for, and where."""

import math
from typing import NamedTuple

LEAST_COLUMNS, LEAST_ROWS = 36, 8  # of a chart among others
GAP = 2
ASPECT = 4.0  # columns for each row: as wide as high twice over, on cells twice as high as wide


class Place(NamedTuple):
    """Where a chart goes."""

    column: int
    row: int
    width: int
    height: int


def grid(count: int, width: int, height: int) -> list[Place]:
    """Places for `count` charts as near to twice as wide as high as can be; empty without room."""
    if count == 1:
        return [Place(0, 0, width, height)]
    best: list[Place] = []
    worst = math.inf
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        each = (width - GAP * (columns - 1)) // columns
        high = height // rows
        if each < LEAST_COLUMNS or high < LEAST_ROWS:
            continue
        off = abs(math.log(each / high / ASPECT))
        if off < worst:
            worst = off
            best = [
                Place((i % columns) * (each + GAP), (i // columns) * high, each, high)
                for i in range(count)
            ]
    return best
