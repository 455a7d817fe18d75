"""Cases for the reductions that leave NaN out."""

from typing import Any

import numpy as np

from tests.knetengine.autograd.rules.case import Case

MASK = np.array([True, False, True])


def holes(m: Any, x: Any) -> tuple[Any]:
    """Some entries replaced by NaN."""
    return (m.where(np.array([[True, False, True], [True, True, False]]), x, float("nan")),)


CASES = {
    "nansum": Case(lambda m, x: m.nansum(x, 0) * m.nansum(x, 1, keepdims=True), prepare=holes),
    "nansum where": Case(lambda m, x: m.nansum(x, 1, where=MASK, initial=2.0), prepare=holes),
    "nansum complex": Case(lambda m, x: m.nansum(x), complex=True, prepare=holes),
    "nanprod": Case(lambda m, x: m.nanprod(x, 0) * m.nanprod(x), prepare=holes),
    "nanmean": Case(lambda m, x: m.nanmean(x, 0) * m.nanmean(x), complex=True, prepare=holes),
    "nanmean where": Case(lambda m, x: m.nanmean(x, 1, keepdims=True, where=MASK), prepare=holes),
    "nanvar": Case(
        lambda m, x: m.nanvar(x, 1, ddof=0.5) * m.nanvar(x), complex=True, prepare=holes
    ),
    "nanvar mean": Case(lambda m, x: m.nanvar(x, 1, mean=x[:, :1], correction=1), prepare=holes),
    "nanstd": Case(lambda m, x: m.nanstd(x, 1, keepdims=True), distinct=True, prepare=holes),
    "nanmax nanmin": Case(
        lambda m, x: m.nanmax(x, 0) + m.nanmin(x, 1, keepdims=True), distinct=True, prepare=holes
    ),
    "nanmax options": Case(
        lambda m, x: m.nanmax(x, where=MASK, initial=0.01), distinct=True, prepare=holes
    ),
    "nancumsum": Case(lambda m, x: m.nancumsum(x, 1) + m.nancumsum(x)[2], prepare=holes),
    "nancumprod": Case(lambda m, x: m.nancumprod(x, 0), prepare=holes),
    "nanmedian": Case(
        lambda m, x: m.nanmedian(x, 1, keepdims=True) * m.nanmedian(x),
        distinct=True,
        prepare=holes,
    ),
    "nanquantile": Case(
        lambda m, x: m.nanquantile(x, [0.2, 0.6], axis=1) * m.nanquantile(x, 0.55),
        distinct=True,
        prepare=holes,
    ),
    "nanquantile by q": Case(
        lambda m, x, q: m.nanquantile(x, 0.3 + 0.1 * q, axis=1),
        ((2, 3), ()),
        distinct=True,
        prepare=lambda m, x, q: (*holes(m, x), q),
    ),
    "nanpercentile": Case(
        lambda m, x, q: m.nanpercentile(x, 40 + 10 * q, axis=0, method="hazen"),
        ((2, 3), ()),
        distinct=True,
        prepare=lambda m, x, q: (*holes(m, x), q),
    ),
}
