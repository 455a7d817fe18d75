"""Products of many matrices."""

from typing import Any

import knetengine.numpy as kn
from knetengine.nn import checks


def bmm(a: Any, b: Any, *, transa: bool = False, transb: bool = False) -> Any:
    """The matrix products of two batches of matrices.

    a: (..., M, K), or (..., K, M) with `transa`; float32 or float64.
    b: (..., K, N), or (..., N, K) with `transb`; leading axes broadcast.

    Returns (..., M, N). Raises TypeError for other dtypes, ValueError for shapes that don't match.
    Source: Knet's bmm, whose leading axes are the last ones.
    """
    checks.floats("bmm", a=a, b=b)
    if a.ndim < 2:
        checks.fail("bmm", "a", a, "shape (..., M, K)")
    if b.ndim < 2:
        checks.fail("bmm", "b", b, "shape (..., K, N)")
    left = kn.swapaxes(a, -1, -2) if transa else a  # (..., M, K)
    right = kn.swapaxes(b, -1, -2) if transb else b  # (..., K, N)
    if left.shape[-1] != right.shape[-2]:
        axes = "(..., N, K)" if transb else "(..., K, N)"
        checks.fail("bmm", "b", b, f"shape {axes} with K = {left.shape[-1]}")
    _demand_broadcast(a, b)
    return kn.matmul(left, right)


def _demand_broadcast(a: Any, b: Any) -> None:
    """Raise ValueError unless the leading axes go together."""
    for m, n in zip(reversed(a.shape[:-2]), reversed(b.shape[:-2]), strict=False):
        if m != n and m != 1 and n != 1:
            checks.fail("bmm", "b", b, f"leading axes that go with {a.shape[:-2]}, those of a")
