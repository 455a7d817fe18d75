"""The tagger: sentences as characters, the votes of a word, and what is learned of a treebank."""

import gzip
import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knetengine import data, gradcheck
from tests.examples.running import (
    EXAMPLES,
    as_script,
    figures,
    folder_of_full_data,
    ran,
    same_bytes,
    whole_and_killed,
)

Sentence = list[tuple[str, str]]

SMALL = ("--hidden", "16", "--embed", "8", "--layers", "1", "--seed", "1")
LINE = re.compile(r"\(:epoch,\d+,:loss,[\d.]+,:tst,[\d.]+\)")
CLASSES = ("NOUN", "VERB", "ADJ", "PUNCT")


def made_up(count: int, generator: np.random.Generator) -> list[Sentence]:
    """Sentences of a language that has endless words, whose endings are those of Esperanto."""

    def word(ending: str) -> str:
        return "".join(generator.choice(list("bdfgklmnprst"), generator.integers(2, 7))) + ending

    def sentence() -> Sentence:
        kinds = generator.choice(3, generator.integers(1, 9))
        words = [(word("oia"[kind]), CLASSES[kind]) for kind in kinds]
        return [*words, (str(generator.choice([".", "!"])), "PUNCT")]

    return [sentence() for _ in range(count)]


def treebank(sentences: list[Sentence]) -> bytes:
    lines: list[str] = []
    for sentence in sentences:
        for number, (word, label) in enumerate(sentence, 1):
            lines.append("\t".join([str(number), word, "_", label, *"______"]))
        lines.append("")
    return gzip.compress("\n".join([*lines, ""]).encode())


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    """The names of the example."""
    return runpy.run_path(str(EXAMPLES / "tagger.py"))


