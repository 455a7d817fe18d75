"""Cases for reductions, and the running sums and products."""

import numpy as np

from tests.knetengine.autograd.rules.case import Case

MASK = np.array([[True, False, True], [True, True, False]])
COLUMNS = np.array([True, False, True])
CUBE = ((2, 3, 2),)


CASES = {
    "sum": Case(lambda m, x: m.sum(x, axis=0), complex=True),
    "sum all": Case(lambda m, x: m.sum(x) * x.sum(), complex=True),
    "sum axes": Case(lambda m, x: m.sum(x, axis=(0, -1), keepdims=True), CUBE),
    "sum axes gone": Case(lambda m, x: m.sum(x, (-3, 1)), CUBE),
    "sum no axes": Case(lambda m, x: m.sum(x, axis=())),
    "sum none": Case(lambda m, x: m.sum(x, axis=0), ((0, 3),)),
    "sum 0-d": Case(lambda m, x: m.sum(x) + m.sum(x, keepdims=True), ((),)),
    "sum dtype": Case(lambda m, x: m.sum(x, 1, dtype=np.float64)),
    "sum where": Case(lambda m, x: m.sum(x, 0, where=MASK) * m.sum(x, where=COLUMNS), complex=True),
    "sum initial": Case(lambda m, x: m.sum(x, -1, keepdims=True, initial=2.5)),
    "sum recorded dtype": Case(lambda m, x: x.sum(0, np.float64, None, True)),
    "mean": Case(lambda m, x: m.mean(x, axis=-1), complex=True),
    "mean axes": Case(lambda m, x: m.mean(x, axis=(0, 1)) * m.mean(x), CUBE),
    "mean 0-d": Case(lambda m, x: m.mean(x), ((),)),
    "mean where": Case(
        lambda m, x: m.mean(x, 0, where=MASK) * m.mean(x, 1, where=COLUMNS, keepdims=True),
        complex=True,
    ),
    "mean dtype": Case(lambda m, x: m.mean(x, 1, dtype=np.float64)),
    "max": Case(lambda m, x: m.max(x, axis=1), distinct=True),
    "max all": Case(lambda m, x: m.max(x, keepdims=True), distinct=True),
    "max 0-d": Case(lambda m, x: m.max(x) + m.min(x), ((),)),
    "min": Case(lambda m, x: m.min(x, axis=(0, -1)), CUBE, distinct=True),
    "amax amin": Case(lambda m, x: m.amax(x, 0) + m.amin(x, 0), distinct=True),
    "max where initial": Case(
        lambda m, x: m.max(x, 0, where=MASK, initial=-0.01) + m.min(x, where=COLUMNS, initial=3.0),
        distinct=True,
    ),
    "max complex": Case(lambda m, x: m.max(x, 1) + m.min(x, 0)[0], distinct=True, complex=True),
    "ptp": Case(lambda m, x: m.ptp(x, 1, keepdims=True) + m.ptp(x), distinct=True),
    # Products
    "prod": Case(lambda m, x: m.prod(x, axis=0), domain=(0.5, 2), complex=True),
    "prod axes": Case(lambda m, x: m.prod(x, (2, 0), keepdims=True), CUBE, (0.5, 2)),
    "prod all": Case(lambda m, x: m.prod(x), ((4,),), (0.5, 2)),
    "prod 0-d": Case(lambda m, x: m.prod(x) * m.prod(x, keepdims=True), ((),)),
    "prod none": Case(lambda m, x: m.prod(x, axis=0), ((0, 3),)),
    "prod where initial": Case(lambda m, x: m.prod(x, 0, where=MASK, initial=1.5), complex=True),
    "prod dtype": Case(lambda m, x: m.prod(x, 0, dtype=np.float64)),
    "prod zero": Case(lambda m, x: m.prod(x * np.array([0.0, 1.0, 2.0]), 1), complex=True),
    "prod zeros": Case(lambda m, x: m.prod(x * np.array([0.0, 1.0, 0.0]), -1)),
    # Variances
    "var": Case(lambda m, x: m.var(x, axis=0) + m.var(x, ddof=1), complex=True),
    "var axes": Case(lambda m, x: m.var(x, (0, -1), keepdims=True), CUBE),
    "var correction": Case(lambda m, x: m.var(x, 1, correction=1) * x.var(), complex=True),
    "var where": Case(
        lambda m, x: m.var(x, 0, where=MASK) * m.var(x, 1, where=COLUMNS, keepdims=True),
        complex=True,
    ),
    "var mean": Case(
        lambda m, x: m.var(x, 0, mean=m.mean(x, 0, keepdims=True)) * m.var(x, mean=0.3),
        complex=True,
    ),
    "var mean where": Case(lambda m, x: m.var(x, 1, mean=x[:, :1], where=COLUMNS, keepdims=True)),
    "var dtype": Case(lambda m, x: m.var(x, 1, dtype=np.float64)),
    "std": Case(lambda m, x: m.std(x, axis=-1, keepdims=True) * m.std(x), distinct=True),
    "std complex": Case(lambda m, x: m.std(x, 0), distinct=True, complex=True),
    "std options": Case(
        lambda m, x: m.std(x, 1, ddof=1, where=COLUMNS) * m.std(x, 0, mean=0.2, correction=1)[0],
        distinct=True,
    ),
    # Running sums and products
    "cumsum": Case(lambda m, x: m.cumsum(x, axis=1), complex=True),
    "cumsum axis": Case(lambda m, x: m.cumsum(x, -2), CUBE),
    "cumsum flat": Case(lambda m, x: m.cumsum(x)),
    "cumsum 0-d": Case(lambda m, x: m.cumsum(x), ((),)),
    "cumsum dtype": Case(lambda m, x: m.cumsum(x, 0, dtype=np.float64)),
    "cumprod": Case(lambda m, x: m.cumprod(x, axis=1), domain=(0.5, 2), complex=True),
    "cumprod axis": Case(lambda m, x: m.cumprod(x, -2), CUBE, (0.5, 2)),
    "cumprod flat": Case(lambda m, x: m.cumprod(x), domain=(0.5, 1.5)),
    "cumprod 0-d": Case(lambda m, x: m.cumprod(x), ((),)),
    "cumprod dtype": Case(lambda m, x: m.cumprod(x, 0, dtype=np.float64)),
    "cumprod zero": Case(lambda m, x: m.cumprod(x * np.array([1.0, 0.0, 2.0]), 1), complex=True),
    "cumprod zeros": Case(lambda m, x: m.cumprod(x * np.array([0.0, 1.0, 0.0]), -1)),
    "cumulative_sum": Case(lambda m, x: m.cumulative_sum(x, axis=-1)),
    "cumulative_sum initial": Case(lambda m, x: m.cumulative_sum(x, include_initial=True), ((3,),)),
    "cumulative_prod": Case(lambda m, x: m.cumulative_prod(x), ((3,),), (0.5, 2)),
    "cumulative_prod initial": Case(
        lambda m, x: m.cumulative_prod(x, axis=0, dtype=np.float64, include_initial=True),
        domain=(0.5, 2),
    ),
}
