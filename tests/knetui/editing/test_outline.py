"""The functions and classes of a program."""

import tree_sitter_python
from tree_sitter import Language, Parser

from knetui.editing.outline import Entry, around, outline

PROGRAM = '''\
import numpy as np

class Layer(Base, metaclass=Meta):
    """Words with def f(x): in them."""

    @property
    def weight(self): ...

    async def step(
        self,  # not part of it
        rate: float = 0.1,
        *more,
    ):
        def inner(): ...

if True:
    def loss(w, x): return 0
else:
    for _ in range(3):
        def other(): pass
'''


def entries(text: str) -> list[Entry]:
    tree = Parser(Language(tree_sitter_python.language())).parse(text.encode())
    return outline(tree.root_node, text.split("\n"))


def test_all_of_them_with_parameters_and_depth() -> None:
    assert entries(PROGRAM) == [
        Entry("class", "Layer", "(Base, metaclass=Meta)", 2, 0),
        Entry("def", "weight", "(self)", 6, 1),
        Entry("def", "step", "(self, rate: float = 0.1, *more)", 8, 1),
        Entry("def", "inner", "()", 13, 2),
        Entry("def", "loss", "(w, x)", 16, 0),
        Entry("def", "other", "()", 19, 0),
    ]


def test_those_behind_an_open_bracket_are_there_too() -> None:
    broken = PROGRAM.replace("import numpy as np", "x = f((")
    names = [entry.name for entry in entries(broken)]
    assert names == ["Layer", "weight", "step", "inner", "loss", "other"]


def test_which_is_around_a_row() -> None:
    found = entries(PROGRAM)
    assert around(found, 0) is None
    assert around(found, 2) == 0
    assert around(found, 10) == 2
    assert around(found, 99) == len(found) - 1
    assert entries("x = 1\n") == []
