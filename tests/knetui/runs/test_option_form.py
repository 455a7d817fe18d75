"""The form of a model's options: read from its text, checked as its run will check them."""

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetui.models import example_names, examples_folder
from knetui.runs.option_form import Option, read_options
from knetui.runs.option_line import OptionLine

MODEL = """
from typing import Literal, Optional
Kind = Literal["lstm", "gru"]
RATE = 0.1

def main(
    *,
    epochs: int = 20,  # how often the data is seen
    lr: float = RATE / 4,
    hidden: tuple[int, ...] = (64, 32),  # units of each layer
    kind: Kind = "lstm",
    fast: bool = False,
    name: str = "a b",
    prompt: "str | None" = None,
    limit: Optional[int] = None,
    data=load(),
    size=2 ** 10,
):
    ...
"""


def option(name: str, model: str = MODEL) -> Option:
    return next(option for option in read_options(model) if option.name == name)


def test_names_kinds_defaults_and_help_are_those_of_main() -> None:
    options = read_options(MODEL)
    assert [(o.name, o.kind, o.default) for o in options] == [
        ("epochs", "whole", "20"),
        ("lr", "number", "0.025"),
        ("hidden", "many", "64 32"),
        ("kind", "choice", "lstm"),
        ("fast", "switch", "false"),
        ("name", "text", "a b"),
        ("prompt", "text", ""),
        ("limit", "whole", ""),
        ("data", "unknown", ""),
        ("size", "whole", "1024"),
    ]
    assert option("epochs").help == "how often the data is seen"
    assert option("hidden").help == "units of each layer"
    assert option("lr").help == ""
    assert option("kind").choices == ("lstm", "gru")
    assert (option("data").is_known, option("data").source) == (False, "load()")


@pytest.mark.parametrize("name", example_names())
def test_every_example_has_a_form_of_its_own_defaults(name: str) -> None:
    options = read_options((examples_folder() / f"{name}.py").read_text())
    assert options
    assert all(o.is_known for o in options), [o.name for o in options if not o.is_known]
    for o in options:
        assert o.kind != "unknown", o
        if o.value is not None and o.kind != "text":
            assert o.complaint(o.default) == "", o


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("epochs", "20", ""),
        ("epochs", "-3", ""),
        ("epochs", "many", "unable to convert"),
        ("lr", "1e-3", ""),
        ("lr", "fast", "unable to convert"),
        ("hidden", "1 2 3", ""),
        ("hidden", "1 x", "unable to convert"),
        ("hidden", "'1 2", "No closing quotation"),
        ("kind", "gru", ""),
        ("kind", "rnn", "lstm"),
        ("name", "--what", ""),
        ("data", "anything", ""),
        ("fast", "true", ""),
    ],
)
def test_a_value_is_checked_as_the_run_will_check_it(name: str, text: str, words: str) -> None:
    complaint = option(name).complaint(text)
    assert words.lower() in complaint.lower()
    assert bool(complaint) == bool(words)


def test_nothing_is_executed(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    model = f"open({str(trap)!r}, 'w')\ndef main(*, a: int = open({str(trap)!r}, 'w')): ..."
    assert not option("a", model).is_known
    assert not trap.exists()


@pytest.mark.parametrize(
    "default", ["9**9**9", "[1] * 10**9", "1 / 0", "x", "-'a'", "(" * 60 + "1" + ")" * 60]
)
def test_defaults_that_cannot_be_read_cost_nothing(default: str) -> None:
    options = read_options(f"x = x\ndef main(*, a: int = {default}): ...")
    assert [o.name for o in options] == ["a"]


def test_a_model_without_main_has_no_options() -> None:
    assert read_options("x = 1") == []


@pytest.mark.parametrize("text", ["def main(:", "\x00", "(" * 5000])
def test_what_is_not_python_is_said(text: str) -> None:
    with pytest.raises(SyntaxError):
        read_options(text)


# the line of options and the fields


def line(words: str) -> OptionLine:
    return OptionLine.of(read_options(MODEL), words)


def test_a_line_fills_the_fields() -> None:
    read = line("--lr 0.5 --hidden 8 8 --fast --kind=gru --name 'c d' --what 3 x")
    assert read.text("lr") == "0.5"
    assert read.text("hidden") == "8 8"
    assert read.text("fast") == "true"
    assert read.text("kind") == "gru"
    assert read.text("name") == "c d"
    assert read.text("epochs") == "20"
    assert read.strays == ["--what", "3", "x"]


def test_only_what_differs_from_the_default_is_in_the_line() -> None:
    read = line("--lr 0.5")
    read.set("epochs", "3")
    read.set("fast", "true")
    assert read.line() == "--lr 0.5 --epochs 3 --fast"
    read.set("lr", "0.025")
    read.set("fast", "false")
    assert read.line() == "--epochs 3"
    read.reset("epochs")
    assert read.line() == ""


def test_a_field_that_is_emptied() -> None:
    read = line("--limit 3 --hidden 4 --name x")
    read.set("limit", "")
    read.set("hidden", "")
    read.set("name", "")
    assert read.words() == ["--empty-hidden", "--name", ""]


def test_what_main_does_not_have_is_kept_word_for_word() -> None:
    read = line("--unknown 'a b' --lr 0.5 stray")
    read.set("lr", "0.75")
    assert shlex.split(read.line()) == ["--lr", "0.75", "--unknown", "a b", "stray"]


def test_wrong_values_are_named_by_their_field() -> None:
    assert list(line("--lr fast --epochs 3 --kind rnn").complaints()) == ["lr", "kind"]


def test_a_lone_quotation_mark() -> None:
    with pytest.raises(ValueError, match="quotation"):
        line("--name 'x")
    read = line("")
    read.set("hidden", "'8")
    assert read.line() == "--hidden '8"
    assert list(read.complaints()) == ["hidden"]


def test_values_are_numbers_where_they_can_be() -> None:
    values = line("--lr 0.5 --fast --limit 7").values()
    assert values["lr"] == 0.5
    assert values["fast"] is True
    assert values["kind"] == "lstm"
    assert values["limit"] == 7.0
    assert "data" not in values


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "epochs": st.integers().map(str),
            "lr": st.floats(allow_nan=False).map(str),
            "hidden": st.lists(st.integers().map(str), max_size=4).map(" ".join),
            "kind": st.sampled_from(["lstm", "gru"]),
            "fast": st.sampled_from(["true", "false"]),
            "name": TEXTS,
        },
    )
)
def test_what_is_typed_into_fields_is_what_the_run_gets(fields: dict[str, str]) -> None:
    options = read_options(MODEL)
    form = OptionLine(options, [])
    for name, text in fields.items():
        form.set(name, text)
    again = OptionLine.of(options, form.line())
    assert again.strays == []
    for o in options:
        assert again.text(o.name) == form.text(o.name)
    assert again.words() == form.words()


@given(
    st.lists(st.sampled_from(["--lr", "1", "--fast", "--no-fast", "--x", "-3", "a b", "--lr=2"]))
)
def test_no_word_of_a_line_is_lost(words: list[str]) -> None:
    read = OptionLine(read_options(MODEL), words)
    left = read.words()
    for word in words:
        bare = word.partition("=")[0]
        known = bare in ("--lr", "--fast", "--no-fast", "1", "-3")
        assert known or word in left
