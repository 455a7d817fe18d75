"""Cases for histograms with weights, and for polynomials of two variables."""

import numpy as np

from tests.knetengine.autograd.rules.case import Case

X = np.array([0.0, 0.3, 1.0, 2.0, 0.3, 1.7])
Y = np.array([1.0, -0.5, 0.0, 1.0, 0.9, 0.2])

HISTOGRAMS = {
    "bincount": Case(
        lambda m, w: m.bincount([0, 2, 2, 0], w, minlength=4).astype(w.dtype) ** 2, ((4,),)
    ),
    "bincount weights": Case(lambda m, w: m.bincount([3, 1], weights=w).astype(w.dtype), ((2,),)),
    "histogram": Case(lambda m, w: m.histogram(X, 4, weights=w)[0] ** 2, ((6,),), complex=True),
    "histogram density": Case(
        lambda m, w: m.histogram(X, [0.0, 0.3, 0.5, 1.7], density=True, weights=w)[0],
        ((6,),),
        (0.5, 2),
    ),
    "histogram range": Case(
        lambda m, w: m.histogram(X.reshape(2, 3), 3, (0.2, 1.8), None, w)[0], ((2, 3),)
    ),
    "histogram2d": Case(lambda m, w: m.histogram2d(X, Y, 3, weights=w)[0] ** 2, ((6,),)),
    "histogram2d density": Case(
        lambda m, w: m.histogram2d(X, Y, [2, [-0.5, 0.2, 1.0]], density=True, weights=w)[0],
        ((6,),),
        (0.5, 2),
    ),
    "histogramdd": Case(
        lambda m, w: m.histogramdd(np.stack([X, Y, X], 1), (2, 2, 3), weights=w)[0] ** 2, ((6,),)
    ),
    "histogramdd of columns": Case(
        lambda m, w: m.histogramdd([X, Y], 3, [(0, 1), (-1, 1)], True, w)[0], ((6,),), (0.5, 2)
    ),
}

SURFACES = {
    "polyval2d": Case(
        lambda m, x, y, c: m.polynomial.polynomial.polyval2d(x, y, c),
        ((2,), (2,), (3, 2)),
        complex=True,
    ),
    "polyval2d of several": Case(
        lambda m, x, y, c: m.polynomial.polynomial.polyval2d(x, y, c), ((), (), (2, 2, 3))
    ),
    "polygrid2d": Case(
        lambda m, x, y, c: m.polynomial.polynomial.polygrid2d(x, y, c), ((2,), (3,), (2, 3))
    ),
    "polygrid2d of several": Case(
        lambda m, x, y, c: m.polynomial.polynomial.polygrid2d(x, y, c), ((2, 1), (2,), (1, 2, 2))
    ),
}

CASES = HISTOGRAMS | SURFACES

if hasattr(np.polynomial.polynomial, "polyvalnd"):  # from NumPy 2.5 on
    CASES["polyvalnd"] = Case(
        lambda m, x, y, z, c: m.polynomial.polynomial.polyvalnd((x, y, z), c),
        ((2,), (2,), (2,), (2, 2, 3)),
    )
