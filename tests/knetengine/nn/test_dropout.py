"""Dropout: how much, which, when; the same by kernel and twin."""

from typing import Any

import numpy as np
import pytest

from knetengine import grad, nn, on_nonfinite, vjp
from knetengine.nn.dropout import dropout, in_training, random_numbers, seed
from tests.knetengine.nn.twins import check_twins

FLOATS = [np.float32, np.float64]


def test_the_numbers_of_splitmix64() -> None:
    """Golden values from Rosetta Code, "Pseudo-random numbers/Splitmix64", for the seed 1234567."""
    expected = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert random_numbers(1234567, np.zeros(5)).tolist() == expected


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_others_make_up_for_what_is_dropped(dtype: Any, p: float) -> None:
    x = np.ones((200, 500), dtype)
    y = dropout(x, p, training=True, generator=np.random.default_rng(0))
    assert y.dtype == dtype
    assert np.unique(y).tolist() == [0, dtype(1 / (1 - p))]
    share = np.mean(y == 0)
    assert abs(share - p) < 5 * np.sqrt(p * (1 - p) / x.size)


def test_kernel_and_twin_drop_the_same() -> None:
    x = np.random.default_rng(0).standard_normal((300, 200)).astype(np.float32)
    for p in (1e-6, 0.3, 0.5, 1 - 1e-6):
        results = []
        for reference in (True, False):
            seed(5)
            with nn.reference(reference):
                results.append(dropout(x.T, p, training=True))
        assert np.array_equal(results[0], results[1])


@pytest.mark.parametrize("dtype", FLOATS)
def test_derivatives_use_the_same_mask(dtype: Any) -> None:
    x = np.random.default_rng(0).standard_normal((7, 5)).astype(dtype)

    def layer(x: Any) -> Any:
        return dropout(x, 0.4, training=True, generator=np.random.default_rng(3)) ** 2

    check_twins(layer, x)
    check_twins(layer, np.asfortranarray(x))
    y, pull = vjp(lambda x: dropout(x, 0.4), np.ones((7, 5), dtype))
    gradient = pull(np.ones((7, 5), dtype))[0]
    assert np.array_equal(gradient, y)


def test_seeds_repeat_and_calls_differ() -> None:
    x = np.ones(100)
    seed(1)
    first, second = dropout(x, 0.5, training=True), dropout(x, 0.5, training=True)
    seed(1)
    assert np.array_equal(first, dropout(x, 0.5, training=True))
    assert not np.array_equal(first, second)
    seed(2)
    assert not np.array_equal(first, dropout(x, 0.5, training=True))


def test_in_training_only() -> None:
    x = np.ones(100)
    assert dropout(x, 0.5) is x
    assert dropout(x, 0.0, training=True) is x
    assert not in_training(None)
    dropped = grad(lambda x: dropout(x, 0.5).sum())(x)
    assert np.unique(dropped).tolist() == [0, 2]
    assert grad(lambda x: dropout(x, 0.5, training=False).sum())(x).tolist() == [1.0] * 100


def test_all_is_dropped() -> None:
    x = np.full((2, 3), np.inf, np.float32)
    y = dropout(x, 1, training=True)
    assert y.tolist() == [[0, 0, 0], [0, 0, 0]]
    assert y.dtype == np.float32
    assert not grad(lambda x: dropout(x, 1.0).sum())(np.ones(3)).any()


def test_a_nan_stays_even_if_dropped() -> None:
    x = np.full(50, np.nan, np.float32)
    for reference in (True, False):
        with nn.reference(reference), on_nonfinite("ignore"):
            assert np.isnan(dropout(x, 0.5, training=True)).all()


def test_bad_arguments() -> None:
    for p in (-0.1, 1.5, float("nan")):
        with pytest.raises(ValueError, match=r"dropout: p is .*; expected a probability, from 0"):
            dropout(np.ones(3), p)
    with pytest.raises(TypeError, match=r"dropout: x is .*int64; expected an array of float32"):
        dropout(np.ones(3, int), 0.5)
    assert dropout(np.zeros((0, 3)), 0.5, training=True).shape == (0, 3)
