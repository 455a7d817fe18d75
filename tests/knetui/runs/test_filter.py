"""Conditions over runs: what they mean, and what is said of those that are none."""

import math
import operator
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetui.runs.filter import LONGEST, FilterError, Value, complete, facts_of, read_filter

KNOWN = ["lr", "acc", "tst", "epochs", "kind", "layers"]
RUN: dict[str, Value] = {
    "lr": 0.1,
    "acc": 0.95,
    "kind": "lstm",
    "layers": "2",
    "name": "my best run",
    "model": "charlm",
    "status": "running",
    "number": 12,
    "age": 5400.0,
    "pinned": True,
    "min.tst": 21.5,
    "last.tst": 22.0,
}


def holds(text: str, run: dict[str, Value] = RUN) -> bool:
    return read_filter(text, KNOWN).holds(facts_of(run))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "lr>=0.1 and acc>0.9",
        "lr >= 1e-1 && acc > .9",
        " lr=0.1",
        "lr == 0.1 or acc > 2",
        "not lr > 0.1",
        "0.05 < lr < 0.2",
        "lr * 10 >= 1",
        "lr + 1 > 1 - lr",
        "-lr < 0",
        "lr > -1",
        "status == running",
        "status = RUNNING",
        "status in (paused, running)",
        "status not in (failed, died)",
        "status != failed",
        "model == 'char*'",
        "'best' in name",
        'name == "my best run"',
        "kind == lstm",
        "layers == 2",
        "number in (3, 12)",
        "age < 2h",
        "age > 80min and age < 1d",
        "pinned",
        "not not pinned",
        "pinned == true",
        "min.tst < 22 and last.tst >= 22",
        "(lr > 1 or acc > 0.9) and status == running",
    ],
)
def test_what_holds(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "lr > 0.1",
        "status == failed",
        "'worst' in name",
        "lr and acc > 0.99",
        "kind == gru",
        "kind > 3",
        "kind < lr",
        "lr / 0 > 1",
        "1e999 < lr",
        "number not in (3, 12)",
    ],
)
def test_what_does_not(text: str) -> None:
    assert not holds(text)


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">=", "==", "!="])
def test_what_a_run_does_not_have_fulfils_no_comparison(sign: str) -> None:
    assert not holds(f"epochs {sign} 3")
    assert not holds("epochs in (3, 4)")
    assert not holds("epochs not in (3, 4)")
    assert not holds("max.acc > 0")


def test_nan_is_neither_small_nor_great() -> None:
    assert not holds("tst < 1 or tst >= 1 or tst == tst", {"tst": math.nan})


def test_what_is_asked_is_known() -> None:
    assert read_filter("lr>1 and min.tst<2", KNOWN).names == {"lr", "min.tst"}


@pytest.mark.parametrize(
    ("text", "words", "position"),
    [
        ("lr >", "something is missing at the end", 4),
        ("lr > > 3", "a value is missing before this", 5),
        ("lr 3", "a comparison", 3),
        ("(lr > 3", "bracket", None),
        ("lr > 3)", "bracket", None),
        ("lrr > 3", "no run has lrr; did you mean lr?", 0),
        ("zz > 3", "no run has zz; they have lr, acc, tst, epochs, kind, layers", 0),
        ("lr > 3 and acd > 1", "did you mean acc?", 11),
        ("min.acd > 1", "no run has acd", 0),
        ("best.acc > 1", "before a dot stands", 0),
        ("lr > 3; 4", "';' is not understood", 6),
        ("lr, acc", "a comma", 0),
        ("lr.__class__ > 3", None, None),
        ("__import__('os')", None, None),
        ("lr[0] > 1", "is not understood", 2),
        ("lambda: 3", None, None),
        ("x" * (LONGEST + 1), "longer than", LONGEST),
    ],
)
def test_what_is_no_condition_is_said_with_its_place(
    text: str, words: str | None, position: int | None
) -> None:
    with pytest.raises(FilterError) as raised:
        read_filter(text, KNOWN)
    assert words is None or words in raised.value.message
    assert position is None or raised.value.position == position


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("l", "lr"),
        ("lr > 1 and ac", "lr > 1 and acc"),
        ("status == ru", "status == running"),
        ("min.t", "min.tst"),
        ("sta", "status"),
        ("lr", ""),
        ("lr ", ""),
        ("zz", ""),
        ("what.t", ""),
    ],
)
def test_words_are_completed(text: str, completed: str) -> None:
    assert complete(text, KNOWN) == completed


# any condition means what Python would have it mean

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
NUMBERS = {"lr": 0.5, "acc": 2.0, "tst": 3.0}
Meant = tuple[str, bool]  # a condition, and whether it holds


def compared(name: str, sign: str, number: int) -> Meant:
    return f"{name}{sign}{number}", OPERATORS[sign](NUMBERS[name], number)


def joined(left: Meant, word: str, right: Meant) -> Meant:
    both = left[1] and right[1] if word == "and" else left[1] or right[1]
    return f"({left[0]}) {word} ({right[0]})", both


CONDITIONS = st.recursive(
    st.builds(
        compared,
        st.sampled_from(sorted(NUMBERS)),
        st.sampled_from(sorted(OPERATORS)),
        st.integers(0, 4),
    ),
    lambda inner: st.one_of(
        st.builds(joined, inner, st.sampled_from(["and", "or"]), inner),
        inner.map(lambda meant: (f"not ({meant[0]})", not meant[1])),
    ),
    max_leaves=8,
)


@given(CONDITIONS)
def test_conditions_mean_what_they_mean_in_python(condition: Meant) -> None:
    text, expected = condition
    assert holds(text, dict(NUMBERS)) == expected
    assert holds(f"  {text} ", dict(NUMBERS)) == expected


WORDS = "lr acc and or not in ( ) < >= = - * , 3 2h 'a' min.tst status running . é \\ # true \n"
PIECES = st.sampled_from(WORDS.split(" "))


@given(st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=10).map(" ".join)))
def test_any_text_is_a_condition_or_is_refused_at_a_place_in_it(text: str) -> None:
    refused = None
    try:
        condition = read_filter(text, KNOWN)
    except FilterError as error:
        refused = error
    if refused is not None:
        assert 0 <= refused.position <= len(text)
        assert refused.message
    else:
        assert condition.holds(facts_of(RUN)) in (True, False)
        assert condition.holds(facts_of({})) in (True, False)
