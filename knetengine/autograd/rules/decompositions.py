"""Cholesky, QR, singular value and eigenvalue decompositions of stacked matrices.

Only one triangle is read by `cholesky`, `eigh`, `eigvalsh` and ``svd(hermitian=True)``: the
gradient is in that triangle, and zero in the other.

Vectors are defined up to a choice: their phase if complex, the basis of the complement in
``svd(full_matrices=True)`` and ``qr(mode="complete")``. A result that depends on that choice has
no derivative, and raises ValueError on the way back.

Where values are equal but for rounding: gradients through eigenvalues and singular values are
right to first order; the basis of their common space is arbitrary, and what a gradient through
vectors says about turning that basis is left out. A singular value that is zero but for rounding
has slope 0, as |x| has.

Sources: Giles (2008), Collected matrix derivative results for forward and reverse mode AD;
Murray (2016), arXiv:1602.07527 (Cholesky); Walter and Lehmann (2010), arXiv:1001.1654 (QR, eigen);
Townsend (2016), Differentiating the singular value decomposition.
"""

from typing import Any

import numpy as np

from knetengine.autograd.calls import primitive
from knetengine.autograd.primitives import composed, defvjp
from knetengine.autograd.recorded import plain
from knetengine.autograd.rules.elementwise import is_complex
from knetengine.autograd.rules.linear import conjugated, transposed
from knetengine.autograd.rules.matrices import (
    adjoint,
    inverse_gaps,
    lower_half,
    of_one_triangle,
    part,
    rounding,
    with_diagonal,
)

# Cholesky


def _cholesky(g: Any, y: Any, a: Any, upper: bool = False) -> Any:
    """With W = L^-1 dA L^-H, dL is L times the lower triangle of W with its diagonal halved."""
    if upper:
        g, y = adjoint(g), adjoint(y)
    inner = lower_half(transposed(y) @ g)  # (..., N, N)
    outer = np.linalg.solve(transposed(y), inner)
    whole = transposed(np.linalg.solve(adjoint(y), transposed(outer)))
    whole = of_one_triangle(whole)
    return adjoint(whole) if upper else whole


defvjp(np.linalg.cholesky, _cholesky)

# QR

QRResult: Any = type(np.linalg.qr(np.eye(1)))


@composed(np.linalg.qr)
def _qr(a: Any, mode: Any = "reduced") -> Any:
    if mode not in ("reduced", "complete", "r"):
        raise TypeError(
            f"np.linalg.qr has derivative rules for mode='reduced', 'complete' and 'r', "
            f"not {mode!r}"
        )
    q, r = qr(a, mode="reduced" if mode == "r" else mode)
    return r if mode == "r" else QRResult(q, r)


@primitive
def qr(a: Any, mode: Any) -> Any:
    """`np.linalg.qr` in the modes that return both factors."""
    return np.linalg.qr(a, mode)


def _qr_rule(g: Any, y: Any, a: Any, mode: Any) -> Any:
    """A wide matrix is [B C] with B = Q R1 and C = Q R2, a tall one [Q1 Q2] [R1; 0]."""
    q, r = part(y, item=0), part(y, item=1)  # (..., M, K or M), (..., K or M, N)
    g_q, g_r = conjugated(g[0]), conjugated(g[1])
    columns = r.shape[-1]
    k = min(q.shape[-2], columns)
    if np.any(np.diagonal(plain(r), axis1=-2, axis2=-1) == 0):
        raise np.linalg.LinAlgError(
            f"np.linalg.qr has a derivative where the first {k} columns are linearly independent; "
            f"here they are not"
        )
    if k < q.shape[-1]:
        g_q, q = _thin("np.linalg.qr(mode='complete')", g_q, q, k), q[..., :k]
        g_r, r = g_r[..., :k, :], r[..., :k, :]
    if k == columns:
        return conjugated(_qr_of_columns(g_q, g_r, q, r))
    rest = a[..., k:]  # (..., M, N - K)
    g_rest = q @ g_r[..., k:]
    g_q = g_q + rest @ adjoint(g_r[..., k:])
    g_first = _qr_of_columns(g_q, g_r[..., :k], q, r[..., :k])
    return conjugated(np.concatenate([g_first, g_rest], axis=-1))  # (..., M, N)


