"""Histograms and polynomials of two variables: what the table of cases does not show."""

from typing import Any

import numpy as np
import pytest

from knetengine import grad

X = np.array([0.0, 0.3, 1.0, 2.0, 0.3, 1.7])
WEIGHTS = np.array([1.0, 2.0, 0.5, 4.0, 0.25, 8.0])


def flat(counts: Any, edges: Any) -> Any:
    return counts, *edges


@pytest.mark.parametrize(
    "histogram",
    [
        lambda x, w: np.histogram(x, 5, weights=w),
        lambda x, w: np.histogram(x, [0.0, 0.3, 1.7], density=True, weights=w),
        lambda x, w: np.histogram2d(x, x, 3, weights=w),
        lambda x, w: np.histogram2d(x, x, [0.0, 0.4, 2.0, 3.0], weights=w),
        lambda x, w: flat(*np.histogramdd([x, x[::-1]], (2, 4), density=True, weights=w)),
    ],
)
def test_recorded_weights_give_numpys_histogram(histogram: Any) -> None:
    seen: list[Any] = []
    grad(lambda w: seen.append(histogram(X, w)) or w.sum())(WEIGHTS)
    counts, *edges = seen[0]
    expected, *expected_edges = histogram(X, WEIGHTS)
    np.testing.assert_allclose(counts.value, expected, rtol=1e-15)
    for part, other in zip(edges, expected_edges, strict=True):
        np.testing.assert_array_equal(part, other)


def test_counts_are_flat_in_the_samples() -> None:
    seen: list[Any] = []
    gradient = grad(lambda x: seen.append(np.histogram(x, 3, weights=WEIGHTS)) or x.sum())(X)
    np.testing.assert_array_equal(gradient, np.ones(6))
    assert type(seen[0][0]) is np.ndarray
    np.testing.assert_array_equal(seen[0][0], np.histogram(X, 3, weights=WEIGHTS)[0])


def test_points_of_different_shapes_are_no_points_of_a_polynomial() -> None:
    with pytest.raises(ValueError, match=r"different shapes: \[\(2,\), \(3,\)\]"):
        grad(lambda c: np.polynomial.polynomial.polyval2d(X[:2], X[:3], c).sum())(np.ones((2, 2)))
