"""How words go on: by live names, by what is loaded, by the words of the text."""

import asyncio
import math
import os

import numpy as np
import pytest

from knetui.editing.completion import LIVE_SECONDS, completions, static_names, word_before
from knetui.evaluator.client import EvaluatorDied
from knetui.evaluator.protocol import CompleteReply

TEXT = "import numpy as np\nimport os.path\nfrom math import pi as half, sqrt\nlearning_rate = 1\n"


async def words(line: str, ask=None, text: str = TEXT) -> list[str]:
    found = await completions(f"{text}{line}\n", line, len(line), ask)
    word, _ = word_before(line, len(line))
    assert (found.start, found.end) == (len(line) - len(word), len(line))
    return found.matches


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("np.ar", ("ar", True)),
        ("np.", ("", True)),
        ("x + lo", ("lo", False)),
        ("f(x).sh", ("sh", True)),
        ("x ", ("", False)),
        ("1.", ("", True)),
        ("größe", ("größe", False)),
    ],
)
def test_the_word_before_the_cursor(line: str, expected: tuple[str, bool]) -> None:
    assert word_before(line, len(line)) == expected


async def test_live_names_come_from_the_evaluator() -> None:
    async def ask(code: str, cursor: int) -> CompleteReply:
        assert (code, cursor) == ("w.sh", 4)
        return CompleteReply(id=1, matches=["shape"], start=2, end=4)

    assert await words("w.sh", ask) == ["shape"]


async def test_words_of_the_text_are_offered_too() -> None:
    assert (await words("lear"))[0] == "learning_rate"
    assert "w.bias" not in await words("w.b", text="w.bias = w.beta\n")
    assert await words("w.b", text="w.bias = w.beta\n") == ["beta", "bias"]


@pytest.mark.parametrize("how", ["busy", "dead", "empty"])
async def test_without_an_answer_it_is_what_the_imports_name(how: str) -> None:
    async def ask(code: str, cursor: int) -> CompleteReply:
        if how == "busy":
            await asyncio.sleep(LIVE_SECONDS * 40)
        if how == "dead":
            raise EvaluatorDied("it is gone", "")
        return CompleteReply(id=1, matches=[], start=0, end=0)

    assert "arange" in await words("np.aran", ask)


def test_imports_name_what_is_loaded_and_load_nothing() -> None:
    names = static_names(TEXT + "import a_module_that_does_not_exist\nfrom json.tool import main\n")
    assert names["np"] is np
    assert names["os"] is os
    assert names["half"] == math.pi
    assert names["sqrt"] is math.sqrt
    assert "pi" not in names
    assert "a_module_that_does_not_exist" not in names
