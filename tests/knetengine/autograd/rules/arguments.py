"""The arguments that cases are checked with."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.knetengine.autograd.rules.case import Case


def arguments(case: Case, seed: int, dtype: Any) -> list[Any]:
    """Fresh arrays of a case's shapes; both parts of complex entries lie in its domain."""
    generator = np.random.default_rng(seed)
    real = _entries(case, generator)
    if np.dtype(dtype).kind == "c":
        real = [x + 1j * y for x, y in zip(real, _entries(case, generator), strict=True)]
    return [np.asarray(x, dtype) for x in real]


def _entries(case: Case, generator: "np.random.Generator") -> list[Any]:
    low, high = case.domain
    sizes = [int(np.prod(shape, dtype=int)) for shape in case.shapes]
    total = sum(sizes)
    if case.distinct:
        places = np.arange(total) + generator.uniform(0.3, 0.7, total)
        entries = low + generator.permutation(places) / max(total, 1) * (high - low)
    else:
        entries = generator.uniform(low, high, total)
    parts = np.split(entries, np.cumsum(sizes)[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, case.shapes, strict=True)]


def strided(x: Any) -> Any:
    """Every second entry of a larger array, NaN between them."""
    larger = np.full([2 * n + 1 for n in x.shape], np.nan, x.dtype)
    view = larger[(..., *[slice(1, None, 2) for _ in x.shape])]
    view[...] = x
    return view


def read_only(x: Any) -> Any:
    x = x.copy()
    x.setflags(write=False)
    return x


# The same entries, laid out in memory in other ways.
LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "C": np.copy,
    "Fortran": lambda x: np.copy(x, order="F"),
    "strided": strided,
    "reversed": lambda x: np.flip(np.flip(x).copy()),
    "read-only": read_only,
}
