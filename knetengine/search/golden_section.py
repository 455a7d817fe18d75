"""Golden section search in several dimensions at once."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from knetengine.training.deck import report_line

Point = NDArray[np.float64]
GOLDEN_RATIO = (1 + math.sqrt(5)) / 2
LONGEST_STEP = 1e100  # 479 successes in a row


def goldensection(
    f: Callable[[Point], float],
    n: int,
    dxmin: float = 0.1,
    accel: float = GOLDEN_RATIO,
    history: list[tuple[Point, float]] | None = None,
    verbose: bool = False,
) -> tuple[float, Point]:
    """The smallest value found of a function of n numbers, and where: ``fmin, xmin``.

    f: takes an array (n,) of float64, gives a number. NaN says that a point is out of range.
    n: of how many numbers, 1 or more.
    dxmin: the step size at which a dimension is left alone, above 0.
    accel: above 1, how much a step grows after success and shrinks after failure. With the golden
        ratio a step back often meets a point that is known already.
    history: pairs (x, f(x)) that are known, such as those of an earlier search; new ones are
        appended. None for an empty one. No known point is asked for again.
    verbose: print a line for every step that is tried.

    The search starts at zeros with a step of 1 in each dimension, so f has to scale: with
    ``lr = 0.1 * np.exp(x[0])`` it starts at 0.1 and moves by factors. It goes on in the dimension
    of the largest expected gain, forward and faster as long as f falls, else back and shorter,
    until every step is below `dxmin`. It finds a minimum nearby, not the lowest of several.

    Raises ValueError for numbers that are not such, points of another length in `history`, an f
    that is NaN or infinite at zeros, or one that falls without end.
    Source: Knet's `goldensection` (Yuret), of golden section search (Kiefer 1953) and hill
    climbing.
    """
    _check(n, dxmin, accel)
    known = _Known(f, n, [] if history is None else history)
    x, step = np.zeros(n), np.ones(n)
    gain = np.full(n, math.inf)  # expected of the next step
    lowest = known.value(x)
    if not math.isfinite(lowest):
        raise ValueError(
            f"goldensection: f is {lowest!r} at zeros; scale its x so that zeros are in range"
        )
    while np.abs(step).max() >= dxmin:
        i = int(gain.argmax())
        tried = x.copy()
        tried[i] += step[i]
        value = known.value(tried)
        if verbose:
            _print_step(lowest, x, value, tried)
        if value < lowest:
            if value == -math.inf or abs(step[i]) > LONGEST_STEP:
                raise ValueError(f"goldensection: f falls without end, to {value!r} at {tried}")
            gain[i] = accel * (lowest - value)
            step[i] *= accel
            x, lowest = tried, value
            # the ground has moved: dimensions that were left alone are worth another look
            resting = np.abs(step) < dxmin * accel
            step[resting] = np.copysign(dxmin * accel, step[resting])
            gain[resting] = np.maximum(gain[resting], 0.0)
        else:
            loss = gain[i] if math.isnan(value) else value - lowest
            step[i] /= -accel
            gain[i] = -1.0 if abs(step[i]) < dxmin else loss / accel
    return lowest, x.copy()


class _Known:
    """What is known of a function, so that none of its values is computed twice."""

    def __init__(
        self, f: Callable[[Point], float], n: int, history: list[tuple[Point, float]]
    ) -> None:
        self.f = f
        self.history = history
        for point, _ in history:
            if np.shape(point) != (n,):
                raise ValueError(
                    f"goldensection: history has a point of shape {np.shape(point)}; expected {n} "
                    "numbers, as f takes"
                )

    def value(self, x: Point) -> float:
        """The value at a point, computed unless it is known."""
        place = self._place(x)
        if place is not None:
            return self.history[place][1]
        value = float(self.f(x.copy()))
        self.history.append((x, value))
        return value

    def _place(self, x: Point) -> int | None:
        """Where in the history a point stands, to rounding: 1.5e-8 of its norm, as in Julia."""
        points = np.array([point for point, _ in self.history]).reshape(-1, x.size)  # (M, n)
        sizes = np.maximum(np.linalg.norm(points, axis=1), np.linalg.norm(x))  # (M,)
        same = np.linalg.norm(points - x, axis=1) <= 2.0**-26 * sizes
        return int(same.argmax()) if same.any() else None


def _check(n: int, dxmin: float, accel: float) -> None:
    if n < 1:
        raise ValueError(f"goldensection: n is {n!r}; expected 1 or more numbers to search for")
    if not 0 < dxmin < math.inf:
        raise ValueError(f"goldensection: dxmin is {dxmin!r}; expected a step size above 0")
    if not 1 < accel < math.inf:
        raise ValueError(f"goldensection: accel is {accel!r}; expected a factor above 1")


def _print_step(lowest: float, x: Point, value: float, tried: Point) -> None:
    values = [("f0", lowest), ("x0", x.tolist()), ("f1", value), ("x1", tried.tolist())]
    print(report_line(values), flush=True)
