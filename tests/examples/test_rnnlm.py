"""The word language model: its words, what it knows of a text, how it carries its state."""

import inspect
import math
import re
import runpy
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knetengine import data, gradcheck
from knetengine.autograd.containers import flatten
from tests.examples.running import EXAMPLES, as_script, figures, ran, same_bytes, whole_and_killed

SMALL = ("--hidden", "32", "--embed", "16", "--batchsize", "8", "--bptt", "5", "--seed", "1")
LINE = re.compile(r"\(:epoch,\d+,:trn,[\d.]+,:tst,[\d.]+,:ppl,[\d.]+\)")


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    """The names of the example."""
    return runpy.run_path(str(EXAMPLES / "rnnlm.py"))


@pytest.fixture
def text(tmp_path: Path) -> str:
    """A text whose next word is sure but for the animal: 14 words and punctuation, 9 times each."""
    draw = np.random.default_rng(1)
    animals = draw.choice(["dog", "cat", "cow", "hen"], 400)
    sentences = [f"The quick brown fox doesn't jump over the {animal}." for animal in animals]
    path = tmp_path / "text.txt"
    path.write_text("\n".join(sentences))
    return str(path)


def test_options_are_those_of_knet(example: dict[str, Any]) -> None:
    options = inspect.signature(example["main"]).parameters
    given = {name: option.default for name, option in options.items()}
    knet = {"hidden": 256, "embed": 128, "batchsize": 64, "bptt": 20, "dropout": 0.0, "epochs": 1}
    assert {name: given[name] for name in knet} == knet
    assert (given["lr"], given["gclip"]) == (0.001, 0.0)  # Adam() of Knet
    assert (given["vocabulary"], given["test"], given["seed"]) == (5000, 0.1, -1)


def test_words_and_punctuation_are_found(example: dict[str, Any]) -> None:
    text = "I'll go, don't—'tis 'late'! Où est l’île? [Exit 2]"
    expected = "I'll go , don't — ' tis ' late ' ! Où est l’île ? [ Exit 2 ]"
    assert example["WORDS"].findall(text) == expected.split(" ")


def test_the_loss_falls_to_that_of_the_text(text: str) -> None:
    """All is sure but one of four animals; of 45 words that a stream tests, 4 are animals."""
    done = as_script("rnnlm", "--datafile", text, *SMALL, "--epochs", "6", "--lr", "0.01")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("A word language model")
    assert lines[2] == "4000 words, 13 different ones, 14 known"
    assert all(LINE.fullmatch(line) for line in lines[3:])
    found = figures(done.stdout)
    assert list(found) == [1, 2, 3, 4, 5, 6]
    assert found[1]["trn"] > 0.5
    least = math.log(4) * 4 / 45
    assert least - 0.01 < found[6]["tst"] < least + 0.03
    assert found[6]["ppl"] == pytest.approx(math.exp(found[6]["tst"]), rel=1e-6)


def test_rare_words_and_those_of_the_end_are_unknown(text: str, tmp_path: Path) -> None:
    path = tmp_path / "longer.txt"
    path.write_text(Path(text).read_text() + " zebra!" * 20)
    options = ("--datafile", str(path), *SMALL)
    assert "4040 words, 15 different ones, 14 known" in as_script("rnnlm", *options).stdout
    for size in (6, 14, 15):
        done = as_script("rnnlm", *options, "--vocabulary", str(size))
        assert done.returncode == 0, done.stderr
        assert f"15 different ones, {min(size, 14)} known" in done.stdout


def test_without_a_test_the_perplexity_is_that_of_training(text: str) -> None:
    found = ran("rnnlm", "--datafile", text, *SMALL, "--test", "0")
    assert set(found[1]) == {"trn", "ppl"}
    assert found[1]["ppl"] == pytest.approx(math.exp(found[1]["trn"]), rel=1e-6)


def test_the_state_is_carried_from_piece_to_piece(example: dict[str, Any]) -> None:
    """The average of a text is the same however it is cut, and so is the state in the end."""
    draw = np.random.default_rng(2)
    numbers = draw.integers(11, size=3 * 41)
    w = example["weights"](draw, 11, 4, 6, 2, np.float64)
    found = [example["average"](w, data.streams(numbers, 3, size), 3) for size in (40, 20, 5, 1)]
    assert found == pytest.approx([found[0]] * 4, rel=1e-12)
    fresh = [
        example["average"](w, [piece], 3) for piece in data.streams(numbers, 3, 5)
    ]  # a state for each
    assert abs(np.mean(fresh) - found[0]) > 1e-4


def test_the_gradient_is_right(example: dict[str, Any]) -> None:
    draw = np.random.default_rng(3)
    w = example["weights"](draw, 7, 3, 4, 1, np.float64)
    x, y = draw.integers(7, size=(2, 5, 3))

    def loss(w: Any) -> Any:
        return example["loss"](w, x, y, example["newstate"](w, 3))

    assert gradcheck(loss, w)
    assert all(leaf.dtype == np.float64 for leaf in flatten(w)[0])


def test_a_killed_run_goes_on_to_the_byte(text: str) -> None:
    options = ("--datafile", text, *SMALL, "--epochs", "3", "--dropout", "0.2", "--layers", "2")
    assert same_bytes(*whole_and_killed("rnnlm", *options))


def test_what_is_wrong_is_said_in_a_line(text: str) -> None:
    known = ("--datafile", text)
    few = "the text has {} symbols, too few for {} streams of "
    cases = {
        "rnnlm: 'Shakespear' is neither a text nor a file": ("--datafile", "Shakespear"),
        f"rnnlm: {few.format(3600, 640)}5 + 1": (*known, "--bptt", "5", "--batchsize", "640"),
        f"rnnlm: {few.format(40, 8)}5 + 1": (*known, *SMALL, "--test", "0.01"),
        f"rnnlm: {few.format(0, 8)}5 + 1": (*known, *SMALL, "--test", "1"),
    }
    for words, options in cases.items():
        done = as_script("rnnlm", *options)
        assert done.returncode == 1
        assert done.stderr.startswith(words)
        assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_seven_plays_are_learned_in_an_epoch(
    example: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seed 1 gave 6.181 and 5.599 nats a word: 0.24 below how often words are."""
    monkeypatch.delenv("KNET_DATA_DIR", raising=False)
    found = ran("rnnlm", "--seed", "1")
    assert found[1]["trn"] == pytest.approx(6.18, abs=0.1)
    assert found[1]["tst"] == pytest.approx(5.60, abs=0.1)
    assert found[1]["ppl"] == pytest.approx(270, rel=0.1)
    assert found[1]["tst"] < loss_of_counts(example["WORDS"]) - 0.15


def loss_of_counts(words: re.Pattern[str]) -> float:
    """Nats a word of the last tenth, each by how often it is in the rest."""
    text = words.findall(data.text("shakespeare"))
    end = round(len(text) * 0.9)
    known = data.Vocabulary.of([*text[:end], "<unk>"], 5000, "<unk>")
    counts = Counter(known.encode(text[:end]).tolist())
    total = sum(counts.values())
    return -float(np.mean([math.log(counts[n] / total) for n in known.encode(text[end:]).tolist()]))
