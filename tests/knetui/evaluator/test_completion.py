"""Completion finds live names and runs nothing."""

import collections
import types
from typing import Any, ClassVar

import numpy as np
import pytest

from knetui.evaluator.completion import MATCHES_LIMIT, complete


class Trap:
    """Every way in which a look at an object may run its code."""

    fired: ClassVar[list[str]] = []
    plain = 1

    def __init__(self) -> None:
        self.own = types.SimpleNamespace(deep=1)

    @property
    def loaded(self) -> Any:
        Trap.fired.append("property")
        return self

    @property
    def __class__(self) -> Any:
        Trap.fired.append("__class__")
        return int

    def __getattr__(self, name: str) -> Any:
        Trap.fired.append(f"__getattr__ {name}")
        raise AttributeError(name)

    def __getattribute__(self, name: str) -> Any:
        Trap.fired.append(f"__getattribute__ {name}")
        return super().__getattribute__(name)

    def __dir__(self) -> list[str]:
        Trap.fired.append("__dir__")
        return []

    def __repr__(self) -> str:
        Trap.fired.append("__repr__")
        return "trap"

    def __eq__(self, other: object) -> bool:
        Trap.fired.append("__eq__")
        return True

    def __hash__(self) -> int:
        Trap.fired.append("__hash__")
        return 0


def matches(code: str, **namespace: Any) -> list[str]:
    return complete(code, len(code), namespace).matches


def test_completing_runs_no_code_of_the_object() -> None:
    trap = Trap()
    Trap.fired.clear()
    found = matches("trap.", trap=trap)
    deeper = matches("trap.own.", trap=trap)
    behind_property = matches("trap.loaded.", trap=trap)
    keyed = matches("trap['", trap=trap)
    key = matches("d['", d={"a": trap})
    fired = list(Trap.fired)
    assert fired == []
    assert {"own", "loaded", "plain"} <= set(found)
    assert deeper == ["deep"]
    assert behind_property == []
    assert keyed == []
    assert key == ["a"]


def test_names_builtins_and_keywords() -> None:
    assert matches("weig", weights=1) == ["weights"]
    assert "print" in matches("pri")
    assert "while" in matches("x = whi")
    assert matches("") == []


def test_private_names_come_when_asked_for() -> None:
    space = types.SimpleNamespace(_hidden=1, shown=2)
    assert matches("s.", s=space) == ["shown"]
    assert "_hidden" in matches("s._", s=space)


def test_attributes_of_modules_classes_and_arrays() -> None:
    assert "linalg" in matches("np.lin", np=np)
    assert matches("np.linalg.nor", np=np) == ["norm"]
    assert "reshape" in matches("w.resh", w=np.zeros(3))
    assert matches("Point.x", Point=collections.namedtuple("Point", "xx y")) == ["xx"]


def test_names_that_a_module_loads_on_first_use() -> None:
    module = types.ModuleType("lazy")
    module.__all__ = ["first_use"]
    assert matches("lazy.f", lazy=module) == ["first_use"]


def test_slots_are_looked_into() -> None:
    class Slotted:
        __slots__ = ("empty", "inner")

    slotted = Slotted()
    slotted.inner = types.SimpleNamespace(found=1)
    assert matches("s.inner.", s=slotted) == ["found"]
    assert matches("s.empty.", s=slotted) == []


@pytest.mark.parametrize("quote", ["'", '"'])
def test_dictionary_keys(quote: str) -> None:
    weights = {"encoder": 1, "decoder": 2, 3: 4}
    code = f"w[{quote}de"
    assert complete(code, len(code), {"w": weights}) == (["decoder"], 3, 5)


def test_only_the_word_before_the_cursor_is_replaced() -> None:
    code = "y = weights + 1"
    assert complete(code, 6, {"weights": 1}) == (["weights"], 4, 6)


@pytest.mark.parametrize("code", ["f().", "x[0].", "'a'.", "1.", "(a + b)."])
def test_results_of_code_are_not_guessed(code: str) -> None:
    assert matches(code, f=1, x=[1], a=1, b=1) == []


def test_imports() -> None:
    assert "numpy" in matches("import num")
    assert "linalg" in matches("import numpy.lin")
    assert "mean" in matches("from numpy import me")


def test_a_big_namespace_is_capped() -> None:
    names = {f"name_{i:05}": i for i in range(20_000)}
    assert len(matches("name_", **names)) == MATCHES_LIMIT
