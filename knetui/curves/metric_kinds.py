"""Which metrics share a chart: those whose names differ only in the data they are of."""

import re
from collections.abc import Iterable

SETS = ("training", "train", "trn", "testing", "test", "tst", "validation", "valid", "val", "dev")
FALLING = ("loss", "nll", "err", "error", "mse", "rmse", "mae", "bce", "ppl", "perplexity", "cost")
RISING = ("acc", "accuracy", "f1", "auc", "bleu", "reward", "return", "score", "recall")
_SETS, _WORDS = "|".join(SETS), "|".join((*FALLING, *RISING))
_NAME = re.compile(
    rf"(?:{_SETS})(?:[\W_]+(?P<after>.+)|(?P<word>{_WORDS}))?"  # test, test_acc, tstacc
    rf"|(?P<before>.+)[\W_]+(?:{_SETS})",  # loss/val
    re.IGNORECASE,
)


def kind_of(name: str) -> str:
    """What is measured, without the set it is measured on: `loss` of `tst_loss`, `` of `tst`."""
    match = _NAME.fullmatch(name)
    if match is None:
        return name.lower()
    return (match["after"] or match["word"] or match["before"] or "").lower()


def grouped(names: Iterable[str]) -> dict[str, list[str]]:
    """The metrics by the title of their chart: the kind, or the names where it has no word."""
    kinds: dict[str, list[str]] = {}
    for name in names:
        kinds.setdefault(kind_of(name), []).append(name)
    return {kind or ", ".join(group): group for kind, group in kinds.items()}


def is_better_high(name: str, first: float, last: float) -> bool:
    """Whether the highest value is the best: by its name, or else whether it has grown."""
    for word in re.split(r"[\W_]+", f"{name} {kind_of(name)}".lower()):
        if word in RISING:
            return True
        if word in FALLING:
            return False
    return last > first
