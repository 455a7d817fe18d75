"""Which metrics share a chart, and which value of each is the best."""

import pytest

from knetui.curves.metric_kinds import grouped, is_better_high


@pytest.mark.parametrize(
    ("names", "charts"),
    [
        (["trn", "tst"], {"trn, tst": ["trn", "tst"]}),
        (
            ["trn", "tst", "trnloss", "tstloss"],
            {"trn, tst": ["trn", "tst"], "loss": ["trnloss", "tstloss"]},
        ),
        (["train_loss", "loss/val", "lr"], {"loss": ["train_loss", "loss/val"], "lr": ["lr"]}),
        (["test acc", "Train Acc"], {"acc": ["test acc", "Train Acc"]}),
        (["trained", "value"], {"trained": ["trained"], "value": ["value"]}),
        ([], {}),
    ],
)
def test_those_that_differ_only_in_their_data_share_one(
    names: list[str], charts: dict[str, list[str]]
) -> None:
    assert grouped(names) == charts


@pytest.mark.parametrize(
    ("name", "first", "last", "high"),
    [
        ("tstacc", 0.5, 0.1, True),
        ("val_loss", 0.1, 0.5, False),
        ("loss/test", 0.1, 0.5, False),
        ("trn", 0.1, 0.9, True),
        ("trn", 0.9, 0.1, False),
        ("reward", 5.0, 1.0, True),
    ],
)
def test_the_best_is_known_by_name_or_else_by_where_it_went(
    name: str, first: float, last: float, high: bool
) -> None:
    assert is_better_high(name, first, last) is high
