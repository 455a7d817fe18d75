"""Numbers to try functions on, and how far two results are apart."""

import numpy as np

LETTERS = "efdil?B"
"""The dtypes that kernels know."""


def samples(letter: str, seed: int, count: int = 257) -> np.ndarray:
    """Numbers of a dtype: those at its edges first, then of many sizes."""
    rng = np.random.default_rng(seed)
    dtype = np.dtype(letter)
    if letter == "?":
        return rng.integers(0, 2, count).astype(bool)
    if dtype.kind in "iu":
        edge = np.iinfo(dtype)
        special = np.array(
            [0, 1, 2, 3, 5, 7, edge.max, edge.max - 1, edge.min, edge.min + 1], dtype
        )
        if dtype.kind == "i":
            special = np.concatenate([special, np.array([-1, -2, -3, -5, -7], dtype)])
        small = rng.integers(-9 if dtype.kind == "i" else 0, 70, count // 2)
        large = rng.integers(edge.min, edge.max, count - count // 2, dtype=dtype)
        rest = np.concatenate([small.astype(dtype), large])
    else:
        edge = np.finfo(dtype)
        special = np.array(
            [
                *(0.0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 2.5, -2.5, 3.5, np.inf, -np.inf, np.nan),
                *(edge.max, edge.min, edge.tiny, -edge.tiny, edge.smallest_subnormal, edge.eps),
            ],
            dtype,
        )
        scale = np.exp(rng.uniform(-6, 4, count))
        rest = (rng.standard_normal(count) * scale).astype(dtype)
    rng.shuffle(special)
    values = np.concatenate([special, rest])[:count]
    rng.shuffle(values)
    return values


def ulps(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How many floats of their type lie between two arrays, entry by entry; a NaN is near NaNs.

    Both zeros are one, and an infinity is the neighbour of the largest number.
    """
    assert a.dtype == b.dtype
    kind = {2: np.int16, 4: np.int32, 8: np.int64}[a.dtype.itemsize]
    low = np.iinfo(kind).min

    def ordered(x: np.ndarray) -> np.ndarray:
        bits = np.ascontiguousarray(x).view(kind).astype(object)
        return np.where(bits < 0, low - bits, bits)

    with np.errstate(invalid="ignore"):
        apart = np.abs(ordered(a) - ordered(b)).astype(float)
    both = np.isnan(a) & np.isnan(b)
    either = np.isnan(a) != np.isnan(b)
    return np.where(both, 0.0, np.where(either, np.inf, apart))
