"""Where in its loops a program is; and, when it is started again, the way back to that place.

A position is a path of loops, the outermost first: the how-many-th loop of its level it is, and how
many items of it are done. A program that is started again passes over loops that were complete,
over the items that were done, and is back when the innermost loop has been found.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from knetengine.training.run_checkpoints import Level
from knetengine.training.state import captured, restore

Item = TypeVar("Item")


class LostPlaceError(RuntimeError):
    """The program does not come by the place again where it was."""


class Position:
    """The loops that are running.

    path: the outermost first.
    completed: how many items of all loops together are done.
    epoch: how many of the outermost loop, the latest if there were several.
    target: the way to the place to go back to; None once it was found.
    found: called then, before the first new item.
    """

    def __init__(self) -> None:
        self.path: list[Level] = []
        self.completed = 0
        self.epoch = 0
        self.target: list[Level] | None = None
        self.found: Callable[[], None] = lambda: None
        self._begun = [0]  # how many loops have begun at each level

    def loop(self, items: Iterable[Item], go_on: Callable[[], bool]) -> Iterator[Item]:
        """Pass the items on; `go_on` is asked before each whether to."""
        depth = len(self.path)
        level = Level(self._begun[depth])
        self._begun[depth] += 1
        wanted = self._wanted(level, depth)
        if wanted is not None and level.ordinal < wanted.ordinal:
            return
        generator = getattr(items, "generator", None)
        if wanted is not None and wanted.shuffle:
            restore(generator, wanted.shuffle, "generator")
        if generator is not None:
            level.shuffle = captured(generator)
        iterator = iter(items)
        self.path.append(level)
        self._begun[depth + 1 :] = [0]
        try:
            if wanted is not None:
                self._pass_over(iterator, level, wanted.done)
                if self.target is not None and depth == len(self.target) - 1:
                    self.target = None
                    self.found()
            while self.target is not None or go_on():
                try:
                    item = next(iterator)
                except StopIteration:
                    return
                self._begun[depth + 1] = 0
                yield item
                if self.target is not None:
                    raise LostPlaceError(
                        "the program was started again, and did not come by the loop that it was "
                        "in: does it depend on the time, or on a generator that is not kept?"
                    )
                level.done += 1
                self.completed += 1
                if depth == 0:
                    self.epoch = level.done
        finally:
            del self.path[depth:]

    def _wanted(self, level: Level, depth: int) -> Level | None:
        """The level of the target, if there is one; never one that has been passed already."""
        if self.target is None:
            return None
        if depth >= len(self.target) or level.ordinal > self.target[depth].ordinal:
            raise LostPlaceError(
                "the program was started again, and its loops are not those that it had: does it "
                "depend on the time, or on a generator that is not kept?"
            )
        return self.target[depth]

    def _pass_over(self, iterator: Iterator[Any], level: Level, done: int) -> None:
        passed = sum(1 for _ in itertools.islice(iterator, done))
        if passed < done:
            raise LostPlaceError(
                f"the program was started again after {done} steps of a loop, but there are only "
                f"{passed} now: has its data changed?"
            )
        level.done = done
