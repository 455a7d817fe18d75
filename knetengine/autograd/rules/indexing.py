"""Picking entries. Everything here is made of ``x[index]``; repeated indices add up."""

import operator
from typing import Any

import numpy as np

from knetengine.autograd.primitives import composed, defvjp
from knetengine.autograd.scatter import Scatter

defvjp(operator.getitem, lambda g, y, x, index: Scatter(g, index))


@composed(np.take)
def _take(a: Any, indices: Any, axis: int | None = None, *, mode: str = "raise") -> Any:
    indices = np.asarray(indices)
    if axis is None:
        a, axis = np.ravel(a), 0
    size = np.shape(a)[axis]
    if mode != "raise":
        indices = indices % size if mode == "wrap" else np.clip(indices, 0, size - 1)
    return a[(*(slice(None),) * (axis % np.ndim(a)), indices)]


@composed(np.take_along_axis)
def _take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    if axis is None:
        arr, axis = np.ravel(arr), 0
    indices = np.asarray(indices)
    places: list[Any] = [
        np.arange(n).reshape([-1 if j == i else 1 for j in range(indices.ndim)])
        for i, n in enumerate(np.shape(arr))
    ]
    places[axis % indices.ndim] = indices
    return arr[tuple(places)]


@composed(np.sort)
def _sort(a: Any, axis: int | None = -1) -> Any:
    if axis is None:
        a, axis = np.ravel(a), -1
    return np.take_along_axis(a, np.argsort(a, axis), axis)


@composed(np.diagonal)
def _diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    a = np.moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = a.shape[-2:]
    i = np.arange(max(0, min(rows + min(offset, 0), columns - max(offset, 0))))
    return a[..., i - min(offset, 0), i + max(offset, 0)]


@composed(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    before = (slice(None),) * (axis % np.ndim(a))
    for _ in range(n):
        a = a[(*before, slice(1, None))] - a[(*before, slice(None, -1))]
    return a


@composed(np.tril)
def _tril(m: Any, k: int = 0) -> Any:
    return np.where(np.tri(*m.shape[-2:], k=k, dtype=bool), m, 0)


@composed(np.triu)
def _triu(m: Any, k: int = 0) -> Any:
    return np.where(np.tri(*m.shape[-2:], k=k - 1, dtype=bool), 0, m)
