"""Random numbers of a counter for NumPy arrays: those of a device's kernel, to the last bit.

Number i of a sequence is a function of the seed, the sequence and i. The generator is Philox4x32-10
(Salmon, Moraes, Dror and Shaw 2011). What is computed of its words uses additions, multiplications,
divisions and square roots of float64 only, in the order of kernels/random.cu: each is rounded by
itself, there as here.
"""

from collections.abc import Callable, Iterator

import numpy as np

_BLOCKS = 1 << 14  # of the generator at a time, so that what is computed on the way stays in cache
_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_SQUARE_ROOT_OF_HALF = 0.70710678118654752440
_LOG_2 = 0.693147180559945309417
_QUARTER = 1.57079632679489661923

Words = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def philox(seed: int, sequence: int, counters: np.ndarray) -> Words:
    """Blocks of a sequence: four words of 32 bits for each counter, as uint64."""
    a, b = counters & _LOW, counters >> _32
    c = np.full_like(counters, sequence & 0xFFFFFFFF)
    d = np.full_like(counters, sequence >> 32)
    key0, key1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        first, second = a * np.uint64(0xD2511F53), c * np.uint64(0xCD9E8D57)
        a, b = (second >> _32) ^ b ^ np.uint64(key0), second & _LOW
        c, d = (first >> _32) ^ d ^ np.uint64(key1), first & _LOW
        key0, key1 = (key0 + 0x9E3779B9) & 0xFFFFFFFF, (key1 + 0xBB67AE85) & 0xFFFFFFFF
    return a, b, c, d


def uniform(out: np.ndarray, seed: int, sequence: int, low: float, high: float) -> None:
    """Numbers from `low` to `high`, as many bits as the type has.

    out: one axis, contiguous, float16, float32 or float64. seed, sequence: less than 2**64.
    """

    def make(words: Words) -> list[np.ndarray]:
        if out.dtype == np.float64:
            shares = [(long >> np.uint64(11)) * 2.0**-53 for long in _longs(words)]
        elif out.dtype == np.float32:
            shares = [(word >> np.uint64(8)) * 2.0**-24 for word in words]
        else:
            shares = [(word >> np.uint64(21)) * 2.0**-11 for word in words]
        return [low + (high - low) * share for share in shares]

    _fill(out, seed, sequence, make, 2 if out.dtype == np.float64 else 4)


def normal(out: np.ndarray, seed: int, sequence: int, mean: float, deviation: float) -> None:
    """Normal numbers, by Box and Muller's method; otherwise as `uniform`."""

    def make(words: Words) -> list[np.ndarray]:
        if out.dtype == np.float64:
            u, v = (long >> np.uint64(11) for long in _longs(words))
            pairs = [((u + np.uint64(1)) * 2.0**-53, v * 2.0**-53)]
        else:
            a, b, c, d = words
            pairs = [
                ((u.astype(np.float64) + 1) * 2.0**-32, v * 2.0**-32) for u, v in ((a, b), (c, d))
            ]
        return [mean + deviation * z for u, v in pairs for z in _normal(u, v)]

    _fill(out, seed, sequence, make, 2 if out.dtype == np.float64 else 4)


def integers(out: np.ndarray, seed: int, sequence: int, low: int, high: int) -> None:
    """Whole numbers from `low` to below `high`, which `out` can hold; otherwise as `uniform`."""
    count = (high - low) % 2**64

    def make(words: Words) -> list[np.ndarray]:
        longs = _longs(words)
        above = [_high_product(long, count) for long in longs] if count else longs
        return [(long + np.uint64(low % 2**64)).view(np.int64) for long in above]

    _fill(out, seed, sequence, make, 2)


def _fill(
    out: np.ndarray,
    seed: int,
    sequence: int,
    make: Callable[[Words], list[np.ndarray]],
    each: int,
) -> None:
    """Put the numbers of each block beside each other, `each` of them."""
    for counters in _counters(-(-out.size // each)):
        first = int(counters[0]) * each
        numbers = np.stack(make(philox(seed, sequence, counters)), -1).reshape(-1)
        target = out[first : first + numbers.size]
        target[...] = numbers[: target.size]


def _counters(blocks: int) -> Iterator[np.ndarray]:
    for first in range(0, blocks, _BLOCKS):
        yield np.arange(first, min(first + _BLOCKS, blocks), dtype=np.uint64)


def _longs(words: Words) -> list[np.ndarray]:
    """Two numbers of 64 bits for each block."""
    a, b, c, d = words
    return [a | b << _32, c | d << _32]


def _high_product(x: np.ndarray, y: int) -> np.ndarray:
    """The high half of a product of 128 bits."""
    x0, x1 = x & _LOW, x >> _32
    y0, y1 = np.uint64(y & 0xFFFFFFFF), np.uint64(y >> 32)
    middle = x1 * y0 + (x0 * y0 >> _32)
    return x1 * y1 + (middle >> _32) + ((x0 * y1 + (middle & _LOW)) >> _32)


def _normal(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two normal numbers of two uniform ones, the first from 0, without it, to 1."""
    cosine, sine = _turn(v)
    radius = np.sqrt(_log_of_share(u) * -2.0)
    return radius * cosine, radius * sine


def _log_of_share(u: np.ndarray) -> np.ndarray:
    """2 (s + s**3 / 3 + ...) + e log 2, of u = 2**e m with s = (m - 1) / (m + 1) and m near 1."""
    share, exponent = np.frexp(u)
    small = share < _SQUARE_ROOT_OF_HALF
    m, e = np.where(small, 2 * share, share), (exponent - small).astype(np.float64)
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = np.zeros_like(z)
    for k in range(23, 2, -2):
        p = p * z + 1.0 / k
    p = p * z * s
    return (s + p) * 2.0 + e * _LOG_2


def _turn(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cosine and the sine of 2 pi u, by quarters of a turn and Taylor's series."""
    turn = u * 4.0
    quarter = np.rint(turn)
    a = (turn - quarter) * _QUARTER
    z = a * a
    c, s = np.zeros_like(z), np.zeros_like(z)
    for k in range(18, 1, -2):
        c = (c + 1.0) * (z * (-1.0 / (k * (k - 1))))
        s = (s + 1.0) * (z * (-1.0 / (k * (k + 1))))
    c, s = c + 1.0, (s + 1.0) * a
    q = quarter.astype(np.int64) & 3
    return np.choose(q, [c, -s, -c, s]), np.choose(q, [s, c, -s, -c])
