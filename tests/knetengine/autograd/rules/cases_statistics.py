"""Cases for quantiles, averages and covariances."""

from typing import Any

import numpy as np

from tests.knetengine.autograd.rules.case import Case

METHODS = [
    "linear",
    "hazen",
    "weibull",
    "interpolated_inverted_cdf",
    "median_unbiased",
    "normal_unbiased",
    "inverted_cdf",
    "averaged_inverted_cdf",
    "closest_observation",
    "lower",
    "higher",
    "midpoint",
    "nearest",
]
WEIGHTS = np.array([1.0, 0.5, 2.0])


def average_and_weights(m: Any, a: Any, w: Any) -> Any:
    average, total = m.average(a, 0, w, True)
    return average + 0.5 * total


CASES = {
    "median": Case(lambda m, x: m.median(x, 1), distinct=True),
    "median even": Case(lambda m, x: m.median(x, axis=0, keepdims=True), distinct=True),
    "median all": Case(lambda m, x: m.median(x) * m.median(x, (0, -1)), distinct=True),
    "median axes": Case(lambda m, x: m.median(x, (0, -1)), ((2, 3, 2),), distinct=True),
    "median 0-d": Case(lambda m, x: m.median(x), ((),)),
    "median none": Case(lambda m, x: m.median(x, 1), ((0, 2),)),
    "quantile numbers": Case(lambda m, x: m.quantile(x, [[0.1, 0.9]], axis=-1), distinct=True),
    "quantile axes": Case(
        lambda m, x: m.quantile(x, [0.3, 1.0], (0, 2), keepdims=True), ((2, 3, 2),), distinct=True
    ),
    "quantile by q": Case(
        lambda m, x, q: m.quantile(x, q, axis=1), ((2, 5), (3,)), (0.03, 0.98), distinct=True
    ),
    "quantile ends": Case(lambda m, x: m.quantile(x, [0, 1], 1), distinct=True),
    "quantile none": Case(lambda m, x: m.quantile(x, [0.3, 0.5], 1), ((0, 2),)),
    "quantile weights": Case(
        lambda m, x: m.quantile(x, [0.3, 0.7], 1, method="inverted_cdf", weights=WEIGHTS),
        distinct=True,
    ),
    "percentile": Case(lambda m, x: m.percentile(x, [10, 55], axis=0), distinct=True),
    "percentile by q": Case(
        lambda m, x, q: m.percentile(x, q, keepdims=True), ((2, 3), ()), (3, 97), distinct=True
    ),
    "average": Case(lambda m, x: m.average(x, 0) * m.average(x, keepdims=True), complex=True),
    "average returned": Case(lambda m, x: sum(m.average(x, axis=1, returned=True))),
    "average weights": Case(
        lambda m, a, w: m.average(a, -1, w) * m.average(a, 1, w * w),
        ((2, 3), (3,)),
        (0.5, 2),
        complex=True,
    ),
    "average weights whole": Case(
        lambda m, a, w: m.average(a, weights=w), ((2, 3), (2, 3)), (0.5, 2)
    ),
    "average weights axes": Case(
        lambda m, a, w: m.average(a, (2, 0), w, keepdims=True), ((2, 3, 4), (4, 2)), (0.5, 2)
    ),
    "average weights returned": Case(average_and_weights, ((2, 3), (2,)), (0.5, 2)),
    "cov": Case(lambda m, x: m.cov(x), complex=True),
    "cov vector": Case(lambda m, x: m.cov(x), ((4,),)),
    "cov two": Case(lambda m, x, y: m.cov(x, y, bias=True), ((2, 3), (3,)), complex=True),
    "cov columns": Case(lambda m, x, y: m.cov(x, y, rowvar=False), ((4, 2), (4, 1))),
    "cov row": Case(lambda m, x, y: m.cov(x, y, rowvar=False), ((4, 1), (1, 4))),
    "cov ddof dtype": Case(lambda m, x: m.cov(x, ddof=2, dtype=np.float64), ((2, 4),)),
    "cov weights": Case(
        lambda m, x, w: m.cov(x, fweights=[1, 3, 2], aweights=w), ((2, 3), (3,)), (0.5, 2)
    ),
    "cov counts": Case(lambda m, x: m.cov(x, fweights=np.array([1, 3, 2])), complex=True),
    "cov unbiased": Case(lambda m, x, w: m.cov(x, ddof=0, aweights=w), ((2, 3), (3,)), (0.5, 2)),
    "corrcoef": Case(lambda m, x: m.corrcoef(x), ((3, 4),), distinct=True),
    "corrcoef complex": Case(lambda m, x: m.corrcoef(x), ((2, 4),), distinct=True, complex=True),
    "corrcoef two": Case(
        lambda m, x, y: m.corrcoef(x, y, rowvar=False), ((4, 2), (4,)), distinct=True
    ),
}
for method in METHODS:
    CASES[f"quantile {method}"] = Case(
        lambda m, x, method=method: m.quantile(x, [0.17, 0.42, 0.66], axis=1, method=method),
        ((2, 5),),
        distinct=True,
    )
    CASES[f"percentile by q {method}"] = Case(
        lambda m, x, q, method=method: m.percentile(x, 42 + q, axis=0, method=method),
        ((5, 2), ()),
        distinct=True,
    )
