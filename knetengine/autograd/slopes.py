"""The slopes of a function by one of its arguments: from the gradient and from differences."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from knetengine.autograd.differences import Line, central, directions, entries, extrapolated

# A smaller slope may be all rounding errors, of numbers whose sum comes to nothing.
NOTHING = 1e-10


class Tolerance(NamedTuple):
    """How far a slope may be off: relative to itself, and to the value of the function."""

    relative: float
    absolute: float


class Slope(NamedTuple):
    """The slope along a direction.

    excess: the error, in units of the error that is allowed.
    """

    direction: Any
    gradient: float
    difference: float
    excess: float

    @property
    def agrees(self) -> bool:
        """Whether the error is allowed."""
        return self.excess <= 1.0

    def __str__(self) -> str:
        error = abs(self.gradient - self.difference)
        larger = max(abs(self.gradient), abs(self.difference)) or 1.0
        return (
            f"{_where(self.direction)}: gradient {self.gradient:.9g}, "
            f"difference {self.difference:.9g}, relative error {error / larger:.2g}"
        )


def _where(direction: Any) -> str:
    """The entry that a direction moves, as it is written: ``[0, 1]``, ``[0, 1].imag``."""
    moved = np.argwhere(direction).tolist()
    if len(moved) > 1:
        return " in a random direction"
    part = ""
    if np.iscomplexobj(direction):
        part = ".real" if np.sum(direction).real else ".imag"
    return f"{moved[0] or ''}{part}"


class Comparison(NamedTuple):
    """The slopes of a function by one of its arguments.

    line: gives the function along a direction of the argument.
    value, gradient: the argument, and the gradient there, as arrays.
    scale: the magnitude of the function's value.
    step: of the plain differences, relative to entries larger than 1.
    precision: of the function's values, relative to their magnitude.
    """

    line: Callable[[Any], Line]
    value: Any
    gradient: Any
    scale: float
    step: float
    tolerance: Tolerance
    precision: float

    def worst(self, samples: int, generator: "np.random.Generator") -> Slope | None:
        """The slope that is off most; if it disagrees, that of an entry. None without entries."""
        slopes = [self.slope(v) for v in directions(self.value, samples, generator)]
        worst = max(slopes, key=_excess, default=None)
        if worst is None or worst.agrees or np.count_nonzero(worst.direction) == 1:
            return worst
        entry = max(self._of_one_entry(worst.direction), key=_excess)
        return worst if entry.agrees else entry

    def slope(self, direction: Any) -> Slope:
        """The slope along a direction; extrapolated if the plain difference disagrees."""
        line, reach = self.line(direction), self._reach(direction)
        plain = self._judged(direction, central(line, self.step * reach))
        if plain.agrees:
            return plain
        return self._judged(direction, extrapolated(line, reach, self.precision))

    def _of_one_entry(self, direction: Any) -> Iterator[Slope]:
        """The slopes of one entry, found by halving a direction where the larger error is."""
        places = np.flatnonzero(direction)
        while len(places) > 1:
            places = max(
                np.array_split(places, 2), key=lambda half: self._error(_part(direction, half))
            )
        return map(self.slope, entries(self.value, places))

    def _error(self, direction: Any) -> float:
        difference = central(self.line(direction), self.step * self._reach(direction))
        error = abs(self._of_gradient(direction) - difference)
        return error if np.isfinite(error) else np.inf

    def _judged(self, direction: Any, difference: float) -> Slope:
        gradient = self._of_gradient(direction)
        error = abs(gradient - difference)
        allowed = (
            self.tolerance.relative * abs(difference)
            + self.tolerance.absolute * self.scale / self._reach(direction)
            + NOTHING
        )
        return Slope(direction, gradient, difference, error / allowed if error < np.inf else np.inf)

    def _of_gradient(self, direction: Any) -> float:
        return float(np.sum(self.gradient * direction).real)

    def _reach(self, direction: Any) -> float:
        """The magnitude of the entries that a direction moves, at least 1."""
        return max(1.0, float(np.linalg.norm(self.value[direction != 0])))


def _excess(slope: Slope) -> float:
    return slope.excess


def _part(direction: Any, places: Any) -> Any:
    """The direction at some entries, and zero elsewhere."""
    part = np.zeros_like(direction)
    part.flat[places] = direction.flat[places]
    return part
