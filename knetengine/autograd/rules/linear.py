"""Products of arrays. `matmul`, `outer` and `einsum` have rules; the others are made of them."""

import string
from typing import Any

import numpy as np

from knetengine.autograd.primitives import composed, defvjp
from knetengine.autograd.recorded import primitive


def transposed(x: Any) -> Any:
    """The last two axes swapped."""
    return x.T if x.ndim == 2 else np.swapaxes(x, -1, -2)


def _matmul_left(g: Any, y: Any, a: Any, b: Any) -> Any:
    if b.ndim == 1:
        return g[..., None] * b if a.ndim > 1 else g * b  # (..., M, 1) * (K,)
    if a.ndim == 1:
        return (g[..., None, :] @ transposed(b))[..., 0, :]  # (..., 1, N) @ (..., N, K)
    return g @ transposed(b)  # (..., M, N) @ (..., N, K)


def _matmul_right(g: Any, y: Any, a: Any, b: Any) -> Any:
    if a.ndim == 1:
        return a[:, None] * g[..., None, :] if b.ndim > 1 else g * a  # (K, 1) * (..., 1, N)
    if b.ndim == 1:
        return (transposed(a) @ g[..., None])[..., 0]  # (..., K, M) @ (..., M, 1)
    if b.ndim == 2 and a.ndim > 2:  # one product over all rows, not one for each matrix
        rows = a.reshape((-1, a.shape[-1]))  # (R, K)
        return rows.T @ g.reshape((-1, g.shape[-1]))  # (K, R) @ (R, N)
    return transposed(a) @ g  # (..., K, M) @ (..., M, N)


defvjp(np.matmul, _matmul_left, _matmul_right)


@composed(np.dot)
def _dot(a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    return np.matmul(a, b) if np.ndim(b) <= 2 else np.tensordot(a, b, axes=((-1,), (-2,)))


@composed(np.inner)
def _inner(a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    return np.tensordot(a, b, axes=((-1,), (-1,)))


@composed(np.vdot)
def _vdot(a: Any, b: Any) -> Any:
    return np.matmul(np.ravel(a), np.ravel(b))


@composed(np.outer)
def _outer(a: Any, b: Any) -> Any:
    return np.ravel(a)[:, None] * np.ravel(b)


@composed(np.tensordot)
def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """One matrix product of `a` with its summed axes last and `b` with its summed axes first."""
    shape_a, shape_b = np.shape(a), np.shape(b)
    if isinstance(axes, int):
        axes_a, axes_b = range(len(shape_a) - axes, len(shape_a)), range(axes)
    else:
        axes_a, axes_b = (x if isinstance(x, list | tuple) else (x,) for x in axes)
    axes_a = [i % len(shape_a) for i in axes_a]
    axes_b = [i % len(shape_b) for i in axes_b]
    free_a = [i for i in range(len(shape_a)) if i not in axes_a]
    free_b = [i for i in range(len(shape_b)) if i not in axes_b]
    summed = int(np.prod([shape_a[i] for i in axes_a], dtype=int))
    rows = int(np.prod([shape_a[i] for i in free_a], dtype=int))
    columns = int(np.prod([shape_b[i] for i in free_b], dtype=int))
    left = np.reshape(np.transpose(a, (*free_a, *axes_a)), (rows, summed))
    right = np.reshape(np.transpose(b, (*axes_b, *free_b)), (summed, columns))
    shape = tuple(shape_a[i] for i in free_a) + tuple(shape_b[i] for i in free_b)
    return np.reshape(np.matmul(left, right), shape)


@composed(np.einsum)
def _einsum(subscripts: Any, *operands: Any, optimize: Any = False) -> Any:
    """With explicit output and without ellipsis or repeated letters, or an error."""
    if not isinstance(subscripts, str) or "." in subscripts:
        raise TypeError(
            f"np.einsum({subscripts!r}, ...): the derivative needs letters for all axes, as in "
            "np.einsum('bik,bkj->bij', a, b), without an ellipsis"
        )
    subscripts = subscripts.replace(" ", "")
    inputs, arrow, output = subscripts.partition("->")
    if not arrow:
        letters = inputs.replace(",", "")
        output = "".join(c for c in string.ascii_letters if letters.count(c) == 1)
    for term in inputs.split(","):
        if len(set(term)) != len(term):
            raise TypeError(
                f"np.einsum({subscripts!r}, ...): the derivative of a repeated index ({term}) is "
                "not defined here; multiply by np.eye(n) instead"
            )
    return einsum(*operands, subscripts=f"{inputs}->{output}", optimize=optimize)


@primitive
def einsum(*operands: Any, subscripts: str, optimize: Any = False) -> Any:
    """`np.einsum` with its subscripts by name and its output explicit."""
    return np.einsum(subscripts, *operands, optimize=optimize)


def _einsum_joint(
    wanted: tuple[bool, ...],
    g: Any,
    y: Any,
    *operands: Any,
    subscripts: str,
    optimize: Any = False,
) -> list[Any]:
    """An operand's gradient is the einsum of `g` and the other operands to its own letters."""
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    gradients: list[Any] = []
    for position, (want, term) in enumerate(zip(wanted, terms, strict=True)):
        if not want:
            gradients.append(None)
            continue
        other_terms = [output, *terms[:position], *terms[position + 1 :]]
        others = [g, *operands[:position], *operands[position + 1 :]]
        present = "".join(c for c in term if c in "".join(other_terms))
        gradient = np.einsum(f"{','.join(other_terms)}->{present}", *others, optimize=optimize)
        shape = operands[position].shape
        # A letter of this operand only was summed: the gradient is the same all along that axis.
        spread = tuple(n if c in present else 1 for c, n in zip(term, shape, strict=True))
        gradients.append(np.reshape(gradient, spread))
    return gradients


defvjp(einsum, joint=_einsum_joint)


@composed(np.trace)
def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1)
