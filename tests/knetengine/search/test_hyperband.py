"""Hyperband: its rounds by the paper's formulas, and that it finds the best of what it drew."""

import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetengine.search import hyperband

# (configurations, resource) of every round, by algorithm 1 of Li et al. 2016. For 81 and 3 the
# table that the authors' script gives, which rounds down first, has 27, 9 and 6 for 34, 15 and 8.
ROUNDS = {
    (81, 3): [
        [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
        [(34, 3), (11, 9), (3, 27), (1, 81)],
        [(15, 9), (5, 27), (1, 81)],
        [(8, 27), (2, 81)],
        [(5, 81)],
    ],
    (27, 3): [
        [(27, 1), (9, 3), (3, 9), (1, 27)],
        [(12, 3), (4, 9), (1, 27)],
        [(6, 9), (2, 27)],
        [(4, 27)],
    ],
    (243, 3): [  # log(243) / log(3) is 4.999999999999999
        [(243, 1), (81, 3), (27, 9), (9, 27), (3, 81), (1, 243)],
        [(98, 3), (32, 9), (10, 27), (3, 81), (1, 243)],
        [(41, 9), (13, 27), (4, 81), (1, 243)],
        [(18, 27), (6, 81), (2, 243)],
        [(9, 81), (3, 243)],
        [(6, 243)],
    ],
    (10, 4): [[(4, 2.5), (1, 10)], [(2, 10)]],
    (1, 3): [[(1, 1)]],
}


class Trial:
    """Numbered configurations, and a note of every training."""

    def __init__(self, loss: Any) -> None:
        self.loss = loss
        self.drawn = itertools.count()
        self.trainings: list[tuple[int, float, float]] = []

    def config(self) -> int:
        return next(self.drawn)

    def train(self, config: int, resource: float) -> float:
        assert type(resource) is float
        loss = self.loss(config, resource)
        self.trainings.append((config, resource, loss))
        return loss


@pytest.mark.parametrize(("maxresource", "reduction"), ROUNDS)
def test_the_rounds_are_those_of_the_paper(maxresource: int, reduction: int) -> None:
    trial = Trial(lambda config, resource: config / resource)
    hyperband(trial.config, trial.train, maxresource, reduction)
    found = [resource for _, resource, _ in trial.trainings]
    rounds = itertools.chain(*ROUNDS[maxresource, reduction])
    assert found == [resource for count, resource in rounds for _ in range(count)]


def test_the_default_is_69_trainings_of_49_configurations() -> None:
    trial = Trial(lambda config, resource: 1.0)
    hyperband(trial.config, trial.train)
    assert len(trial.trainings) == 69
    assert next(trial.drawn) == 27 + 12 + 6 + 4


def test_the_best_third_of_a_round_goes_on() -> None:
    """Losses are such that high numbers win; the first bracket draws 0 to 26."""
    trial = Trial(lambda config, resource: -config / 100 - resource)
    loss, resource, config = hyperband(trial.config, trial.train)
    rounds = [trial.trainings[start:end] for start, end in ((0, 27), (27, 36), (36, 39), (39, 40))]
    assert [sorted(c for c, _, _ in r) for r in rounds] == [
        list(range(27)),
        list(range(18, 27)),
        [24, 25, 26],
        [26],
    ]
    assert (loss, resource, config) == (-0.48 - 27, 27, 48)


@given(
    st.floats(1, 100),
    st.floats(1.5, 6),
    st.randoms(use_true_random=False),
)
def test_the_result_is_the_best_of_all_trainings(
    maxresource: float, reduction: float, random: Any
) -> None:
    """Whole factors or not, and nobody gets less than 1 or more than the most."""
    trial = Trial(lambda config, resource: random.choice([math.nan, math.inf, random.random()]))
    try:
        loss, resource, config = hyperband(trial.config, trial.train, maxresource, reduction)
    except ValueError:
        assert not any(loss < math.inf for _, _, loss in trial.trainings)
        return
    assert loss == min(x for _, _, x in trial.trainings if not math.isnan(x))
    assert (config, resource, loss) in trial.trainings
    resources = [r for _, r, _ in trial.trainings]
    assert min(resources) >= 1 - 1e-9
    assert max(resources) == maxresource


def test_ties_go_to_the_first_drawn() -> None:
    trial = Trial(lambda config, resource: 1.0)
    assert hyperband(trial.config, trial.train) == (1.0, 1.0, 0)


def test_nan_is_worse_than_any_loss() -> None:
    trial = Trial(lambda config, resource: math.nan if config % 3 else float(config))
    assert hyperband(trial.config, trial.train)[2] == 0
    second = [config for config, resource, _ in trial.trainings[27:36]]
    assert second == [0, 3, 6, 9, 12, 15, 18, 21, 24]


def test_nothing_but_nan_is_said() -> None:
    trial = Trial(lambda config, resource: math.nan)
    with pytest.raises(ValueError, match="no configuration had a loss below infinity"):
        hyperband(trial.config, trial.train)


def test_verbose_prints_a_line_for_each_round(capsys: pytest.CaptureFixture[str]) -> None:
    trial = Trial(lambda config, resource: config / resource)
    hyperband(trial.config, trial.train, 9, 3, verbose=True)
    assert capsys.readouterr().out.splitlines() == [
        "(:bracket,2,:configs,9,:resource,1.0,:loss,0.0)",
        "(:bracket,2,:configs,3,:resource,3.0,:loss,0.0)",
        "(:bracket,2,:configs,1,:resource,9.0,:loss,0.0)",
        "(:bracket,1,:configs,5,:resource,3.0,:loss,3.0)",
        "(:bracket,1,:configs,1,:resource,9.0,:loss,1.0)",
        "(:bracket,0,:configs,3,:resource,9.0,:loss,1.5555555555555556)",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 3), "maxresource is 0; expected a number from 1 on"),
        ((math.nan, 3), "maxresource is nan"),
        ((math.inf, 3), "maxresource is inf"),
        ((27, 1), "reduction is 1; expected a number above 1"),
    ],
)
def test_what_cannot_be_is_said(arguments: Any, message: str) -> None:
    trial = Trial(lambda config, resource: 1.0)
    with pytest.raises(ValueError, match=rf"^hyperband: {message}"):
        hyperband(trial.config, trial.train, *arguments)
    assert not trial.trainings
