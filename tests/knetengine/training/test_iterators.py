"""Training as an iterator: what `minimize` updates, and where `converge` ends."""

import itertools
import math
import operator
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from knetengine import Param, grad, optim
from knetengine.autograd.containers import flatten
from knetengine.training import converge, minimize, progress

ALPHAS = st.floats(0.01, 1)
NUMBERS = st.floats(-1e6, 1e6)
WHOLE = st.integers(-(10**6), 10**6)


def loss(w: Any, x: Any, y: Any) -> Any:
    return np.mean((x @ w["layers"][0] + w["layers"][1] - y) ** 2)


def parameters() -> dict[str, Any]:
    return {"layers": (np.zeros((3, 2)), np.zeros(2))}


def batches(count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """A line without noise, in parts of 20 rows."""
    generator = np.random.default_rng(0)
    x = generator.standard_normal((count, 20, 3))
    return [(part, part @ np.arange(6.0).reshape(3, 2) + 1) for part in x]


@pytest.mark.parametrize("kind", [optim.SGD, optim.Momentum, optim.Adam, optim.Adagrad])
def test_it_is_the_loop_that_one_would_write(kind: Any) -> None:
    ours, theirs = parameters(), parameters()
    optimiser, expected = kind(), []
    for x, y in batches(10):
        expected.append(loss(theirs, x, y))
        optimiser.update(theirs, grad(loss)(theirs, x, y))
    assert list(minimize(loss, batches(10), kind(), ours)) == expected
    for one, other in zip(flatten(ours)[0], flatten(theirs)[0], strict=True):
        np.testing.assert_array_equal(one, other)


def test_nothing_is_computed_before_it_is_asked_for() -> None:
    w, data = parameters(), iter(batches(3))
    losses = minimize(loss, data, optim.SGD(), w)
    assert iter(losses) is losses
    assert not w["layers"][0].any()
    next(losses)
    assert w["layers"][0].any()
    assert len(list(data)) == 2
    with pytest.raises(StopIteration):
        next(losses)


def test_a_rate_that_is_set_between_two_items_is_heeded() -> None:
    """Knet's optimiser was copied when training began: its issue 449."""
    w, optimiser = np.array([10.0]), optim.SGD(lr=0.1)
    losses = minimize(lambda w: w.sum(), itertools.repeat(()), optimiser, w)
    next(losses)
    assert w.tolist() == [10 - 0.1]
    optimiser.lr = 2.0
    next(losses)
    assert w.tolist() == [10 - 0.1 - 2.0]
    optimiser.lr = 0.0
    next(losses)
    assert w.tolist() == [10 - 0.1 - 2.0]


def test_a_schedule_sets_the_rate_of_each_update() -> None:
    rate = optim.warmup(3, optim.cosine(0.1, 5))
    ours, theirs, optimiser = parameters(), parameters(), optim.Momentum(lr=rate(0))
    for step, _ in enumerate(minimize(loss, batches(8), optimiser, ours), 1):
        optimiser.lr = rate(step)  # of the next update
    by_hand = optim.Momentum()
    for step, (x, y) in enumerate(batches(8)):
        by_hand.lr = rate(step)
        by_hand.update(theirs, grad(loss)(theirs, x, y))
    for one, other in zip(flatten(ours)[0], flatten(theirs)[0], strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_batch_that_is_no_tuple_is_one_argument() -> None:
    w = np.ones(2)
    assert list(minimize(lambda w, x: (w * x).sum(), [np.ones(2)], optim.SGD(lr=1.0), w)) == [2.0]
    assert w.tolist() == [0.0, 0.0]
    assert list(minimize(lambda w, x: (w + x[0]).sum(), [[3.0]], optim.SGD(), w)) == [6.0]


def test_numbers_are_new_and_found_in_the_iterator() -> None:
    w = {"slope": 1.0, "p": Param(np.ones(1)), "n": None}
    losses = minimize(lambda w: (w["slope"] * w["p"]).sum(), [()] * 2, optim.SGD(lr=0.5), w)
    assert [float(value) for value in losses] == [1.0, 0.25]
    assert losses.parameters["slope"] == 0.25  # 1 - 0.5 * 1 - 0.5 * 0.5
    assert losses.parameters["p"] is w["p"]
    assert w["p"].value.tolist() == [0.25]
    assert w["slope"] == 1.0


def test_how_many_are_left_is_known_where_the_batches_know_it() -> None:
    losses = minimize(loss, batches(3), optim.SGD(), parameters())
    left = []
    for _ in losses:
        left.append(operator.length_hint(losses, -1))
    assert left == [2, 1, 0]
    endless = minimize(loss, itertools.cycle(batches(3)), optim.SGD(), parameters())
    assert operator.length_hint(endless, -1) == -1
    next(endless)
    assert operator.length_hint(endless, -1) == -1


def test_what_is_no_optimiser_is_said_before_training() -> None:
    for wrong in (optim.Adam, 0.1):
        with pytest.raises(TypeError, match=r"minimize: optimiser is .*, such as optim.Adam\(\)"):
            minimize(loss, batches(1), wrong, parameters())


def test_an_error_names_what_it_is_about() -> None:
    with pytest.raises(TypeError, match="returned an array"):
        list(minimize(lambda w: w, [()], optim.SGD(), np.ones(2)))


def test_knets_line_trains_a_model() -> None:
    """The line `progress!(converge(minimize(...)))` of Knet's tutorial, on data without noise."""
    w, whole = parameters(), batches(1) * 2000
    losses = list(progress(converge(minimize(loss, whole, optim.SGD(lr=0.1), w))))
    assert losses[-1] < 1e-20
    np.testing.assert_allclose(w["layers"][0], np.arange(6.0).reshape(3, 2), atol=1e-9)
    np.testing.assert_allclose(w["layers"][1], 1.0, atol=1e-9)


def test_it_ends_where_an_epoch_is_no_better_than_those_before() -> None:
    """With noise of variance 1 in y no mean loss is much below 1."""
    generator = np.random.default_rng(1)
    noisy = [(x, y + generator.standard_normal(y.shape)) for x, y in batches(30)]
    w = parameters()

    def epochs() -> Iterator[float]:
        for _ in range(1000):
            generator.shuffle(noisy)
            yield float(np.mean(list(minimize(loss, noisy, optim.SGD(lr=0.05), w))))

    found = list(converge(epochs()))
    assert 5 < len(found) < 200
    assert 0.8 < found[-1] < 1.2


def test_converge_by_hand() -> None:
    """With alpha = 0.5 from 8, 4: p = 0, -4; the means 8, 6; the trends 0, -2.

    At 6 p is 0 and the trend -1, at 8 p is 2 and the trend 0.5: it is over.
    """
    numbers = iter([8.0, 4.0, 6.0, 8.0, 1.0, 0.0])
    assert list(converge(numbers, alpha=0.5)) == [8.0, 4.0, 6.0]
    assert next(numbers) == 1.0


def test_a_second_number_above_the_first_is_the_end() -> None:
    """Knet's trend starts at 0: losses of single batches, which scatter, should be averaged."""
    assert list(converge([2.0, 2.1, 1.0, 0.5])) == [2.0]


def test_what_it_costs_to_wait() -> None:
    """The smaller alpha, the longer a rise has to last."""
    numbers = [*range(50, 0, -1), *range(1, 1000)]
    ends = [len(list(converge(numbers, alpha))) for alpha in (1.0, 0.3, 0.1, 0.03)]
    assert ends[0] == 51  # the first 1, and the second, which is no rise
    assert ends == sorted(set(ends))
    assert ends[-1] < 200


@given(st.lists(NUMBERS), ALPHAS)
def test_what_passes_is_the_beginning(numbers: list[float], alpha: float) -> None:
    passed = list(converge(numbers, alpha))
    assert passed == numbers[: len(passed)]
    assert len(passed) >= min(1, len(numbers))


@given(st.lists(WHOLE, min_size=1, unique=True), ALPHAS)
def test_numbers_that_fall_pass_and_numbers_that_rise_do_not(
    numbers: list[int], alpha: float
) -> None:
    falling = sorted(numbers, reverse=True)
    assert list(converge(falling, alpha)) == falling
    assert list(converge(falling[::-1], alpha)) == falling[-1:]


@given(NUMBERS, st.integers(1, 200), ALPHAS)
def test_numbers_that_stay_the_same_pass(number: float, count: int, alpha: float) -> None:
    assert len(list(converge([number] * count, alpha))) == count


@given(st.lists(WHOLE, min_size=2, max_size=30), ALPHAS)
def test_it_ends_where_knets_equations_do(numbers: list[int], alpha: float) -> None:
    """In exact arithmetic; where that trend is as good as 0, rounding decides."""
    expected: list[int] = []
    weight, avgp, avgx = Fraction(alpha), Fraction(0), Fraction(numbers[0])
    for x in numbers:
        p = x - avgx
        avgx = weight * x + (1 - weight) * avgx
        avgp = weight * p + (1 - weight) * avgp
        assume(not 0 < abs(avgp) < 1e-6)
        if avgp > 0:
            break
        expected.append(x)
    assert list(converge(numbers, alpha)) == expected


def test_nan_is_the_end() -> None:
    assert list(converge([3.0, 2.0, math.nan, 1.0])) == [3.0, 2.0]
    assert list(converge([math.nan, 1.0])) == []


def test_it_is_lazy_and_endless_iterables_are_right() -> None:
    def down() -> Iterator[float]:
        for n in itertools.count():
            yield float(-n)

    assert list(itertools.islice(converge(down()), 3)) == [0.0, -1.0, -2.0]


@pytest.mark.parametrize("alpha", [0.0, -0.1, 1.1, math.nan])
def test_a_weight_that_cannot_be_is_said(alpha: float) -> None:
    with pytest.raises(ValueError, match=r"converge: alpha is .*; expected a number above 0"):
        converge([1.0], alpha)
