"""Attention: averages of values, weighted by how well their keys match a query."""

import math
from typing import Any

import numpy as np

import knetengine.numpy as kn
from knetengine.nn import checks
from knetengine.nn.dropout import dropout as drop
from knetengine.nn.losses import softmax
from knetengine.nn.reference import beside, plain_value


def attention(
    q: Any,
    k: Any,
    v: Any,
    *,
    heads: int = 1,
    mask: Any = None,
    causal: bool = False,
    scale: float | None = None,
    dropout: float = 0.0,
) -> Any:
    """Scaled dot-product attention, with one head or several.

    q: queries (..., Tq, D), float32 or float64.
    k: keys (..., Tk, D).
    v: values (..., Tk, Dv); leading axes of the three broadcast.
    heads: into how many the last axes are split; each attends by itself.
    mask: broadcastable to (..., Tq, Tk), the same for all heads. Booleans: True where a query may
        look; floats: added to the scores.
    causal: whether query i may look at keys 0 to i only.
    scale: of the products; 1 / sqrt(D / heads) by default.
    dropout: the probability by which a weight is dropped in training (see `dropout`).

    Returns (..., Tq, Dv). A query that may look at nothing gets zeros.

    Raises TypeError for other dtypes, ValueError for shapes that don't match. Source: Vaswani et
    al. 2017.
    """
    _check(q, k, v, heads, mask)
    if scale is None:
        scale = 1.0 / math.sqrt(q.shape[-1] / heads)
    queries, keys, values = (_split(x, heads) for x in (q * scale, k, v))  # (..., heads, T, d)
    scores = kn.matmul(queries, kn.swapaxes(keys, -1, -2))  # (..., heads, Tq, Tk)
    looking, added = _masks(mask, causal, scores, heads)
    if added is not None:
        scores = scores + added
    if scores.shape[-1] == 0:
        weights = scores  # nothing to look at: the product with no values is zeros
    elif looking is None:
        weights = softmax(scores)
    else:
        seeing = looking.any(-1, keepdims=True)  # (..., Tq, 1)
        scores = kn.where(looking, scores, -np.inf)
        weights = softmax(kn.where(seeing, scores, 0.0)) * seeing  # (..., heads, Tq, Tk)
    if dropout:
        weights = drop(weights, dropout)
    return _join(kn.matmul(weights, values), heads)


def _masks(mask: Any, causal: bool, scores: Any, heads: int) -> tuple[Any, Any]:
    """Where queries may look, if not everywhere, and what is added to the scores, or None."""
    looking, added = None, None
    if mask is not None:
        if heads > 1 and mask.ndim > 2:
            mask = mask[..., None, :, :]  # (..., 1, Tq, Tk)
        if mask.dtype == np.bool_:
            looking = plain_value(mask)
        else:
            added = mask if mask.dtype == scores.dtype else mask.astype(scores.dtype)
            hidden = plain_value(mask) == -np.inf
            looking = ~hidden if hidden.any() else None
    if causal:
        earlier = beside(scores, np.tri(*scores.shape[-2:], dtype=bool))  # (Tq, Tk)
        looking = earlier if looking is None else looking & earlier
    return looking, added


def _split(x: Any, heads: int) -> Any:
    """(..., T, heads * d) to (..., heads, T, d)."""
    if heads == 1:
        return x
    shape = x.shape
    return kn.swapaxes(x.reshape((*shape[:-1], heads, shape[-1] // heads)), -2, -3)


def _join(x: Any, heads: int) -> Any:
    """(..., heads, T, d) to (..., T, heads * d)."""
    if heads == 1:
        return x
    x = kn.swapaxes(x, -2, -3)  # (..., T, heads, d)
    return x.reshape((*x.shape[:-2], x.shape[-2] * x.shape[-1]))


def _check(q: Any, k: Any, v: Any, heads: int, mask: Any) -> None:
    checks.floats("attention", q=q, k=k, v=v)
    for name, x, axes in (("q", q, "(..., Tq, D)"), ("k", k, "(..., Tk, D)")):
        if x.ndim < 2:
            checks.fail("attention", name, x, f"shape {axes}")
    if v.ndim < 2:
        checks.fail("attention", "v", v, "shape (..., Tk, Dv)")
    if k.shape[-1] != q.shape[-1]:
        checks.fail("attention", "k", k, f"shape (..., Tk, D) with D = {q.shape[-1]}, as in q")
    if v.shape[-2] != k.shape[-2]:
        checks.fail("attention", "v", v, f"shape (..., Tk, Dv) with Tk = {k.shape[-2]}, as in k")
    try:
        leading = np.broadcast_shapes(q.shape[:-2], k.shape[:-2], v.shape[:-2])
    except ValueError:
        shapes = f"{q.shape}, {k.shape} and {v.shape}"
        raise ValueError(
            f"attention: q, k and v are of shapes {shapes}; expected axes before the last two that "
            "broadcast"
        ) from None
    if heads < 1:
        raise ValueError(f"attention: heads is {heads}; expected at least 1")
    for name, x in (("q", q), ("v", v)):
        if x.shape[-1] % heads:
            checks.fail("attention", name, x, f"a last axis that {heads} heads divide")
    if mask is None:
        return
    kind = getattr(getattr(mask, "dtype", None), "kind", "")
    if kind not in ("b", "f"):
        raise TypeError(
            f"attention: mask is {checks.described(mask)}; expected an array of bools (True where "
            "a query may look) or of floats (added to the scores)"
        )
    goal = (*leading, q.shape[-2], k.shape[-2])
    wrong = mask.ndim > len(goal) or any(
        m not in (1, n) for m, n in zip(reversed(mask.shape), reversed(goal), strict=False)
    )
    if wrong:
        checks.fail("attention", "mask", mask, f"a shape that broadcasts to {goal}")