defvjp(qr, _qr_rule)


def _qr_of_columns(g_q: Any, g_r: Any, q: Any, r: Any) -> Any:
    """The gradient by K independent columns; g_q, q: (..., M, K), g_r, r: (..., K, K).

    Takes and returns conjugate gradients. The diagonal of R is real, which fixes the phases.
    """
    turned = adjoint(q) @ g_q - g_r @ adjoint(r)  # (..., K, K)
    inner = lower_half(turned - adjoint(turned)) - turned
    return adjoint(np.linalg.solve(r, adjoint(g_q + q @ inner)))


def _thin(name: str, g: Any, basis: Any, k: int) -> Any:
    """The conjugate gradient by the first k columns of a unitary basis, which move the others.

    The others span the complement; raises ValueError if the result depends on which basis of it.
    g, basis: (..., M, M). Returns (..., M, K).
    """
    first, rest, g_rest = basis[..., :k], basis[..., k:], g[..., k:]
    within = adjoint(rest) @ g_rest  # (..., M - K, M - K)
    _refuse_choice(
        f"the basis that {name} chose for the complement", within - adjoint(within), g_rest
    )
    return g[..., :k] - rest @ (adjoint(g_rest) @ first)


def _refuse_choice(choice: str, dependence: Any, *gradients: Any) -> None:
    """Raise ValueError unless what depends on a choice is nothing but rounding of the gradients."""
    scale = sum(np.max(np.abs(plain(g)), initial=0) for g in gradients)
    if np.max(np.abs(plain(dependence)), initial=0) > 0.01 * scale:
        raise ValueError(
            f"the result depends on {choice}; the choice is arbitrary, so there is no derivative; "
            "use the vectors in a combination that it leaves alone, such as v * np.conj(v) or the "
            "projection v @ np.conj(v).T"
        )


def _refuse_phases(name: str, along: Any, *gradients: Any) -> None:
    """Raise if turning complex vectors changes the result; along: (..., K), V^H times gradient."""
    _refuse_choice(
        f"the phases that {name} chose for its vectors", np.imag(plain(along)), *gradients
    )


# Singular values

SVDResult: Any = type(np.linalg.svd(np.eye(1)))


@composed(np.linalg.svd)
def _svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    if not hermitian:
        u, s, vh = svd(a, full_matrices=full_matrices and compute_uv)
        return SVDResult(u, s, vh) if compute_uv else s
    w, v = np.linalg.eigh(a)  # (..., N), (..., N, N)
    order = np.argsort(np.abs(plain(w)), axis=-1)[..., ::-1]
    w = np.take_along_axis(w, order, axis=-1)
    if not compute_uv:
        return np.abs(w)
    u = np.take_along_axis(v, order[..., None, :], axis=-1)
    signs = np.copysign(1.0, plain(w))
    return SVDResult(u, np.abs(w), adjoint(u * signs[..., None, :]))


@composed(np.linalg.svdvals)
def _svdvals(x: Any, /) -> Any:
    return np.linalg.svd(x, compute_uv=False)


@primitive
def svd(a: Any, full_matrices: bool) -> Any:
    """`np.linalg.svd` with its vectors."""
    return np.linalg.svd(a, full_matrices)


