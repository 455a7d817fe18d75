"""Random numbers, equal to the last bit on every device for a seed.

Number i is a function of the seed, of the sequence and of i: nothing is kept, and how many threads
there are does not matter. Whoever draws twice takes two sequences.
"""

from typing import Any

import numpy as np

from knetengine.gpu.drivers.interface import Driver, Handle
from knetengine.gpu.kernels import geometry, modules
from knetengine.gpu.kernels.operand import Operand, is_contiguous
from knetengine.gpu.kernels.promotion import c_type

FILE = "random.cu"

_BOUNDS = np.dtype([("a", "<f8"), ("b", "<f8"), ("low", "<i8"), ("range", "<u8")])


def uniform(
    driver: Driver,
    out: Operand,
    seed: int,
    sequence: int,
    *,
    low: float = 0.0,
    high: float = 1.0,
    stream: Handle = 0,
) -> None:
    """Numbers from `low` to `high`, which rounding alone can reach; from 0 to 1 it is not reached.

    out: contiguous, float16, float32 or float64; they have as many bits as the type: 11, 24 or 53.
    seed, sequence: less than 2**64.

    Raises ValueError for another `out`.
    """
    _launch(driver, "Uniform", "f", out, seed, sequence, (low, high, 0, 0), stream)


def normal(
    driver: Driver,
    out: Operand,
    seed: int,
    sequence: int,
    *,
    mean: float = 0.0,
    deviation: float = 1.0,
    stream: Handle = 0,
) -> None:
    """Numbers of the normal distribution, by Box and Muller's method.

    They are at most 6.7 deviations from the mean for float16 and float32, 8.6 for float64.

    out, seed, sequence, errors: as for `uniform`.
    """
    _launch(driver, "Normal", "f", out, seed, sequence, (mean, deviation, 0, 0), stream)


def integers(
    driver: Driver,
    out: Operand,
    seed: int,
    sequence: int,
    low: int,
    high: int,
    *,
    stream: Handle = 0,
) -> None:
    """Whole numbers from `low` to below `high`, as likely but for a share of their count / 2**64.

    out: contiguous, int32, int64 or uint8. Otherwise as `uniform`.

    Raises ValueError, too, for no numbers, and for some that the dtype cannot hold.
    """
    if out.dtype.kind in "iu":
        limits = np.iinfo(out.dtype)
        if not (limits.min <= low < high <= limits.max + 1):
            raise ValueError(
                f"integers: from {low} to below {high}; expected at least one number, and "
                f"{limits.min} to {limits.max}, which {out.dtype} holds"
            )
    numbers = (0.0, 0.0, low, (high - low) % 2**64)
    _launch(driver, "Integers", "iu", out, seed, sequence, numbers, stream)


def _launch(
    driver: Driver,
    kind: str,
    dtypes: str,
    out: Operand,
    seed: int,
    sequence: int,
    numbers: tuple[Any, ...],
    stream: Handle,
) -> None:
    if out.dtype.kind not in dtypes or not is_contiguous(out):
        raise ValueError(
            f"random numbers: out is {out.dtype}, strides {out.strides}; expected contiguous "
            f"{'floats' if dtypes == 'f' else 'integers'}"
        )
    if out.size == 0:
        return
    each = 4 if kind != "Integers" and out.dtype.itemsize < 8 else 2
    grid, block = geometry.entries(geometry.ceiling(out.size, each))
    definitions = modules.options(T=c_type(out.dtype), KIND=kind)
    driver.launch(
        modules.compiled(driver, "kn_random", FILE, definitions),
        grid,
        block,
        [
            np.int64(out.size),
            np.uint64(seed),
            np.uint64(sequence),
            np.array(numbers, _BOUNDS),
            out.address,
        ],
        stream=stream,
    )
