"""How far what a device gives is from what it should give, and whether that is too far."""

from typing import Any

import numpy as np

from knetengine.gpu import KnetArray
from knetengine.selftest.numbers import ulps

RELATIVE = "relative"
UNITS = "units in the last place"


class MismatchError(Exception):
    """What a device gave is not what was expected; the message has both."""


class UnavailableError(Exception):
    """The check cannot be made on this device; the message says why."""


class Comparison:
    """Keeps the worst error of all comparisons of a check, by the share of its tolerance.

    error: None until something was compared. unit: that of the error and of the tolerance.
    """

    def __init__(self) -> None:
        self.error: float | None = None
        self.tolerance: float | None = None
        self.unit = RELATIVE
        self._share = -1.0

    def near(
        self, what: str, found: Any, expected: Any, tolerance: float = 0.0, floor: float = 0.0
    ) -> None:
        """Compare arrays: shapes and dtypes are equal, and entries as near as the tolerance.

        tolerance: of ``|found - expected| / (|expected| + floor)``; 0 for equal entries. Integers
            are always to be equal, and where one is NaN or infinite the other is.

        Raises MismatchError.
        """
        here, there = self._alike(what, found, expected)
        if here.dtype.kind != "f":
            apart, tolerance = (here != there).astype(float), 0.0
        else:
            wide, right = here.astype(float), there.astype(float)
            with np.errstate(all="ignore"):
                apart = np.abs(wide - right) / (np.abs(right) + floor)
                special = ~np.isfinite(wide) | ~np.isfinite(right)
                same = (wide == right) | (np.isnan(wide) & np.isnan(right))
            apart = np.where(same, 0.0, np.where(special | np.isnan(apart), np.inf, apart))
        self._note(what, here, there, apart, tolerance, RELATIVE)

    def within(self, what: str, found: Any, expected: Any, units: float) -> None:
        """Compare arrays of floats by how many floats lie between, others for being equal."""
        here, there = self._alike(what, found, expected)
        if here.dtype.kind != "f":
            apart, units = (here != there).astype(float), 0.0
        else:
            apart = ulps(here, there)
        self._note(what, here, there, apart, units, UNITS)

    def holds(self, what: str, found: object, expected: object) -> None:
        """Compare two things that are not arrays for being equal."""
        if found != expected:
            self.error = None
            raise MismatchError(f"{what}: found {found!r}, expected {expected!r}")

    def _alike(self, what: str, found: Any, expected: Any) -> tuple[np.ndarray, np.ndarray]:
        there = np.asarray(expected)
        here = np.asarray(found)
        for name, one, other in (
            ("shape", here.shape, there.shape),
            ("dtype", here.dtype, there.dtype),
        ):
            if one != other:
                raise MismatchError(f"{what}: found the {name} {one}, expected {other}")
        return here, there

    def _note(
        self,
        what: str,
        found: np.ndarray,
        expected: np.ndarray,
        apart: np.ndarray,
        tolerance: float,
        unit: str,
    ) -> None:
        worst = float(apart.max(initial=0.0))
        share = worst / tolerance if tolerance else np.inf if worst else 0.0
        if share > self._share:
            self._share, self.error, self.tolerance, self.unit = share, worst, tolerance, unit
        if worst <= tolerance:
            return
        place = np.unravel_index(int(np.argmax(apart)), apart.shape)
        where = f" at {[int(k) for k in place]}" if place else ""
        wrong = int((apart > tolerance).sum())
        raise MismatchError(
            f"{what}{where}: found {found[place]!s}, expected {expected[place]!s}; "
            f"{wrong} of {apart.size} entries are further apart than {tolerance:.3g}"
        )


def on_device(what: str, array: Any, device: str) -> None:
    """Raise MismatchError for what is not an array of the device: it was computed elsewhere."""
    if not isinstance(array, KnetArray) or array.device != device:
        where = array.device if isinstance(array, KnetArray) else type(array).__name__
        raise MismatchError(f"{what}: found a result on {where}, expected one on {device}")