@pytest.fixture
def sentences() -> list[Sentence]:
    return made_up(40, np.random.default_rng(1))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A treebank of that language, where the example finds it."""
    draw = np.random.default_rng(2)
    (tmp_path / "tagging").mkdir()
    for part, count in (("train", 400), ("dev", 10), ("test", 100)):
        file = tmp_path / "tagging" / f"en_ewt-ud-{part}.conllu.gz"
        file.write_bytes(treebank(made_up(count, draw)))
    monkeypatch.setenv("KNET_DATA_DIR", str(tmp_path))
    return tmp_path


def known(sentences: list[Sentence]) -> tuple[data.Vocabulary, data.Vocabulary]:
    text = " ".join(word for sentence in sentences for word, _ in sentence)
    return data.Vocabulary.of(text + "\0", unknown="\0"), data.Vocabulary(CLASSES)


def test_a_sentence_becomes_characters(example: dict[str, Any]) -> None:
    sentence = [("New York", "NOUN"), ("is", "VERB"), ("!", "PUNCT")]
    characters, classes = known([sentence])
    x, places, labels = example["encoded"](sentence, characters, classes)
    assert "".join(characters.decode(x)) == "New York is !"
    assert places.tolist() == [0] * 8 + [-1] + [1] * 2 + [-1] + [2]
    assert labels.tolist() == [0] * 8 + [-1] + [1] * 2 + [-1] + [3]


def test_minibatches_have_every_sentence_once_and_little_padding(
    example: dict[str, Any], sentences: list[Sentence]
) -> None:
    characters, classes = known(sentences)
    found: list[str] = []
    batches = list(example["minibatches"](sentences, 8, characters, classes))
    for x, lengths, y, places in batches:
        assert x.shape == y.shape == places.shape == (lengths.max(), 8)
        for b, length in enumerate(lengths):
            found.append("".join(characters.decode(x[:length, b])))
            assert (y[length:, b] == -1).all()
            assert (places[length:, b] == -1).all()
            assert places[length - 1, b] == places[:, b].max()
    assert sorted(found) == sorted(" ".join(word for word, _ in s) for s in sentences)
    texts = [" ".join(word for word, _ in s) for s in sentences]
    assert sum(x.size for x, *_ in batches) < 1.25 * sum(map(len, texts))
    assert len(list(example["minibatches"](sentences, 7, characters, classes))) == 6  # 5 and a part


def test_padding_changes_nothing_and_words_vote(
    example: dict[str, Any], sentences: list[Sentence]
) -> None:
    """The accuracy of minibatches is that of counting by hand, one sentence at a time."""
    characters, classes = known(sentences)
    w = example["weights"](np.random.default_rng(3), len(characters), 4, 3, 5, 2, np.float64)
    w["output"] *= 20
    right = total = 0
    for sentence in sentences:
        text = " ".join(word for word, _ in sentence)
        scores = example["predict"](w, characters.encode(text)[:, None], [len(text)])[:, 0]
        chances = scores - np.log(np.exp(scores).sum(1, keepdims=True))
        start = 0
        for word, label in sentence:
            vote = chances[start : start + len(word)].sum(0).argmax()
            right += CLASSES[vote] == label
            total += 1
            start += len(word) + 1
    batches = example["minibatches"](sentences, 8, characters, classes)
    assert 0.1 < right / total < 0.9
    assert example["accuracy"](w, batches) == right / total


def test_the_gradient_is_right(example: dict[str, Any], sentences: list[Sentence]) -> None:
    characters, classes = known(sentences)
    w = example["weights"](np.random.default_rng(4), len(characters), 4, 2, 3, 2, np.float64)
    x, lengths, y, _ = next(iter(example["minibatches"](sentences, 3, characters, classes)))
    assert len(set(lengths)) > 1
    assert gradcheck(example["loss"], w, x, lengths, y, samples=5)


def test_a_word_has_its_most_frequent_class(example: dict[str, Any]) -> None:
    trn = [[("run", "VERB"), ("run", "NOUN"), ("run", "VERB"), ("a", "ADJ")], [("b", "VERB")]]
    tst = [[("run", "VERB"), ("run", "NOUN"), ("a", "ADJ")], [("new", "VERB"), ("newer", "NOUN")]]
    assert example["most_frequent"](trn, tst) == 3 / 5


def test_endings_are_learned_and_new_words_have_them(folder: Path) -> None:
    done = as_script("tagger", *SMALL, "--epochs", "4", "--lr", "0.01")
    assert done.returncode == 0
    assert done.stderr == f"UD English-EWT: train, dev and test from {folder / 'tagging'}\n"
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Classes of words, read character by character")
    assert lines[1].startswith("opts=(:seed,1)(:epochs,4)(:batchsize,16)(:embed,8)(:hidden,16)")
    found = re.fullmatch(r"400 sentences; by their most frequent class (0\.\d{4})", lines[2])
    assert found
    assert float(found[1]) < 0.6  # nearly every word is new
    assert all(LINE.fullmatch(line) for line in lines[3:])
    learned = figures(done.stdout)
    assert list(learned) == [1, 2, 3, 4]
    assert learned[4]["loss"] < learned[1]["loss"] / 4
    assert learned[4]["tst"] > 0.97


@pytest.mark.usefixtures("folder")
def test_a_killed_run_goes_on_to_the_byte() -> None:
    assert same_bytes(*whole_and_killed("tagger", *SMALL, "--epochs", "3", "--dropout", "0.5"))


@pytest.mark.usefixtures("folder")
def test_a_seed_is_repeated_and_another_one_differs() -> None:
    options = ("--hidden", "8", "--embed", "8", "--epochs", "1", "--seed")
    first, again, other = (as_script("tagger", *options, seed).stdout for seed in "778")
    assert first == again
    assert figures(first) != figures(other)


def test_what_is_wrong_is_said_in_a_line() -> None:
    done = as_script("tagger", KNET_DATA_DIR="")
    assert done.returncode == 1
    assert done.stderr.startswith("tagger: UD English-EWT")
    assert "'knet-tui data fetch tagging'" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_english_is_tagged_better_than_by_counting() -> None:
    """Trained on the 2001 sentences of dev, seed 1 had 0.843 of tst right in 3 epochs, then 0.885.

    The most frequent class of each word is right for 0.8120.
    """
    folder = folder_of_full_data("tagging/en_ewt-ud-dev.conllu.gz")
    found = ran("tagger", "--seed", "1", KNET_DATA_DIR=folder)
    assert found[3]["tst"] == pytest.approx(0.843, abs=0.02)
    assert found[10]["tst"] == pytest.approx(0.885, abs=0.012)