def _svd_rule(g: Any, y: Any, a: Any, full_matrices: bool) -> Any:
    """In the bases U and V, dA is U^H dA V; the vectors turn by U^H dU and V^H dV."""
    u, s, v = part(y, item=0), part(y, item=1), adjoint(part(y, item=2))
    g_u, g_s, g_v = conjugated(g[0]), g[1], transposed(g[2])
    k = s.shape[-1]
    if u.shape[-1] > k:
        g_u, u = _thin("np.linalg.svd", g_u, u, k), u[..., :k]  # (..., M, K)
    if v.shape[-1] > k:
        g_v, v = _thin("np.linalg.svd", g_v, v, k), v[..., :k]  # (..., N, K)
    size = max(a.shape[-2:])
    zero = plain(s) <= rounding(plain(s), size)  # (..., K)
    inverse = np.where(zero, 0, 1 / np.where(zero, 1, s))[..., None, :]  # (..., 1, K)
    sums = s[..., None, :] + s[..., :, None]  # (..., K, K)
    gaps = inverse_gaps(s, size) / np.where(sums == 0, 1, sums)
    along_u, along_v = adjoint(u) @ g_u, adjoint(v) @ g_v  # (..., K, K)
    turn_u, turn_v = gaps * along_u, gaps * along_v
    inner = (turn_u + adjoint(turn_u)) * s[..., None, :]
    inner = inner + s[..., :, None] * (turn_v + adjoint(turn_v))
    inner = inner + with_diagonal(0, np.where(zero, 0, g_s))
    if is_complex(a):
        diagonal_u = np.diagonal(along_u, axis1=-2, axis2=-1)  # (..., K)
        diagonal_v = np.diagonal(along_v, axis1=-2, axis2=-1)
        _refuse_phases("np.linalg.svd", diagonal_u + diagonal_v, g_u, g_v)
        inner = inner + with_diagonal(0, np.imag(diagonal_u) * 1j) * inverse
    outer = u @ inner @ adjoint(v)
    if u.shape[-2] > k:
        outer = outer + ((g_u - u @ along_u) * inverse) @ adjoint(v)
    if v.shape[-2] > k:
        outer = outer + (u * inverse) @ adjoint(g_v - v @ along_v)
    return conjugated(outer)  # (..., M, N)


defvjp(svd, _svd_rule)

# Eigenvalues of Hermitian matrices


def _eigh(g: Any, y: Any, a: Any, UPLO: Any = "L") -> Any:  # noqa: N803  # NumPy's name
    """dw is the diagonal of V^H dA V; off it, divided by the gaps, it is V^H dV."""
    w, v = part(y, item=0), part(y, item=1)
    along = adjoint(v) @ conjugated(g[1])  # (..., N, N)
    if is_complex(a):
        _refuse_phases("np.linalg.eigh", np.diagonal(along, axis1=-2, axis2=-1), g[1])
    inner = with_diagonal(inverse_gaps(w, w.shape[-1]) * along, g[0])
    whole = v @ inner @ adjoint(v)
    return of_one_triangle(conjugated(whole), UPLO)


defvjp(np.linalg.eigh, _eigh)


@composed(np.linalg.eigvalsh)
def _eigvalsh(a: Any, UPLO: Any = "L") -> Any:  # noqa: N803  # NumPy's name
    return np.linalg.eigh(a, UPLO)[0]


# Eigenvalues of general matrices


def _eig(g: Any, y: Any, a: Any) -> Any:
    """As for `eigh` with V^-1 for V^H; each vector keeps its length."""
    w, v = part(y, item=0), part(y, item=1)
    g_w, g_v = conjugated(g[0]), conjugated(g[1])
    lengths = np.sum(conjugated(v) * g_v, axis=-2)  # (..., N)
    if is_complex(v):
        _refuse_phases("np.linalg.eig", lengths, g_v)
        lengths = np.real(lengths)
    along = adjoint(v) @ (g_v - v * lengths[..., None, :])
    gaps = conjugated(inverse_gaps(w, w.shape[-1]))
    inner = with_diagonal(gaps * along, g_w)
    return conjugated(np.linalg.solve(adjoint(v), inner @ adjoint(v)))


defvjp(np.linalg.eig, _eig)


@composed(np.linalg.eigvals)
def _eigvals(a: Any) -> Any:
    return np.linalg.eig(a)[0]
