"""Views share memory with their base; joins, and what else lays arrays out anew."""

from typing import Any

import numpy as np

from knetengine.selftest.checks import Place, check, floats
from knetengine.selftest.comparing import Comparison, on_device

VIEWS = "views"
JOINS = "joins"


@check(VIEWS, "what is written to a view is in its base")
def _written(place: Place, comparison: Comparison) -> None:
    x = floats(12, 10)
    k = place.put(x)
    for name, view in (
        ("a slice", lambda a: a[2:5]),
        ("a column", lambda a: a[:, 3]),
        ("every third entry, backwards", lambda a: a[::-3, ::2]),
        ("the transpose", lambda a: a.T[4:6]),
        ("another shape", lambda a: a.reshape(5, 24)[1]),
        ("an entry", lambda a: a[11, 9, ...]),
    ):
        view(x)[...] = 7
        view(k)[...] = 7
        comparison.near(name, k, x)
        view(x)[...] *= 3
        target = view(k)
        target *= 3
        comparison.near(f"{name}, times a number", k, x)


@check(VIEWS, "other shapes and orders of axes")
def _shapes(place: Place, comparison: Comparison) -> None:
    x = floats(4, 6, 5)
    k = place.put(x)
    for name, view in (
        ("np.transpose", lambda a: np.transpose(a, (2, 0, 1))),
        ("np.swapaxes", lambda a: np.swapaxes(a, 0, 2)),
        ("np.moveaxis", lambda a: np.moveaxis(a, 0, -1)),
        ("np.reshape", lambda a: np.reshape(a, (8, 15))),
        ("np.reshape of a transpose", lambda a: np.reshape(a.T, (10, 12))),
        ("np.ravel", np.ravel),
        ("np.squeeze", lambda a: np.squeeze(a[:1], 0)),
        ("np.expand_dims", lambda a: np.expand_dims(a, 1)),
        ("np.broadcast_to", lambda a: np.broadcast_to(a[:, :1], (4, 6, 5))),
        ("np.flip", lambda a: np.flip(a, 1)),
    ):
        found = view(k)
        on_device(name, found, place.name)
        comparison.near(name, found, view(x))
        comparison.near(f"{name}, added up", np.sum(found * 2), np.sum(view(x) * 2), 1e-5, 10.0)


@check(VIEWS, "a view keeps the memory of its base")
def _kept(place: Place, comparison: Comparison) -> None:
    x = floats(300, 40)
    view = place.put(x)[7:9]
    others = [place.put(np.zeros((300, 40), np.float32)) for _ in range(4)]
    comparison.near("rows of an array that is gone", view, x[7:9])
    del others


@check(VIEWS, "copies are apart")
def _copies(place: Place, comparison: Comparison) -> None:
    x = floats(9, 8)
    k = place.put(x)
    copy, turned = k.copy(), np.ascontiguousarray(k.T)
    k[...] = 0
    comparison.near("a copy", copy, x)
    comparison.near("a copy of the transpose", turned, np.ascontiguousarray(x.T))


@check(JOINS, "arrays along an axis")
def _joined(place: Place, comparison: Comparison) -> None:
    for letter in "efdil?B":
        parts = [(floats(3, n, 4, seed=n) * 9).astype(letter) for n in (1, 5, 2)]
        there = [place.put(part) for part in parts]
        found = np.concatenate(there, axis=1)
        on_device("np.concatenate", found, place.name)
        comparison.near(f"np.concatenate of {parts[0].dtype}", found, np.concatenate(parts, axis=1))
    same = [floats(3, 4, seed=n) for n in range(3)]
    there = [place.put(part) for part in same]
    for axis in (0, 1, -1):
        found = np.stack(there, axis=axis)
        comparison.near(f"np.stack along {axis}", found, np.stack(same, axis=axis))
    comparison.near("np.vstack", np.vstack(there), np.vstack(same))
    comparison.near("np.hstack", np.hstack(there), np.hstack(same))


@check(JOINS, "parts of an array")
def _parts(place: Place, comparison: Comparison) -> None:
    x = floats(12, 7)
    for found, expected in zip(np.split(place.put(x), [2, 9]), np.split(x, [2, 9]), strict=True):
        comparison.near("np.split", found, expected)


@check(JOINS, "repeated, padded and rolled")
def _repeated(place: Place, comparison: Comparison) -> None:
    x = floats(4, 6)
    for name, make in (
        ("np.tile", lambda a: np.tile(a, (2, 3))),
        ("np.pad", lambda a: np.pad(a, ((1, 2), (0, 3)))),
        ("np.roll", lambda a: np.roll(a, 2, axis=1)),
    ):
        found = make(place.put(x))
        on_device(name, found, place.name)
        comparison.near(name, found, make(x))


@check(JOINS, "arrays that are made")
def _made(place: Place, comparison: Comparison) -> None:
    x = floats(4, 6)
    like: Any = place.put(x)
    comparison.near("np.zeros_like", np.zeros_like(like), np.zeros_like(x))
    comparison.near("np.full_like", np.full_like(like, 2.5), np.full_like(x, 2.5))
    comparison.near("np.arange", np.arange(3, 40, 4, like=like), np.arange(3, 40, 4))
    comparison.near("np.ones", np.ones((3, 2), like=like), np.ones((3, 2)))
