"""Inverses, linear systems, determinants and products of stacked matrices.

The determinant has its gradient, the cofactors, for singular matrices too. `slogdet` of a singular
matrix is infinite and has none. The derivatives of `pinv` and `lstsq` are those of matrices that
keep their rank; a solution of `lstsq` whose rank is not full jumps, and raises.

Sources: Giles (2008), Collected matrix derivative results for forward and reverse mode AD; Golub
and Pereyra (1973), The differentiation of pseudo-inverses (SIAM J. Numer. Anal. 10).
"""

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from knetengine.autograd.calls import primitive
from knetengine.autograd.primitives import composed, defvjp, not_differentiable
from knetengine.autograd.recorded import plain
from knetengine.autograd.rules.elementwise import is_complex
from knetengine.autograd.rules.linear import conjugated, transposed
from knetengine.autograd.rules.matrices import (
    adjoint,
    completed,
    identity,
    of_one_triangle,
    part,
    with_diagonal,
)

# Linear systems


def _solve(wanted: tuple[bool, ...], g: Any, y: Any, a: Any, b: Any) -> list[Any]:
    """One solution of the transposed system serves both arguments."""
    if np.ndim(b) == 1:
        g, y = g[..., None], y[..., None]
    g_b = np.linalg.solve(np.swapaxes(a, -1, -2), g)  # (..., N, K)
    g_a = -g_b @ transposed(y) if wanted[0] else None  # (..., N, N)
    return [g_a, g_b[..., 0] if np.ndim(b) == 1 else g_b]


defvjp(np.linalg.solve, joint=_solve)
defvjp(np.linalg.inv, lambda g, y, a: -transposed(y) @ g @ transposed(y))


@composed(np.linalg.tensorsolve)
def _tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    if axes is not None:
        rest = [axis for axis in range(np.ndim(a)) if axis not in axes]
        a = np.transpose(a, (*rest, *axes))
    shape = np.shape(a)[np.ndim(b) :]
    size = int(np.prod(shape, dtype=int))
    if np.size(a) != size**2:
        raise np.linalg.LinAlgError(
            f"np.linalg.tensorsolve needs as many equations as unknowns: a of shape {np.shape(a)} "
            f"has {size} unknowns for b of shape {np.shape(b)}"
        )
    return np.reshape(np.linalg.solve(np.reshape(a, (size, size)), np.ravel(b)), shape)


@composed(np.linalg.tensorinv)
def _tensorinv(a: Any, ind: int = 2) -> Any:
    if ind <= 0:
        raise ValueError(f"np.linalg.tensorinv needs a positive ind, not {ind}")
    shape = (*np.shape(a)[ind:], *np.shape(a)[:ind])
    size = int(np.prod(np.shape(a)[ind:], dtype=int))
    return np.reshape(np.linalg.inv(np.reshape(a, (size, -1))), shape)


# Determinants


def _det(g: Any, y: Any, a: Any) -> Any:
    """The slope is the matrix of cofactors; where all are regular, det(A) times A^-T."""
    if np.all(y != 0):
        inverse = np.linalg.inv(a)
        if _well_conditioned(plain(a), plain(inverse)):
            return (g * y)[..., None, None] * transposed(inverse)
    return g[..., None, None] * cofactors(a)


def _well_conditioned(a: Any, inverse: Any) -> bool:
    """Whether half the digits remain of a product of inverses, as the second derivative has."""
    numbers = np.linalg.matrix_norm(a) * np.linalg.matrix_norm(inverse)
    return bool(np.all(numbers < np.finfo(a.dtype).eps ** -0.5))


defvjp(np.linalg.det, _det)


@primitive
def cofactors(a: Any) -> Any:
    """The matrix of cofactors of a square matrix of any rank, (..., N, N)."""
    u, s, vh = np.linalg.svd(a)
    sign = np.linalg.det(u @ vh)[..., None, None]
    return sign * np.conj((u * _products_of_others(s)[..., None, :]) @ vh)


def _cofactors(g: Any, y: Any, a: Any) -> Any:
    """The slope is made of minors, which the singular values give as products of all but two."""
    u, s, vh = np.linalg.svd(a)
    minors = _products_of_other_pairs(s)  # (..., N, N)
    along = np.linalg.det(u @ vh)[..., None, None] * (adjoint(u) @ g @ adjoint(vh))
    diagonal = np.diagonal(along, axis1=-2, axis2=-1)  # (..., N)
    inner = with_diagonal(
        -transposed(minors * along), np.sum(minors * diagonal[..., None, :], axis=-1)
    )
    return conjugated(u) @ inner @ conjugated(vh)


