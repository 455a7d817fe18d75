# ruff: noqa: N806  # T, B, H: axes as in the shape comments
"""Matrix products, as cuBLAS has them, against NumPy."""

from typing import Any

import numpy as np
import pytest

from knetengine.gpu.drivers.interface import Address, DriverError, Product
from tests.knetengine.gpu.host.snippets import Bench


@pytest.mark.parametrize("letter", "efd")
@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("shape", [(1, 3, 4, 5), (6, 1, 2, 3), (2, 4, 1, 7), (3, 2, 5, 1)])
def test_products_of_stacks(bench: Bench, letter: str, transposed: Any, shape: Any) -> None:
    rng = np.random.default_rng(0)
    B, M, N, K = shape
    a = rng.integers(-4, 5, (B, K, M) if transposed[0] else (B, M, K)).astype(letter)
    b = rng.integers(-4, 5, (B, N, K) if transposed[1] else (B, K, N)).astype(letter)
    c = rng.integers(-4, 5, (B, M, N)).astype(letter)
    there = [bench.put(x) for x in (a, b, c)]
    rows = (a.shape[2], b.shape[2], N)
    product = Product(
        np.dtype(letter), shape, transposed, rows, (M * K, K * N, M * N), alpha=0.5, beta=2.0
    )
    bench.driver.multiply(product, *(x.address for x in there))
    left = a.swapaxes(1, 2) if transposed[0] else a
    right = b.swapaxes(1, 2) if transposed[1] else b
    np.testing.assert_array_equal(bench.get(there[2]), 0.5 * (left @ right) + 2 * c)


def test_parts_of_matrices_and_one_for_all(bench: Bench) -> None:
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((4, 9)), rng.standard_normal((3, 5, 6))
    out = bench.put(np.full((3, 4, 8), 7.0))
    product = Product(np.dtype("d"), (3, 4, 6, 5), (False, False), (9, 6, 8), (0, 30, 32))
    A, B = bench.put(a), bench.put(b)
    bench.driver.multiply(product, Address(A.address + 8 * 2), B.address, out.address)
    result = bench.get(out)
    np.testing.assert_allclose(result[..., :6], a[:, 2:7] @ b, rtol=1e-14)
    np.testing.assert_array_equal(result[..., 6:], 7)


def test_old_values_count_for_nothing_without_beta(bench: Bench) -> None:
    a = bench.put(np.ones((1, 2, 2), "f"))
    out = bench.put(np.full((1, 2, 2), np.nan, "f"))
    product = Product(np.dtype("f"), (1, 2, 2, 2), (False, False), (2, 2, 2), (4, 4, 4))
    bench.driver.multiply(product, a.address, a.address, out.address)
    np.testing.assert_array_equal(bench.get(out), np.full((1, 2, 2), 2))


def test_what_does_not_fit_is_refused(bench: Bench) -> None:
    a = bench.put(np.ones((2, 2, 2), "f"))
    good = Product(np.dtype("f"), (2, 2, 2, 2), (False, False), (2, 2, 2), (4, 4, 4))
    out = bench.put(np.ones((2, 2, 2), "f"))
    for wrong, message in (
        (good._replace(dtype=np.dtype("i")), "dtype is int32"),
        (good._replace(rows=(1, 2, 2)), "rows of a are 1 apart and 2 long"),
        (good._replace(matrices=(4, 4, 3)), "matrices of c are 3 apart"),
        (good._replace(shape=(3, 2, 2, 2)), "are not all of one block"),
    ):
        with pytest.raises(DriverError, match=message):
            bench.driver.multiply(wrong, a.address, a.address, out.address)
