"""Slopes of a function along a line, from its values alone."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

Line: TypeAlias = Callable[[float], float]

# Ridders' method: the first step, by what each next one is smaller, and how many there are (down
# to 1e-12). Beyond six columns of the table there is nothing left but rounding errors.
LARGEST = 0.1
SHRINK = 3.0
STEPS = 24
COLUMNS = 6


def central(line: Line, step: float) -> float:
    """The central difference at 0: its error falls with the square of the step."""
    return (line(step) - line(-step)) / (2 * step)


def extrapolated(line: Line, reach: float, precision: float) -> float:
    """The derivative at 0, from central differences at ever smaller steps.

    reach: the magnitude that the steps are relative to; the function may be the difference of
        numbers as large as that.
    precision: of such numbers, and of the function's values, relative to their magnitude.

    The differences are extrapolated to the step 0, and of all estimates the one counts that
    differs least from its neighbours, rounding errors included. So some steps may leave the
    domain of the function, or pass a kink, as long as smaller ones do not. NaN if none is left.

    C. J. F. Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Advances in Engineering
    Software 4 (1982), pages 75-76.
    """
    best, least = np.nan, np.inf
    coarser: list[float] = []
    for number in range(STEPS):
        step = reach * LARGEST / SHRINK**number
        above, below = line(step), line(-step)
        if not np.isfinite(above - below):
            coarser = []
            continue
        rounding = precision * max(reach, abs(above), abs(below)) / step
        row = [(above - below) / (2 * step)]
        factor = 1.0
        for neighbour in coarser[:COLUMNS]:
            factor *= SHRINK**2
            refined = row[-1] + (row[-1] - neighbour) / (factor - 1)
            error = max(abs(refined - row[-1]), abs(refined - neighbour)) + rounding
            if error < least:
                best, least = refined, error
            row.append(refined)
        coarser = row
    return best


def along(f: Callable[..., Any], values: Sequence[Any], place: int, direction: Any) -> Line:
    """f of `values`, as one of them moves in a direction. NaN where f finds that impossible."""

    def line(distance: float) -> float:
        arguments = [copied(value) for value in values]
        arguments[place] += distance * direction[()]
        try:
            with np.errstate(all="ignore"):
                return float(f(*arguments))
        except (ArithmeticError, ValueError):  # the logarithm of -1, a matrix that is singular
            return np.nan

    return line


def copied(value: Any) -> Any:
    """A copy in the same order in memory, which `np.ravel` may go by; f may write to it."""
    return value.copy(order="K") if isinstance(value, np.ndarray) else value


def directions(value: Any, samples: int, generator: "np.random.Generator") -> Iterator[Any]:
    """Arrays of length 1: each entry alone if there are at most `samples`, else random ones."""
    if value.size <= samples:
        yield from entries(value, range(value.size))
        return
    for _ in range(samples):
        direction = generator.standard_normal(value.shape)
        if value.dtype.kind == "c":
            direction = direction + 1j * generator.standard_normal(value.shape)
        yield direction / np.linalg.norm(direction)


def entries(value: Any, places: Iterable[int]) -> Iterator[Any]:
    """The directions along single entries: the real one, and the imaginary one if it is complex."""
    units = (1.0 + 0j, 1j) if value.dtype.kind == "c" else (1.0,)
    for place in places:
        for unit in units:
            direction = np.zeros(value.shape, type(unit))
            direction.flat[place] = unit
            yield direction
