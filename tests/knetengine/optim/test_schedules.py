"""Learning rates by the step: fixed figures, rules, and PyTorch's schedulers."""

import dataclasses
import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetengine import optim
from knetengine.training import load, save

RATES = st.floats(1e-6, 10)
STEPS = st.integers(0, 200)
SCHEDULES = st.one_of(
    st.builds(optim.step_decay, RATES, st.integers(1, 50), st.floats(0.01, 1)),
    st.builds(
        lambda lr, steps, share: optim.cosine(lr, steps, lr * share),
        RATES,
        st.integers(1, 200),
        st.floats(0, 1),
    ),
)
LOSSES = [3.0, 2.0, 2.5, 2.0, 1.9, 1.95, 1.9, 1.91, 1.8, math.nan, 5.0, 1.8, *[1.7] * 9]


def test_step_decay_by_hand() -> None:
    rate = optim.step_decay(0.5, every=3, factor=0.5)
    assert [rate(n) for n in range(8)] == [0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125]


def test_cosine_by_hand() -> None:
    """The cosines of 0, 60, 90, 120 and 180 degrees are 1, 1/2, 0, -1/2 and -1."""
    rate = optim.cosine(0.5, 6, floor=0.1)
    found = [rate(n) for n in (0, 2, 3, 4, 6, 7, 1000)]
    np.testing.assert_allclose(found, [0.5, 0.4, 0.3, 0.2, 0.1, 0.1, 0.1])


def test_warmup_by_hand() -> None:
    rate = optim.warmup(4, optim.step_decay(1.0, every=2, factor=0.5))
    found = [rate(n) for n in range(9)]
    np.testing.assert_allclose(found, [0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 0.5, 0.5, 0.25])
    assert [optim.warmup(1, 0.5)(n) for n in range(3)] == [0.25, 0.5, 0.5]
    assert [optim.warmup(0, lambda step: 2.0 + step)(n) for n in range(3)] == [2.0, 3.0, 4.0]


def test_plateau_by_hand() -> None:
    """Two losses that are no better are borne; the third in a row halves the rate."""
    plateau = optim.Plateau(0.8, least=0.15)
    found = [plateau(loss) for loss in [3.0, 2.0, 2.0, 2.1, 2.2, 1.0, 1.0, 1.0, 1.0, *[1.0] * 6]]
    assert found == [*[0.8] * 4, *[0.4] * 4, *[0.2] * 3, *[0.15] * 4]
    assert (plateau.best, plateau.waited) == (1.0, 0)


def test_a_loss_has_to_be_better_by_so_much() -> None:
    plateau = optim.Plateau(1.0, patience=0, better=0.5)
    assert [plateau(loss) for loss in [3.0, 2.5, 2.4, 2.0, 1.75]] == [1.0, 0.5, 0.5, 0.25, 0.25]
    assert plateau.best == 1.75


@given(SCHEDULES, STEPS, STEPS)
def test_schedules_never_rise_and_stay_within_their_rates(rate: Any, one: int, other: int) -> None:
    first, later = rate(min(one, other)), rate(max(one, other))
    assert 0 <= later <= first * (1 + 1e-12)
    assert first <= rate.lr * (1 + 1e-12)


@given(SCHEDULES, st.integers(0, 50), STEPS)
def test_a_warmup_rises_to_its_schedule_and_is_it_from_there_on(
    then: Any, steps: int, step: int
) -> None:
    rate = optim.warmup(steps, then)
    if step >= steps:
        assert rate(step) == then(step - steps)
    else:
        assert 0 < rate(step) < then(0)
        rise = rate(step + 1) - rate(step)
        assert rise == pytest.approx(then(0) / (steps + 1), rel=1e-9)


@given(st.lists(st.floats(-10, 10), max_size=40), st.integers(0, 4), st.floats(0, 0.5))
def test_a_plateau_falls_once_in_every_so_many_bad_losses(
    losses: list[float], patience: int, least: float
) -> None:
    plateau = optim.Plateau(0.5, patience=patience, least=least)
    rates = [0.5, *(plateau(loss) for loss in losses)]
    falls = sum(b < a for a, b in itertools.pairwise(rates))
    assert falls <= max(0, len(losses) - 1) // (patience + 1)
    assert all(least <= b <= a for a, b in itertools.pairwise(rates))
    assert plateau.best == (min(losses) if losses else None)


def test_a_plateau_goes_on_from_a_checkpoint(tmp_path: Path) -> None:
    """At every place, also before the first loss."""
    for place in range(len(LOSSES)):
        whole, before = optim.Plateau(0.8, better=0.01), optim.Plateau(0.8, better=0.01)
        for loss in LOSSES[:place]:
            before(loss)
        save(tmp_path / "plateau", dataclasses.asdict(before))
        after = optim.Plateau(**load(tmp_path / "plateau")[0])
        expected = [whole(loss) for loss in LOSSES][place:]
        assert [after(loss) for loss in LOSSES[place:]] == expected
        assert after == whole


