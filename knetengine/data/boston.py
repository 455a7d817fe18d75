"""The Boston housing data: what towns are like, and what a house costs there."""

from typing import Any

import numpy as np

from knetengine.data.places import find

Array = np.ndarray[Any, Any]


def housing(dtype: Any = np.float64) -> tuple[Array, Array]:
    """Inputs x (506, 13) and prices y (506, 1) in $1000, in the order of UCI's file.

    Each input has mean 0 and standard deviation 1 over all 506 rows (N-1 in the deviation), as
    in Knet's housing.jl. Column 11 of x (B) is a racial variable, for which other libraries
    removed the set; it stays because published figures rest on it.
    Raises DataError for a damaged file.
    Source: UCI's housing.data, bundled; see data/files/README.md.
    """
    table = find("housing").decode("housing.data", _table)
    x, y = table[:, :-1], table[:, -1:]
    x = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    return x.astype(dtype), y.astype(dtype)


def _table(content: bytes) -> Array:
    numbers = np.array(content.split(), np.float64)
    if numbers.size != 506 * 14:
        raise ValueError(f"has {numbers.size:,} numbers, expected 506 rows of 14")
    return numbers.reshape(506, 14)
