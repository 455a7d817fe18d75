"""NumPy's functions that write into their first argument, as writes ``x[index] = value``.

A recorded array takes the new entries; a plain one cannot keep their gradient, so that is refused.
Of a place that is named twice the last value counts, as in NumPy.
"""

from typing import Any

import numpy as np

from knetengine.autograd.primitives import composed
from knetengine.autograd.recorded import Recorded, plain
from knetengine.autograd.rules.shapes import shape_of


def _write(x: Any, places: Any, values: Any, name: str) -> None:
    """Write `values`, one for each of the `places` in C order, as NumPy's function `name` does."""
    if isinstance(values, Recorded) and not isinstance(x, Recorded):
        raise TypeError(
            f"{name} cannot write a recorded value into a plain array: its gradient would be lost. "
            "Make the array with knetengine.numpy.zeros(...) or np.zeros_like(x); for np.full use "
            "np.broadcast_to(x, shape)"
        )
    _, latest = np.unique(places[::-1], return_index=True)
    kept = np.sort(len(places) - 1 - latest)
    if len(kept) < len(places):
        places, values = places[kept], values[kept]
    x[np.unravel_index(places, x.shape)] = values


def _repeated(values: Any, count: int) -> Any:
    """As many values as there are places, again from the first one if they do not suffice."""
    return np.resize(values if isinstance(values, Recorded) else np.asarray(values), count)


@composed(np.put)
def _put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    places = np.ravel(plain(ind))
    size = a.size
    if mode == "raise":
        places = np.arange(size)[places]
    else:
        places = places % size if mode == "wrap" else np.clip(places, 0, size - 1)
    if np.size(v):
        _write(a, places, _repeated(v, len(places)), "np.put")


@composed(np.put_along_axis)
def _put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None) -> None:
    places = np.arange(arr.size).reshape(arr.shape)
    places = np.take_along_axis(places, np.asarray(plain(indices)), axis)
    values = np.broadcast_to(values, places.shape)
    _write(arr, np.ravel(places), np.ravel(values), "np.put_along_axis")


@composed(np.place)
def _place(arr: Any, mask: Any, vals: Any) -> None:
    places = np.flatnonzero(plain(mask))
    if len(places) and not np.size(vals):
        raise ValueError("np.place: no values to put where the mask is True")
    _write(arr, places, _repeated(vals, len(places)), "np.place")


@composed(np.putmask)
def _putmask(a: Any, mask: Any, values: Any) -> None:
    places = np.flatnonzero(plain(mask))
    _write(a, places, np.ravel(values)[places % np.size(values)], "np.putmask")


@composed(np.fill_diagonal)
def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    diagonal = np.zeros(a.shape, bool)
    np.fill_diagonal(diagonal, True, wrap)
    places = np.flatnonzero(diagonal)
    _write(a, places, _repeated(val, len(places)), "np.fill_diagonal")


@composed(np.copyto)
def _copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    kind = src.dtype if hasattr(src, "dtype") else np.result_type(src)
    if not np.can_cast(kind, dst.dtype, casting):
        raise TypeError(f"np.copyto cannot write {kind} into an array of {dst.dtype} ({casting=})")
    places = np.flatnonzero(np.broadcast_to(plain(where), shape_of(dst)))
    _write(dst, places, np.ravel(np.broadcast_to(src, dst.shape))[places], "np.copyto")
