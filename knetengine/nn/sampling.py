"""Draw from the distribution that scores stand for: the next character of a text."""

from typing import Any

import numpy as np

from knetengine.nn import checks, watching
from knetengine.nn.reference import plain_value


def sample(
    scores: Any,
    generator: np.random.Generator,
    *,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
) -> Any:
    """Numbers of classes at random, by the softmax of their scores.

    scores: (..., C), floats.
    temperature: divides the scores: below 1 the likely become likelier, and 0 takes the best.
    top_k: draw among so many of the best only; 0 for all.
    top_p: draw among the fewest of the best that together have at least this chance (Holtzman et
        al. 2020, nucleus sampling).

    Gives integers (...,). Raises ValueError for an option out of its range, and for scores of which
    none is finite.
    """
    z = np.asarray(plain_value(scores), np.float64)
    if z.ndim == 0 or z.shape[-1] == 0:
        checks.fail("sample", "scores", scores, "shape (..., C) with at least one class")
    _check(temperature, top_k, top_p)
    if temperature == 0:
        best = z.argmax(-1)
        _tell(np.exp(z - z.max(-1, keepdims=True)), best)
        return best
    top = z.max(-1, keepdims=True)
    if not np.isfinite(top).all():
        raise ValueError("sample: the scores have a row without a finite maximum")
    chances = np.exp((z - top) / temperature)  # (..., C)
    if 0 < top_k < z.shape[-1]:
        least = np.partition(chances, -top_k, axis=-1)[..., -top_k, None]
        chances[chances < least] = 0
    if top_p < 1:
        chances *= _nucleus(chances / chances.sum(-1, keepdims=True), top_p)
    steps = chances.cumsum(-1)  # (..., C)
    draw = generator.random(z.shape[:-1])[..., None] * steps[..., -1:]
    drawn = (steps <= draw).sum(-1)
    _tell(chances, drawn)
    return drawn


def _tell(chances: np.ndarray, drawn: Any) -> None:
    if watching.current.watcher is not None:
        watching.current.watcher.drawn(chances, drawn)


def _nucleus(chances: np.ndarray, top_p: float) -> Any:
    """Which classes belong to the fewest that have the chance together; the best always does."""
    order = np.argsort(-chances, axis=-1, kind="stable")
    sorted_chances = np.take_along_axis(chances, order, -1)
    before = sorted_chances.cumsum(-1) - sorted_chances  # of all that are better
    inside = np.zeros(chances.shape, bool)
    np.put_along_axis(inside, order, before < top_p, -1)
    return inside


def _check(temperature: float, top_k: int, top_p: float) -> None:
    for name, value, holds, expected in (
        ("temperature", temperature, temperature >= 0, "0 or more"),
        ("top_k", top_k, top_k >= 0, "0 (all) or more"),
        ("top_p", top_p, 0 < top_p <= 1, "above 0, up to 1"),
    ):
        if not holds:
            raise ValueError(f"sample: {name} is {value}; expected {expected}")
