"""NumPy's functions of polynomials given by their coefficients, the highest power first."""

import warnings
from typing import Any

import numpy as np

from knetengine.autograd.calls import primitive
from knetengine.autograd.primitives import composed, defvjp, refuse
from knetengine.autograd.recorded import plain
from knetengine.autograd.rules.elementwise import is_complex
from knetengine.autograd.rules.reductions import as_array
from knetengine.device_arrays import beside


@composed(np.polyval)
def _polyval(p: Any, x: Any) -> Any:
    return polyval(as_array(p), as_array(x))


@primitive
def polyval(p: Any, x: Any) -> Any:
    """`np.polyval` of an array."""
    return np.polyval(p, x)


def _by_coefficients(g: Any, y: Any, p: Any, x: Any) -> Any:
    sums: list[Any] = []
    for _ in range(p.size):
        sums.append(np.sum(g))
        g = g * x
    return np.stack(sums[::-1]) if sums else 0.0 * p


def _by_place(g: Any, y: Any, p: Any, x: Any) -> Any:
    powers = np.arange(p.size - 1, 0, -1, dtype=y.dtype)  # of integers they would be float64
    return g * np.polyval(p[:-1] * beside(plain(p), powers), x)


defvjp(polyval, _by_coefficients, _by_place)


def _of_same_length(a1: Any, a2: Any) -> tuple[Any, Any]:
    a1, a2 = np.atleast_1d(as_array(a1)), np.atleast_1d(as_array(a2))
    length = max(a1.size, a2.size)
    longer = [np.concatenate((np.zeros(length - a.size, a.dtype), a)) for a in (a1, a2)]
    return longer[0], longer[1]


@composed(np.polyadd)
def _polyadd(a1: Any, a2: Any) -> Any:
    a1, a2 = _of_same_length(a1, a2)
    return a1 + a2


@composed(np.polysub)
def _polysub(a1: Any, a2: Any) -> Any:
    a1, a2 = _of_same_length(a1, a2)
    return a1 - a2


@composed(np.polymul)
def _polymul(a1: Any, a2: Any) -> Any:
    return np.convolve(_without_leading_zeros(a1), _without_leading_zeros(a2))


def _without_leading_zeros(a: Any) -> Any:
    """The coefficients from the first that is not zero on, or the last."""
    a = np.atleast_1d(as_array(a))
    places = np.flatnonzero(plain(a))
    return a[int(places[0]) if len(places) else -1 :]


@composed(np.polydiv)
def _polydiv(u: Any, v: Any) -> tuple[Any, Any]:
    """By long division; the remainder without its leading zeros.

    What rounding left of them may be more than NumPy takes for zero: they are computed, as there.
    """
    u, v = np.atleast_1d(as_array(u)), np.atleast_1d(as_array(v))
    rest, quotient = u, []
    scale = 1.0 / v[0]
    for k in range(u.size - v.size + 1):
        quotient.append(scale * rest[k])
        inner = rest[k : k + v.size] - quotient[-1] * v
        rest = np.concatenate((rest[:k], inner, rest[k + v.size :]))
    while rest.size > 1 and np.allclose(plain(rest[0]), 0, rtol=1e-14):
        rest = rest[1:]
    return np.stack(quotient) if quotient else np.zeros(1, u.dtype), rest


@composed(np.polyder)
def _polyder(p: Any, m: int = 1) -> Any:
    p = as_array(p)
    for _ in range(m):
        p = p[:-1] * np.arange(p.size - 1, 0, -1)
    return p


@composed(np.polyint)
def _polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    p = as_array(p)
    k = np.zeros(m) if k is None else np.atleast_1d(as_array(k))
    for i in range(m):
        constant = k if k.size == 1 else k[i : i + 1]
        p = np.concatenate((p / np.arange(p.size, 0, -1), constant))
    return p


@composed(np.vander)
def _vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:  # noqa: N803
    x = as_array(x)
    power = np.ones(x.shape, np.promote_types(x.dtype, int))
    powers: list[Any] = []
    for _ in range(x.shape[0] if N is None else N):
        powers.append(power)
        power = power * x
    return np.stack(powers if increasing else powers[::-1], 1)


@composed(np.poly)
def _poly(seq_of_zeros: Any) -> Any:
    """The product of ``x - zero``; real if the zeros are real or in conjugate pairs."""
    zeros = as_array(seq_of_zeros)
    zeros = np.linalg.eigvals(zeros) if zeros.ndim == 2 else zeros
    p = np.ones(1, zeros.dtype)
    for zero in zeros:
        p = np.concatenate((p, p[:1] * 0)) - np.concatenate((p[:1] * 0, p * zero))
    if is_complex(p) and np.all(np.sort(plain(zeros)) == np.sort(plain(zeros).conj())):
        return np.real(p)
    return p


@composed(np.polyfit)
def _polyfit(
    x: Any,
    y: Any,
    deg: int,
    rcond: Any = None,
    full: bool = False,
    w: Any = None,
    cov: Any = False,
) -> Any:
    """By least squares, each column of powers scaled to the norm 1, as NumPy does."""
    x, y = as_array(x), as_array(y)
    rcond = x.size * float(np.finfo(x.dtype).eps) if rcond is None else rcond
    powers = np.vander(x, deg + 1)  # (N, deg + 1)
    if w is not None:
        w = as_array(w)[:, None]
        powers, y = powers * w, (y * w if y.ndim == 2 else y * w[:, 0])
    scale = np.sqrt(np.sum(powers * powers, 0))
    powers = powers / scale
    solution, residuals, rank, singular = np.linalg.lstsq(powers, y, rcond)
    coefficients = np.transpose(np.transpose(solution) / scale)
    if full:
        return coefficients, residuals, rank, singular, rcond
    if rank != deg + 1:
        warnings.warn("Polyfit may be poorly conditioned", np.exceptions.RankWarning, stacklevel=2)
    if not cov:
        return coefficients
    covariance = np.linalg.inv(np.transpose(powers) @ powers) / np.outer(scale, scale)
    factor = 1.0 if cov == "unscaled" else residuals / (x.size - deg - 1)
    if y.ndim == 2:
        covariance = covariance[:, :, None]
    return coefficients, covariance * factor


refuse(
    [np.roots], "its roots are eigenvalues: np.linalg.eigvals of the companion matrix has a rule"
)
