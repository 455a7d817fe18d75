"""Cases for functions that write into their first argument."""

from typing import Any

import numpy as np

from tests.knetengine.autograd.rules.case import Case

MASK = np.array([[True, False, True], [False, True, True]])


def filled(m: Any, x: Any, fill: Any, *args: Any, **options: Any) -> Any:
    """What becomes of a copy of `x`."""
    y = m.copy(x) * 2.0
    fill(y, *args, **options)
    return y * x


CASES = {
    "put": Case(lambda m, x, v: filled(m, x, m.put, [5, -6, 2], v), ((2, 3), (3,)), complex=True),
    "put again and again": Case(
        lambda m, x, v: filled(m, x, m.put, [[0, 1], [2, 3], [1, 5]], v), ((2, 3), (2,))
    ),
    "put wrap": Case(lambda m, x, v: filled(m, x, m.put, [7, -1], v, mode="wrap"), ((2, 3), (2,))),
    "put clip": Case(lambda m, x, v: filled(m, x, m.put, [9, -9], v, "clip"), ((2, 3), ())),
    "put nothing": Case(lambda m, x: filled(m, x, m.put, [1], [])),
    "put_along_axis": Case(
        lambda m, x, v: filled(m, x, m.put_along_axis, np.array([[2, 0], [1, -1]]), v, 1),
        ((2, 3), (2, 2)),
        complex=True,
    ),
    "put_along_axis twice": Case(
        lambda m, x, v: filled(m, x, m.put_along_axis, np.array([[0, 1, 0], [1, 1, 0]]), v, -2),
        ((2, 3), (1, 3)),
    ),
    "put_along_axis flat": Case(
        lambda m, x, v: filled(m, x, m.put_along_axis, np.array([4, 0]), v, None), ((2, 3), ())
    ),
    "place": Case(lambda m, x, v: filled(m, x, m.place, MASK, v), ((2, 3), (3,)), complex=True),
    "place a number": Case(lambda m, x: filled(m, x, m.place, MASK, [1.5])),
    "putmask": Case(lambda m, x, v: filled(m, x, m.putmask, MASK, v), ((2, 3), (2, 3))),
    "putmask fewer": Case(lambda m, x, v: filled(m, x, m.putmask, MASK, v), ((2, 3), (4,))),
    "fill_diagonal": Case(
        lambda m, x, v: filled(m, x, m.fill_diagonal, v), ((3, 3), ()), complex=True
    ),
    "fill_diagonal tall": Case(
        lambda m, x, v: filled(m, x, m.fill_diagonal, v, wrap=True), ((5, 2), (3,))
    ),
    "fill_diagonal of a cube": Case(
        lambda m, x, v: filled(m, x, m.fill_diagonal, v), ((2, 2, 2), (2,))
    ),
    "copyto": Case(lambda m, x, v: filled(m, x, m.copyto, v), ((2, 3), (3,)), complex=True),
    "copyto where": Case(
        lambda m, x, v: filled(m, x, m.copyto, v, where=MASK[0]), ((2, 3), (2, 1))
    ),
    "copyto a number": Case(lambda m, x: filled(m, x, m.copyto, 1.5, where=MASK)),
}
