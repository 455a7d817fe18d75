"""Sorting, and what is made of it: partitions and sets. The order itself is a constant.

Of equal entries, the sets keep the first and give it the gradient.
"""

from typing import Any

import numpy as np

from knetengine.autograd.primitives import Function, composed
from knetengine.autograd.recorded import plain
from knetengine.autograd.rules.indexing import permuted


@composed(np.sort)
def _sort(a: Any, axis: int | None = -1, *args: Any, **options: Any) -> Any:
    if axis is None:
        a, axis = np.ravel(a), -1
    return permuted(a, np.argsort(plain(a), axis, *args, **options), axis)


@composed(np.partition)
def _partition(a: Any, kth: Any, axis: int | None = -1, *args: Any, **options: Any) -> Any:
    if axis is None:
        a, axis = np.ravel(a), -1
    return permuted(a, np.argpartition(plain(a), kth, axis, *args, **options), axis)


@composed(np.sort_complex)
def _sort_complex(a: Any) -> Any:
    entries = np.sort(a)
    return np.astype(entries, np.sort_complex(np.zeros(1, entries.dtype)).dtype)


# Sets


def _entries(x: Any, values: Any) -> Any:
    """The first entries of `x` that have these values."""
    entries = np.ravel(x)
    known = plain(entries)
    order = np.argsort(known, kind="stable")
    return entries[order[np.searchsorted(known, values, sorter=order)]]


@composed(np.unique)
def _unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any:
    """Indices and counts are constants."""
    _, places, *others = np.unique(
        plain(ar), True, return_inverse, return_counts, axis, equal_nan=equal_nan
    )
    values = np.ravel(ar)[places] if axis is None else np.take(ar, places, axis)
    results = (values, places, *others) if return_index else (values, *others)
    return results if len(results) > 1 else values


@composed(np.unique_values)
def _unique_values(x: Any, /) -> Any:
    return _unique(x, equal_nan=False)


def _with_values(function: Function) -> Function:
    """One of the functions that give the values by name beside constants."""

    def unique(x: Any, /) -> Any:
        results = function(plain(x))
        return results._replace(values=_entries(x, results.values))

    return unique


for function in (np.unique_all, np.unique_counts, np.unique_inverse):
    composed(function)(_with_values(function))


@composed(np.union1d)
def _union1d(ar1: Any, ar2: Any) -> Any:
    return _unique(np.concatenate((ar1, ar2), axis=None))


@composed(np.setxor1d)
def _setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    values = np.setxor1d(plain(ar1), plain(ar2), assume_unique)
    return _entries(np.concatenate((ar1, ar2), axis=None), values)


@composed(np.setdiff1d)
def _setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    return _entries(ar1, np.setdiff1d(plain(ar1), plain(ar2), assume_unique))


@composed(np.intersect1d)
def _intersect1d(
    ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False
) -> Any:
    """The entries of the first array."""
    _, first, second = np.intersect1d(plain(ar1), plain(ar2), assume_unique, True)
    values = np.ravel(ar1)[first]
    return (values, first, second) if return_indices else values