def test_an_array_of_no_axes_is_a_loss() -> None:
    plateau = optim.Plateau(0.5)
    plateau(np.float32(2.5))
    assert type(plateau.best) is float


def test_schedules_are_values() -> None:
    assert optim.cosine(0.1, 10) == optim.cosine(0.1, 10, 0.0)
    assert hash(optim.step_decay(1.0, 2, 0.5)) == hash(optim.step_decay(1.0, 2, 0.5))
    with pytest.raises(dataclasses.FrozenInstanceError):
        optim.cosine(0.1, 10).lr = 1.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optim.step_decay(-1.0, 2, 0.5), r"step_decay: lr is -1.0; expected a number of 0"),
        (lambda: optim.step_decay(1.0, 0, 0.5), r"step_decay: every is 0; expected 1 step or more"),
        (lambda: optim.step_decay(1.0, 2, 0.0), r"step_decay: factor is 0.0; .* above 0"),
        (lambda: optim.cosine(math.nan, 2), r"cosine: lr is nan"),
        (lambda: optim.cosine(1.0, 0), r"cosine: steps is 0"),
        (lambda: optim.cosine(1.0, 2, 1.5), r"cosine: floor is 1.5; .* between 0 and lr, 1.0"),
        (lambda: optim.warmup(-1, 0.5), r"warmup: steps is -1; expected 0 steps or more"),
        (lambda: optim.warmup(1, -0.5), r"warmup: then is -0.5"),
        (lambda: optim.Plateau(math.inf), r"Plateau: lr is inf"),
        (lambda: optim.Plateau(1.0, factor=1.0), r"Plateau: factor is 1.0; .* between 0 and 1"),
        (lambda: optim.Plateau(1.0, patience=-1), r"Plateau: patience is -1"),
        (lambda: optim.Plateau(1.0, least=2.0), r"Plateau: least is 2.0"),
        (lambda: optim.Plateau(1.0, better=-1.0), r"Plateau: better is -1.0"),
        (lambda: optim.step_decay(1.0, 2, 0.5)(-1), r"step_decay: step is -1; .* count from 0"),
        (lambda: optim.cosine(1.0, 2)(-1), r"cosine: step is -1"),
        (lambda: optim.warmup(1, 0.5)(-1), r"warmup: step is -1"),
    ],
)
def test_what_cannot_be_is_said(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def of_pytorch(lr: float, make: Callable[[Any, Any], Any], steps: int) -> list[float]:
    """The rates of so many steps under the scheduler that `make(torch, optimiser)` makes."""
    torch = pytest.importorskip("torch")
    optimiser = torch.optim.SGD([torch.zeros(1)], lr=lr)
    scheduler = make(torch.optim.lr_scheduler, optimiser)
    rates = []
    for _ in range(steps):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return rates


@pytest.mark.peers
@pytest.mark.parametrize(
    ("ours", "theirs", "steps"),
    [
        (optim.step_decay(0.1, 7, 0.3), lambda s, o: s.StepLR(o, 7, 0.3), 40),
        (optim.cosine(0.1, 30, 0.01), lambda s, o: s.CosineAnnealingLR(o, 30, 0.01), 31),
        (
            optim.warmup(9, optim.cosine(0.1, 30)),
            lambda s, o: s.SequentialLR(
                o,
                [s.LinearLR(o, 0.1, total_iters=9), s.CosineAnnealingLR(o, 30)],
                [9],
            ),
            40,
        ),
    ],
)
def test_pytorch_has_the_same_rates(ours: Any, theirs: Any, steps: int) -> None:
    expected = of_pytorch(0.1, theirs, steps)
    np.testing.assert_allclose([ours(n) for n in range(steps)], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.peers
@pytest.mark.parametrize("patience", [0, 1, 2, 3])
def test_pytorch_has_the_same_plateaus(patience: int) -> None:
    torch = pytest.importorskip("torch")
    optimiser = torch.optim.SGD([torch.zeros(1)], lr=0.8)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser,
        factor=0.5,
        patience=patience,
        threshold=0.06,
        threshold_mode="abs",
        min_lr=0.1,
        eps=0,
    )
    ours = optim.Plateau(0.8, patience=patience, better=0.06, least=0.1)
    found, expected = [], []
    for loss in LOSSES:
        theirs.step(loss)
        expected.append(optimiser.param_groups[0]["lr"])
        found.append(ours(loss))
    assert found == expected
    assert found[-1] < 0.8