defvjp(cofactors, _cofactors)


def _products_of_others(s: Any) -> Any:
    """At i, the product of all entries but s[i]."""
    own = np.eye(s.shape[-1], dtype=bool, like=plain(s))
    return np.prod(np.where(own, 1, s[..., None, :]), axis=-1)  # (..., N)


def _products_of_other_pairs(s: Any) -> Any:
    """At [i, j], the product of all entries but s[i] and s[j]; 0 on the diagonal."""
    own = np.eye(s.shape[-1], dtype=bool, like=plain(s))
    rows = [np.where(one, 0, _products_of_others(np.where(one, 1, s))) for one in own]
    return np.stack(rows, axis=-2)  # (..., N, N)


def _slogdet(g: Any, y: Any, a: Any) -> Any:
    sign, singular = part(y, item=0), np.isinf(plain(part(y, item=1)))
    slope = g[1]
    if is_complex(a):  # sign is exp(i angle)
        slope = slope + np.imag(g[0] * sign) * 1j
    if np.any(singular):
        if np.any(np.where(singular, plain(slope), 0) != 0):
            raise np.linalg.LinAlgError(
                "np.linalg.slogdet of a singular matrix is infinite and has no derivative; leave "
                "such matrices out, or use np.linalg.det"
            )
        a = np.where(singular[..., None, None], identity(a), a)
    return slope[..., None, None] * transposed(np.linalg.inv(a))


defvjp(np.linalg.slogdet, _slogdet)

# Generalised inverses


def _pinv(
    g: Any, y: Any, a: Any, rcond: Any = None, hermitian: bool = False, rtol: Any = None
) -> Any:
    if hermitian:
        return of_one_triangle(_pinv_general(g, y, completed(a)))
    return _pinv_general(g, y, a)


def _pinv_general(g: Any, y: Any, a: Any) -> Any:
    """Golub and Pereyra's three terms; the last two vanish for a regular matrix."""
    if a.shape[-2] < a.shape[-1]:  # the products are smaller for a tall matrix
        return adjoint(_pinv_general(adjoint(g), adjoint(y), adjoint(a)))
    g, p = transposed(g), adjoint(y)  # (..., M, N)
    left = g @ (y @ p)
    right = p @ (y @ g)
    whole = left - a @ (y @ left) + right - (right @ y) @ a - p @ adjoint(g) @ p
    return conjugated(whole)  # (..., M, N)


defvjp(np.linalg.pinv, _pinv)


@composed(np.linalg.lstsq)
def _lstsq(a: Any, b: Any, rcond: float | None = None) -> Any:
    solution, residuals, rank, s = lstsq(a, b, rcond=rcond)
    return solution, residuals, plain(rank), s


@primitive
def lstsq(a: Any, b: Any, rcond: float | None = None) -> Any:
    """`np.linalg.lstsq`."""
    return np.linalg.lstsq(a, b, rcond)


def _lstsq_rule(
    wanted: tuple[bool, ...], g: Any, y: Any, a: Any, b: Any, rcond: float | None = None
) -> list[Any]:
    """The solution is pinv(a) b; a residual's slope is twice the error of its column."""
    x, rank = part(y, item=0), plain(part(y, item=2))
    if rank < min(np.shape(a)):
        raise np.linalg.LinAlgError(
            f"np.linalg.lstsq has a derivative where a is of full rank; a of shape {np.shape(a)} "
            f"has rank {rank}, and its solution jumps when the rank changes; leave out dependent "
            "columns, or add a multiple of the identity (ridge regression)"
        )
    b_shape = np.shape(b)
    g_x = conjugated(g[0])
    if len(b_shape) == 1:
        x, g_x, b = x[:, None], g_x[:, None], np.reshape(b, (-1, 1))  # (N, K), (N, K), (M, K)
    error = b - a @ x  # (M, K)
    inverse = np.linalg.pinv(a, rcond=0)  # (N, M)
    fitted = adjoint(inverse) @ g_x  # (M, K)
    g_b = fitted + 2.0 * error * g[1] if np.size(g[1]) else fitted
    g_a = None
    if wanted[0]:
        outside = g_x - inverse @ (a @ g_x)  # (N, K), 0 unless there are fewer rows than columns
        g_a = error @ adjoint(inverse @ fitted) - g_b @ adjoint(x)
        g_a = conjugated(g_a + adjoint(inverse) @ x @ adjoint(outside))
        if plain(g[3]) is not g[3] or np.any(g[3]):  # a recorded 0 may have a derivative
            u, _, vh = np.linalg.svd(a, full_matrices=False)
            g_a = g_a + conjugated((u * g[3]) @ vh)
    return [g_a, np.reshape(conjugated(g_b), b_shape)]


