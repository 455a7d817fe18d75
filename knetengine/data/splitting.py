"""Divide data into a training and a test part."""

from typing import Any

import numpy as np

Pair = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]


def split(
    x: np.ndarray[Any, Any],
    y: np.ndarray[Any, Any],
    test: float,
    generator: np.random.Generator | None = None,
) -> tuple[Pair, Pair]:
    """The pairs `(x, y)` for training and for testing, each row in one of them, at random.

    x (N, ...), y (N, ...); `test` is the share of rows for testing, rounded to whole rows. With
    0 nothing is shuffled and both pairs are all of the data, as Knet's examples have it.
    Raises ValueError when `test` is not in [0, 1) or leaves no row to train on.
    """
    rows = len(x)
    if len(y) != rows:
        raise ValueError(f"x has {rows} rows and y has {len(y)}: they must have as many")
    if not 0 <= test < 1:
        raise ValueError(f"the test share must be at least 0 and below 1, not {test}")
    test_rows = round(rows * test)
    if test_rows == rows:
        raise ValueError(f"a test share of {test} leaves none of {rows} rows to train on")
    if test_rows == 0:
        return (x, y), (x, y)
    order = (generator or np.random.default_rng()).permutation(rows)
    trn, tst = order[test_rows:], order[:test_rows]
    return (x[trn], y[trn]), (x[tst], y[tst])
