"""The symbols of a text, characters or words, and their numbers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from knetengine.faults import Fault

Array = np.ndarray[Any, Any]


class VocabularyError(Fault):
    """A symbol that a vocabulary does not have."""


class Vocabulary:
    """Symbols numbered from 0.

    symbols: a text (its characters), or a sequence of words, each once.
    unknown: the word that stands for every other; "" if there is none.
    """

    def __init__(self, symbols: Sequence[str], unknown: str = "") -> None:
        self.symbols = list(symbols)
        self.unknown = unknown
        self._numbers = {symbol: number for number, symbol in enumerate(self.symbols)}
        if len(self._numbers) < len(self.symbols):
            raise ValueError("a vocabulary has each symbol once")

    @classmethod
    def of(cls, text: Iterable[str], size: int = 0, unknown: str = "") -> "Vocabulary":
        """The symbols of a text in alphabetical order.

        size: so many at most, the most frequent ones; 0 for all. The rest are `unknown`, which
            counts as one of them.

        Raises ValueError for a size below 0.
        """
        if size < 0:
            raise ValueError(f"Vocabulary.of: the size is {size}; expected at least 0 (all)")
        counts = Counter(text)
        if not size or len(counts) <= size:
            return cls(sorted(counts), unknown if unknown in counts else "")
        counts.pop(unknown, None)
        frequent = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))[: size - 1]
        return cls([*sorted(frequent), unknown], unknown)

    def __len__(self) -> int:
        return len(self.symbols)

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} symbols)"

    def encode(self, text: Sequence[str], name: str = "the text") -> Array:
        """The numbers of symbols, int64.

        name: what the text is called if something is wrong with it.

        Raises VocabularyError naming the first symbol that is not in the vocabulary.
        """
        if self.unknown:
            other = self._numbers[self.unknown]
            numbers = (self._numbers.get(symbol, other) for symbol in text)
            return np.fromiter(numbers, np.int64, len(text))
        try:
            return np.fromiter(map(self._numbers.__getitem__, text), np.int64, len(text))
        except KeyError as error:
            place = next(i for i, symbol in enumerate(text) if symbol not in self._numbers)
            shown = "".join(self.symbols) if all(len(s) == 1 for s in self.symbols) else "..."
            raise VocabularyError(
                f"{error.args[0]!r} (number {place + 1} of {name}) is not among the {len(self)} "
                f"symbols that the model knows: {shown!r}"
            ) from None

    def decode(self, numbers: Iterable[int]) -> list[str]:
        """The symbols of numbers; ``"".join`` makes a text of characters."""
        return [self.symbols[number] for number in numbers]
