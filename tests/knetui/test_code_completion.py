"""How a word can go on: by live names, by what is imported, by the words of the program."""

import asyncio

import pytest

from knetui.code_completion import completions, word_before
from knetui.evaluator.client import EvaluatorDied
from knetui.evaluator.protocol import CompleteReply

TEXT = "import asyncio as aio\n\n\ndef predict_all(w, x):\n    return aio.x\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("pre", ("pre", False)),
        ("np.li", ("li", True)),
        ("np.", ("", True)),
        ("f(x).sh", ("sh", True)),
        ("3.", ("", True)),
        ("x = ", ("", False)),
    ],
)
def test_the_word_before_the_cursor(line: str, expected: tuple[str, bool]) -> None:
    assert word_before(line, len(line)) == expected


def found(line: str, ask: object = None) -> list[str]:
    return asyncio.run(completions(TEXT, line, len(line), ask)).matches  # type: ignore[arg-type]


def test_words_of_the_program_and_members_of_what_it_imports() -> None:
    assert found("    pred") == ["predict_all"]
    assert found("    aio.gath") == ["gather"]
    assert found("    nothing_like_it") == []


def test_live_names_are_asked_for() -> None:
    async def ask(code: str, cursor: int) -> CompleteReply:
        assert code[:cursor] == "    predi"
        return CompleteReply(1, ["prediction"], 4, 9)

    assert found("    predi", ask) == ["predict_all", "prediction"]


@pytest.mark.parametrize("why", ["dead", "late"])
def test_an_evaluator_that_does_not_answer_is_done_without(why: str) -> None:
    async def ask(code: str, cursor: int) -> CompleteReply:
        if why == "dead":
            raise EvaluatorDied("it is gone")
        await asyncio.sleep(60)
        raise AssertionError

    assert found("    pred", ask) == ["predict_all"]
