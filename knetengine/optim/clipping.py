"""Clipping gradients by their norm."""

import math
from typing import Any

from knetengine.autograd.containers import flatten
from knetengine.autograd.observing import norm


def gclip(gradients: Any, limit: float, *, each: bool = False) -> Any:
    """Gradients scaled down so that their norm is at most `limit`; 0 leaves them as they are.

    gradients: an array, a number, or any nesting of containers of them; None stays None.
    each: whether the norm is that of each array (Knet's), or that of all together (Pascanu et al.
        2013, the slides' character model).

    A norm that is not finite scales nothing: the gradients come back as they are.
    """
    leaves, rebuild = flatten(gradients)
    if not limit:
        return gradients
    norms = [0.0 if leaf is None else norm(leaf) for leaf in leaves]
    whole = [math.hypot(*norms)] * len(norms)
    scales = [_scale(n, limit) for n in (norms if each else whole)]
    pairs = zip(leaves, scales, strict=True)
    return rebuild(iter([g if g is None or s == 1.0 else g * s for g, s in pairs]))


def _scale(norm: float, limit: float) -> float:
    return limit / norm if math.isfinite(norm) and norm > limit else 1.0
