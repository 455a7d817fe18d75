"""What a model thinks while it writes, for whoever watches: chances of what it draws, hidden units.

`sample` and `rnn` tell the watcher when there is one; without one that costs them 0.05 us.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import numpy as np

from knetengine.nn.reference import plain_value


class Watcher:
    """Keeps the last that was drawn, and the last hidden state."""

    def __init__(self) -> None:
        self._chance = 0.0
        self._hidden: Any = None

    def drawn(self, chances: Any, classes: Any) -> None:
        """Classes were drawn by chances (..., C), which need not add up to 1."""
        row = np.asarray(chances).reshape(-1, np.shape(chances)[-1])[-1]  # (C,)
        self._chance = float(row[np.ravel(classes)[-1]] / row.sum())

    def hid(self, hidden: Any) -> None:
        """A recurrent layer has hidden states (layers, B, H) now."""
        self._hidden = hidden

    def take_chance(self) -> float:
        """The chance of the last class drawn since the last call; 0 if none was."""
        chance, self._chance = self._chance, 0.0
        return chance

    @property
    def units(self) -> int:
        """How many hidden units the last layer has; 0 without a recurrent layer."""
        return 0 if self._hidden is None else int(self._hidden.shape[-1])

    def unit(self, number: int) -> float:
        """The value of a hidden unit of the last layer, of the first sequence."""
        return float(np.asarray(plain_value(self._hidden))[-1, 0, number % self.units])


class _Current:
    watcher: Watcher | None = None


current = _Current()


@contextmanager
def watch() -> Generator[Watcher]:
    """Have what is drawn and hidden told to a watcher."""
    before, current.watcher = current.watcher, Watcher()
    try:
        yield current.watcher
    finally:
        current.watcher = before
