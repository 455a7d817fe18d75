"""Symbols and their numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knetengine.data.vocabulary import Vocabulary, VocabularyError


@given(st.text(max_size=60))
def test_a_text_comes_back(text: str) -> None:
    vocabulary = Vocabulary.of(text)
    numbers = vocabulary.encode(text)
    assert numbers.dtype == np.int64
    assert "".join(vocabulary.decode(numbers)) == text
    assert vocabulary.symbols == sorted(set(text))


def test_of_many_words_the_most_frequent_are_kept() -> None:
    words = ["b", "b", "b", "a", "a", "c", "c", "d"]
    vocabulary = Vocabulary.of(words, 3, unknown="<unk>")
    assert vocabulary.symbols == ["a", "b", "<unk>"]  # c is as frequent as a, and comes later
    assert vocabulary.decode(vocabulary.encode(["d", "b", "never seen"])) == ["<unk>", "b", "<unk>"]
    assert len(Vocabulary.of(words, 4, unknown="<unk>")) == 4
    assert Vocabulary.of("abc", 3).symbols == ["a", "b", "c"]


def test_a_symbol_that_is_not_known_is_named_with_its_place() -> None:
    with pytest.raises(VocabularyError, match=r"'§' \(number 3 of the text\) is not among the 2"):
        Vocabulary("ab").encode("ab§a")


def test_a_size_is_not_negative() -> None:
    with pytest.raises(ValueError, match=r"the size is -2; expected at least 0 \(all\)"):
        Vocabulary.of("abc", -2)


def test_no_symbol_comes_twice() -> None:
    with pytest.raises(ValueError, match="each symbol once"):
        Vocabulary("aba")
