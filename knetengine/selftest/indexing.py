"""Items by slices, arrays and masks, read and written; what chooses among entries."""

from typing import Any

import numpy as np

from knetengine.gpu.kernels import sorting
from knetengine.selftest.checks import Place, check, floats
from knetengine.selftest.comparing import Comparison, on_device

FAMILY = "indexing"

SHAPE = (9, 7, 5)
_ROWS = np.array([8, 0, -1, 3, 3])
_MASK = np.random.default_rng(3).random(SHAPE) > 0.6

INDICES: dict[str, Any] = {
    "an entry": (3, 4, 2),
    "a row": 5,
    "slices": np.s_[1:8:2, ::-1],
    "a new axis": np.s_[:, None, 3],
    "rows by an array": _ROWS,
    "columns by an array": np.s_[:, _ROWS % 7],
    "entries by arrays": (_ROWS, _ROWS % 7, _ROWS % 5),
    "arrays with a slice between": (_ROWS, slice(1, 4), _ROWS % 5),
    "an array of two axes": _ROWS.reshape(5, 1) % np.array([9, 7, 5]),
    "a mask": _MASK,
    "a mask of rows": _MASK[:, 0, 0],
}


@check(FAMILY, "items")
def _items(place: Place, comparison: Comparison) -> None:
    for letter in "efdil?B":
        x = (floats(*SHAPE) * 9).astype(letter)
        k = place.put(x)
        for name, index in INDICES.items():
            found = k[index]
            on_device(name, found, place.name)
            comparison.near(f"{name} of {x.dtype}", found, np.asarray(x[index]))


@check(FAMILY, "items by arrays of the device")
def _device_indices(place: Place, comparison: Comparison) -> None:
    x = floats(*SHAPE)
    comparison.near("rows", place.put(x)[place.put(_ROWS)], x[_ROWS])
    comparison.near("a mask", place.put(x)[place.put(_MASK)], x[_MASK])


@check(FAMILY, "writes")
def _writes(place: Place, comparison: Comparison) -> None:
    for letter in "efdil?B":
        for name, index in INDICES.items():
            x = (floats(*SHAPE) * 9).astype(letter)
            k = place.put(x)
            value = np.arange(x[index].size).reshape(x[index].shape).astype(letter)
            x[index] = value
            k[index] = place.put(value)
            comparison.near(f"{name} of {x.dtype} by an array", k, x)
            x[index] = 1
            k[index] = 1
            comparison.near(f"{name} of {x.dtype} by a number", k, x)


@check(FAMILY, "sums where indices meet")
def _sums(place: Place, comparison: Comparison) -> None:
    for letter in "fdil":
        x = np.zeros((84, 3), letter)
        index = np.random.default_rng(4).integers(0, 84, 1100)
        values = (floats(1100, 3) * 9).astype(letter)
        k = place.put(x)
        np.add.at(k, index, place.put(values))
        expected = x.astype(float) if letter == "f" else x
        np.add.at(expected, index, values)
        tolerance = {"f": 1e-5, "d": 1e-13}.get(letter, 0.0)
        comparison.near(f"np.add.at of {x.dtype}", k, expected.astype(letter), tolerance, 10.0)


@check(FAMILY, "sums are the same twice")
def _reproducible(place: Place, comparison: Comparison) -> None:
    index = np.random.default_rng(4).integers(0, 5, 5000)
    values, results = floats(5000), [place.put(np.zeros(5, np.float32)) for _ in "ab"]
    for result in results:
        np.add.at(result, index, place.put(values))
    comparison.near("np.add.at, once more", results[1], np.asarray(results[0]))


@check(FAMILY, "an index out of range is an error")
def _out_of_range(place: Place, comparison: Comparison) -> None:
    for index in (np.array([0, 77]), np.array([-10])):
        said = "nothing"
        try:
            np.asarray(place.put(floats(*SHAPE))[index])
        except IndexError:
            said = "IndexError"
        comparison.holds(f"an item at {index.tolist()} of 9 raises", said, "IndexError")


@check(FAMILY, "choosing")
def _choosing(place: Place, comparison: Comparison) -> None:
    x, y = floats(40, 30), floats(40, 30, seed=1)
    k: Any = place.put(x)
    other: Any = place.put(y)
    comparison.near("np.where", np.where(k > 0, k, other), np.where(x > 0, x, y))
    comparison.near("np.clip", np.clip(k, -0.5, 0.5), np.clip(x, -0.5, 0.5))
    comparison.near("np.take", np.take(k, _ROWS, axis=1), np.take(x, _ROWS, axis=1))
    for found, expected in zip(np.nonzero(k > 1), np.nonzero(x > 1), strict=True):
        comparison.near("np.nonzero", found, expected)
    places = np.argsort(x, axis=1)[:, :3]
    there: Any = place.put(places)
    comparison.near(
        "np.take_along_axis",
        np.take_along_axis(k, there, 1),
        np.take_along_axis(x, places, 1),
    )
    np.put_along_axis(k, there, 5.0, 1)
    np.put_along_axis(x, places, 5.0, 1)
    comparison.near("np.put_along_axis", k, x)


@check(FAMILY, "keys are sorted, equal ones in their order")
def _sorted(place: Place, comparison: Comparison) -> None:
    device = place.device
    for count, bound in ((5, 3), (4000, 17), (3000, 70_000)):
        keys = np.random.default_rng(count).integers(0, bound, count)
        there = device.upload(keys)
        address = there.operand.address
        result = sorting.sort_keys(place.driver, address, count, bound, scratch=device.scratch)
        for what, where, expected in (
            ("keys", result.keys, np.sort(keys)),
            ("their places", result.order, np.argsort(keys, kind="stable")),
        ):
            found = np.empty(count, np.int64)
            place.driver.to_host(found, where)
            comparison.near(f"{what}, {count} below {bound}", found, expected)
