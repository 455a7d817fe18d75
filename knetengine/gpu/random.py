"""Random numbers on a device, equal to the last bit on every device for a seed.

    generator = Generator(42)
    x = generator.standard_normal((100, 20), dtype=np.float32)  # a KnetArray

Names and arguments are those of ``np.random.Generator``; the numbers are another generator's.
"""

import math
import secrets
from dataclasses import dataclass
from typing import Any

import numpy as np

from knetengine.gpu.array import DTYPES, KnetArray
from knetengine.gpu.backend import Draw
from knetengine.gpu.backends import backend_named

_FLOATS = tuple(map(np.dtype, ("float16", "float32", "float64")))
_INTEGERS = tuple(map(np.dtype, ("int32", "int64", "uint8")))
_LIMIT = 2**64
_KEYS = 2**62  # of a permutation: two of a million are the same once in ten million times


@dataclass(init=False, eq=False)
class Generator:
    """A generator of random numbers on a device.

    seed: from 0 to below 2**64; one of the system's if None.
    device: as of `KnetArray`: the first CUDA device if there is one, else the CPU.
    position: how many arrays were drawn so far.

    Entry i of array n is a function of the seed, n and i, and of nothing else: not of the device,
    nor of what else is drawn. `seed` and `position` are all its state, and may be set; as those of
    any dataclass they are kept by `run.keep` and `training.save`. Drawing twice ten numbers does
    not give the twenty that are drawn at once.

    Numbers are float64, and whole ones int64, unless a dtype is given, as NumPy's are. Raises
    ValueError for another seed. Source: Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011).
    """

    seed: int
    position: int

    def __init__(
        self, seed: int | None = None, device: str | None = None, *, position: int = 0
    ) -> None:
        self._backend = backend_named(device)
        self.seed = secrets.randbits(64) if seed is None else _counted("seed", seed)
        self.position = _counted("position", position)

    @property
    def device(self) -> str:
        """The name of the device."""
        return self._backend.name

    def random(self, size: Any = None, dtype: Any = np.float64) -> KnetArray:
        """Uniform numbers from 0 to below 1, with as many bits as the type has: 11, 24 or 53.

        size: a shape or a length; None for an array without axes.
        dtype: float16, float32 or float64. Raises TypeError for another one.
        """
        return self._draw("random", "uniform", size, dtype, 0.0, 1.0)

    def uniform(
        self, low: float = 0.0, high: float = 1.0, size: Any = None, dtype: Any = np.float64
    ) -> KnetArray:
        """Uniform numbers from `low` to `high`, which is reached only by rounding.

        low, high: finite numbers, and no arrays, or ValueError. Otherwise as `random`.
        """
        self._check_finite("uniform", low=low, high=high, **{"high - low": high - low})
        return self._draw("uniform", "uniform", size, dtype, float(low), float(high))

    def standard_normal(self, size: Any = None, dtype: Any = np.float64) -> KnetArray:
        """Normal numbers of mean 0 and deviation 1, at most 6.7 from 0, or 8.6 for float64.

        Otherwise as `random`. Source: Box and Muller 1958.
        """
        return self._draw("standard_normal", "normal", size, dtype, 0.0, 1.0)

    def normal(
        self, loc: float = 0.0, scale: float = 1.0, size: Any = None, dtype: Any = np.float64
    ) -> KnetArray:
        """Normal numbers of a mean and a deviation.

        loc, scale: finite numbers, and no arrays; `scale` at least 0; or ValueError. Otherwise as
        `standard_normal`.
        """
        self._check_finite("normal", loc=loc, scale=scale)
        if scale < 0:
            raise ValueError(f"normal: scale is {scale}; expected a deviation, 0 or more")
        return self._draw("normal", "normal", size, dtype, float(loc), float(scale))

    def integers(
        self,
        low: Any,
        high: Any = None,
        size: Any = None,
        dtype: Any = np.int64,
        endpoint: bool = False,
    ) -> KnetArray:
        """Whole numbers from `low` to below `high`; from 0 to below `low` if that is all.

        endpoint: whether `high` is among them.
        dtype: int32, int64 or uint8; TypeError for another one.

        Each is as likely as another but for a share of their count / 2**64. Raises ValueError for
        no numbers, and for some that the dtype cannot hold.
        """
        first, last = (0, low) if high is None else (low, high)
        for name, number in (("low", first), ("high", last)):
            if not isinstance(number, int | np.integer):
                raise ValueError(f"integers: {name} is {number!r}; expected a whole number")
        kind = _known("integers", dtype, _INTEGERS)
        first, end = int(first), int(last) + bool(endpoint)
        limits = np.iinfo(kind)
        if not limits.min <= first < end <= limits.max + 1:
            raise ValueError(
                f"integers: from {first} to below {end}; expected at least one number, and "
                f"{limits.min} to {limits.max}, which {kind} holds"
            )
        return self._draw("integers", "integers", size, kind, first, end)

    def permutation(self, x: Any, axis: int = 0) -> KnetArray:
        """The numbers from 0 to below `x` in any order; or of an array a copy, shuffled.

        x: a whole number, or a KnetArray, whose parts along an axis are shuffled.

        Raises ValueError for a negative number, TypeError for what is not on this device.
        """
        if isinstance(x, KnetArray):
            if x.backend is not self._backend:
                raise TypeError(
                    f"permutation: x is on {x.device}, and the generator on {self._backend.name}; "
                    "make another generator with device="
                )
            return x.take(self.permutation(x.shape[axis]), axis)
        if isinstance(x, int | np.integer) and x < 0:
            raise ValueError(f"permutation: x is {x}; expected 0 or more")
        if not isinstance(x, int | np.integer):
            kind = f"{type(x).__module__}.{type(x).__qualname__}"
            raise TypeError(
                f"permutation: x is a {kind}; expected a whole number or a KnetArray: KnetArray(x)"
            )
        keys = self.integers(0, _KEYS, int(x))
        return KnetArray.of(self._backend.order(keys.storage), self._backend)

    def _draw(self, name: str, kind: str, size: Any, dtype: Any, *numbers: Any) -> KnetArray:
        known = _INTEGERS if kind == "integers" else _FLOATS
        dtype, shape = _known(name, dtype, known), _shape(name, size)
        wanted = Draw(kind, shape, dtype, self.seed, self.position, *numbers)
        stored = self._backend.draw(wanted)
        self.position += 1  # afterwards: a draw that runs out of memory has drawn nothing
        return KnetArray.of(stored, self._backend)

    def _check_finite(self, name: str, **numbers: Any) -> None:
        for what, number in numbers.items():
            if not isinstance(number, int | float | np.number) or not math.isfinite(number):
                raise ValueError(f"{name}: {what} is {number!r}; expected a finite number")


def _counted(what: str, number: Any) -> int:
    if not isinstance(number, int | np.integer) or not 0 <= number < _LIMIT:
        raise ValueError(
            f"Generator: {what} is {number!r}; expected a whole number from 0 to 2**64 - 1"
        )
    return int(number)


def _known(name: str, dtype: Any, known: tuple["np.dtype[Any]", ...]) -> "np.dtype[Any]":
    kind = np.dtype(dtype)
    if kind not in known or kind.char not in DTYPES:
        raise TypeError(f"{name}: dtype is {kind}; expected {', '.join(map(str, known))}")
    return kind


def _shape(name: str, size: Any) -> tuple[int, ...]:
    lengths = () if size is None else tuple(size) if isinstance(size, tuple | list) else (size,)
    if not all(isinstance(n, int | np.integer) and n >= 0 for n in lengths):
        raise ValueError(f"{name}: size is {size!r}; expected a length or a shape, 0 or more")
    return tuple(map(int, lengths))
