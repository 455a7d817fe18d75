"""Drawing by scores."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare

from knetengine import nn

SCORES = np.log(np.array([0.5, 0.3, 0.15, 0.05]))


def drawn(count: int = 20000, **options: Any) -> np.ndarray:
    """How often each class was drawn."""
    numbers = nn.sample(np.tile(SCORES, (count, 1)), np.random.default_rng(1), **options)
    return np.bincount(numbers, minlength=4)


@pytest.mark.parametrize(
    ("options", "chances"),
    [
        ({}, [0.5, 0.3, 0.15, 0.05]),
        ({"temperature": 0.5}, [0.25, 0.09, 0.0225, 0.0025]),
        ({"temperature": 2.0}, np.sqrt([0.5, 0.3, 0.15, 0.05])),
        ({"top_k": 2}, [0.5, 0.3, 0, 0]),
        ({"top_p": 0.79}, [0.5, 0.3, 0, 0]),
        ({"top_p": 0.81}, [0.5, 0.3, 0.15, 0]),
        ({"top_k": 9}, [0.5, 0.3, 0.15, 0.05]),
    ],
)
def test_classes_are_drawn_by_their_chances(options: dict[str, Any], chances: Any) -> None:
    expected = np.array(chances) / np.sum(chances)
    counts = drawn(**options)
    assert counts[expected == 0].sum() == 0
    inside = expected > 0
    assert chisquare(counts[inside], expected[inside] * counts.sum()).pvalue > 0.001


@pytest.mark.parametrize("options", [{"temperature": 0.0}, {"top_k": 1}, {"top_p": 1e-9}])
def test_the_best_is_taken(options: dict[str, Any]) -> None:
    assert drawn(**options).tolist() == [20000, 0, 0, 0]


def test_scores_may_be_large_and_chances_zero() -> None:
    generator = np.random.default_rng(1)
    assert nn.sample(np.array([-np.inf, 1e9, 1e9 - 1000]), generator) == 1
    assert nn.sample(np.zeros((3, 2, 5), np.float32), generator).shape == (3, 2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"temperature": -1.0}, "temperature is -1.0; expected 0 or more"),
        ({"top_k": -1}, r"top_k is -1; expected 0 \(all\) or more"),
        ({"top_p": 0.0}, "top_p is 0.0; expected above 0, up to 1"),
    ],
)
def test_options_out_of_range_are_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        nn.sample(SCORES, np.random.default_rng(1), **options)


@pytest.mark.parametrize("scores", [np.full(3, np.nan), np.full(3, -np.inf), np.array([0, np.inf])])
def test_scores_without_a_distribution_are_refused(scores: np.ndarray) -> None:
    with pytest.raises(ValueError, match="without a finite maximum"):
        nn.sample(scores, np.random.default_rng(1))
    with pytest.raises(ValueError, match="at least one class"):
        nn.sample(np.zeros((2, 0)), np.random.default_rng(1))
