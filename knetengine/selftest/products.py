"""Products of arrays; and the driver's own call, which is cuBLAS on a CUDA device."""

import itertools
from typing import Any

import numpy as np

from knetengine.gpu.drivers.interface import Product
from knetengine.selftest.checks import Place, check, floats
from knetengine.selftest.comparing import Comparison, on_device

FAMILY = "products"

# Of sums of a hundred products in another order; halves are summed in float32 and rounded once.
# TF32, which keeps three digits, would miss that of float32.
_TOLERANCES = {"e": 2e-3, "f": 2e-6, "d": 1e-14}


def _near(comparison: Comparison, what: str, found: Any, a: Any, b: Any, expected: Any) -> None:
    """Within a tolerance of the sum of the products' sizes."""
    dtype = np.asarray(found).dtype
    floor = float(np.matmul(np.abs(a).astype(float), np.abs(b).astype(float)).max(initial=1.0))
    comparison.near(what, found, expected.astype(dtype), _TOLERANCES[dtype.char], floor)


@check(FAMILY, "of matrices and stacks of matrices")
def _matmul(place: Place, comparison: Comparison) -> None:
    for letter in "efd":
        for first, second in (
            ((70, 100), (100, 33)), ((1, 100), (100, 1)), ((5, 1), (1, 7)), ((100,), (100, 3)),
            ((6, 100), (100,)), ((4, 8, 50), (4, 50, 9)), ((4, 8, 50), (50, 9)),
            ((1, 8, 5), (3, 5, 2)), ((2, 1, 8, 5), (3, 5, 2)), ((0, 5), (5, 3)), ((3, 0), (0, 2)),
        ):  # fmt: skip
            a, b = floats(*first, dtype=letter), floats(*second, seed=1, dtype=letter)
            found = place.put(a) @ place.put(b)
            on_device("matmul", found, place.name)
            wide = np.asarray(a.astype(float) @ b.astype(float))
            _near(comparison, f"{a.dtype} {first} @ {second}", found, a, b, wide)


@check(FAMILY, "of transposes and slices")
def _views(place: Place, comparison: Comparison) -> None:
    a, b = floats(60, 80), floats(60, 80, seed=1)
    k, other = place.put(a), place.put(b)
    for name, make in (
        ("a.T @ b", lambda a, b: (a.T, b)),
        ("a @ b.T", lambda a, b: (a, b.T)),
        ("a[:, :60].T @ b.T[:60]", lambda a, b: (a[:, :60].T, b.T[:60])),
        ("a[::2, ::-1] @ b.T", lambda a, b: (a[::2, ::-1], b.T)),
    ):
        left, right = make(a, b)
        one, two = make(k, other)
        wide = left.astype(float) @ right.astype(float)
        _near(comparison, name, one @ two, left, right, wide)


@check(FAMILY, "by other names")
def _names(place: Place, comparison: Comparison) -> None:
    a, b, v = floats(6, 20), floats(20, 7, seed=1), floats(20, seed=2)
    k, other, w = place.put(a), place.put(b), place.put(v)
    comparison.near("np.dot", np.dot(k, other), np.dot(a, b), 1e-5, 1.0)
    comparison.near("np.inner", np.inner(k, w), np.inner(a, v), 1e-5, 1.0)
    comparison.near("np.outer", np.outer(w, w), np.outer(v, v))
    found = np.tensordot(k, other, ([1], [0]))
    comparison.near("np.tensordot", found, np.tensordot(a, b, ([1], [0])), 1e-5, 1.0)
    comparison.near("np.trace", np.trace(k), np.asarray(np.trace(a)), 1e-5, 1.0)


def _multiplied(
    place: Place, product: Product, a: np.ndarray, b: np.ndarray, c: np.ndarray
) -> np.ndarray:
    """What the driver's call makes of arrays that lie in C order."""
    there = [place.device.upload(array) for array in (a, b, c)]
    place.driver.multiply(product, *(each.operand.address for each in there))
    return place.device.download(there[2])


def _gemm(place: Place, comparison: Comparison, batch: int, shared: bool) -> None:
    m, n, k = 33, 17, 70
    for letter, *turned in itertools.product("efd", (False, True), (False, True)):
        rows = ((m, k), (k, n))
        stored = [shape[::-1] if turn else shape for shape, turn in zip(rows, turned, strict=True)]
        a = floats(batch, *stored[0], dtype=letter)
        b = floats(1 if shared else batch, *stored[1], seed=1, dtype=letter)
        c = floats(batch, m, n, seed=2, dtype=letter)
        product = Product(
            a.dtype, (batch, m, n, k), (turned[0], turned[1]),
            (a.shape[2], b.shape[2], n), (a[0].size, 0 if shared else b[0].size, m * n), 0.5, 2.0,
        )  # fmt: skip
        left = a.swapaxes(1, 2) if turned[0] else a
        right = b.swapaxes(1, 2) if turned[1] else b
        wide = 0.5 * (left.astype(float) @ right.astype(float)) + 2.0 * c.astype(float)
        what = f"{a.dtype}, {batch} in a batch, transposed {turned}"
        _near(comparison, what, _multiplied(place, product, a, b, c), left, right, wide)


@check(FAMILY, "gemm, the driver's own")
def _single(place: Place, comparison: Comparison) -> None:
    _gemm(place, comparison, 1, False)


@check(FAMILY, "gemm, batched")
def _batched(place: Place, comparison: Comparison) -> None:
    _gemm(place, comparison, 5, False)


@check(FAMILY, "gemm, batched, one matrix for all")
def _shared(place: Place, comparison: Comparison) -> None:
    _gemm(place, comparison, 5, True)


@check(FAMILY, "gemm, what was there is not read where it counts for nothing")
def _unread(place: Place, comparison: Comparison) -> None:
    a, b = floats(4, 5), floats(5, 3, seed=1)
    product = Product(a.dtype, (1, 4, 3, 5), (False, False), (5, 3, 3), (20, 15, 12))
    found = _multiplied(place, product, a, b, np.full((4, 3), np.nan, np.float32))
    _near(comparison, "a product over NaN", found, a, b, a.astype(float) @ b.astype(float))