defvjp(lstsq, joint=_lstsq_rule)
not_differentiable(np.linalg.matrix_rank)

# Products


@composed(np.linalg.matrix_power)
def _matrix_power(a: Any, n: int) -> Any:
    """By squaring, as NumPy does; the zeroth power is a constant."""
    n = operator.index(n)
    if n == 0:
        return np.linalg.matrix_power(plain(a), 0)
    if n < 0:
        a, n = np.linalg.inv(a), -n
    if a.shape[-1] != a.shape[-2]:
        raise np.linalg.LinAlgError(
            f"np.linalg.matrix_power needs square matrices, not shape {a.shape}"
        )
    if n == 3:
        return a @ a @ a  # NumPy's order, which rounds differently
    result, square = None, a
    while True:
        n, odd = divmod(n, 2)
        if odd:
            result = square if result is None else result @ square
        if not n:
            return result
        square = square @ square


@composed(np.linalg.multi_dot)
def _multi_dot(arrays: Sequence[Any]) -> Any:
    return multi_dot(*arrays)


@primitive
def multi_dot(*arrays: Any) -> Any:
    """`np.linalg.multi_dot` of its arguments."""
    return np.linalg.multi_dot(arrays)


def _multi_dot_joint(wanted: tuple[bool, ...], g: Any, y: Any, *arrays: Any) -> list[Any]:
    """Each gradient is such a product again, and takes its best order too."""
    first, *inner, last = arrays
    matrices = [
        np.atleast_2d(first),
        *inner,
        last if np.ndim(last) > 1 else np.reshape(last, (-1, 1)),
    ]
    turned = [np.swapaxes(matrix, 0, 1) for matrix in matrices]
    g = np.reshape(g, (np.shape(matrices[0])[0], np.shape(matrices[-1])[1]))
    return [
        np.reshape(
            np.linalg.multi_dot([*turned[:i][::-1], g, *turned[i + 1 :][::-1]]), np.shape(array)
        )
        if want
        else None
        for i, (want, array) in enumerate(zip(wanted, arrays, strict=True))
    ]


defvjp(multi_dot, joint=_multi_dot_joint)

# The main namespace's functions, over the last two axes


@composed(np.linalg.matmul)
def _matmul(x1: Any, x2: Any, /) -> Any:
    return np.matmul(x1, x2)


@composed(np.linalg.tensordot)
def _tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    return np.tensordot(x1, x2, axes)


@composed(np.linalg.vecdot)
def _vecdot(x1: Any, x2: Any, /, *, axis: Any = -1) -> Any:
    vecdot: Any = np.vecdot  # NumPy's own annotations leave out axis=
    return vecdot(x1, x2, axis=axis)


@composed(np.linalg.outer)
def _outer(x1: Any, x2: Any, /) -> Any:
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ValueError(
            f"np.linalg.outer takes vectors, not shapes {np.shape(x1)} and {np.shape(x2)}; "
            "np.outer flattens its arguments"
        )
    return np.outer(x1, x2)


@composed(np.linalg.cross)
def _cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    if np.shape(x1)[axis] != 3 or np.shape(x2)[axis] != 3:
        raise ValueError(
            f"np.linalg.cross takes vectors of 3 entries along axis {axis}, not shapes "
            f"{np.shape(x1)} and {np.shape(x2)}"
        )
    return np.cross(x1, x2, axis=axis)


@composed(np.linalg.matrix_transpose)
def _matrix_transpose(x: Any, /) -> Any:
    if np.ndim(x) < 2:
        raise ValueError(f"np.linalg.matrix_transpose needs two axes, not shape {np.shape(x)}")
    return np.swapaxes(x, -1, -2)


@composed(np.linalg.diagonal)
def _diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return np.diagonal(x, offset, axis1=-2, axis2=-1)


@composed(np.linalg.trace)
def _trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    trace = np.trace(x, offset, axis1=-2, axis2=-1)
    return trace if dtype is None else np.astype(trace, dtype)
