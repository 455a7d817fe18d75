"""No rule without a case: all cases are run once, and what they pass through is noted."""

import sys
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

import numpy as np
import pytest

import knetengine.numpy as kn
from knetengine import grad
from knetengine.autograd.coverage import REGISTRIES, rows
from knetengine.autograd.primitives import COMPOSED, DIFFERENTIABLE, Primitive, name_of
from tests.knetengine.autograd.rules.arguments import arguments
from tests.knetengine.autograd.rules.families import CASES

OURS = "knetengine.autograd."


def ours(function: Any) -> bool:
    """Whether it is a rule of the engine: other tests and other modules register theirs too."""
    return function is not None and function.__module__.startswith(OURS)


class Passed:
    """What the cases passed through.

    rules: pairs of a primitive and the number of a rule, or "joint".
    codes: those of all functions that were called.
    """

    def __init__(self) -> None:
        self.rules: set[tuple[Primitive, int | str]] = set()
        self.codes: set[CodeType] = set()

    def spy(self, step: Primitive, place: int | str, rule: Any) -> Any:
        """The same rule, which takes a note of each call."""
        if rule is None:
            return None

        def called(*args: Any, **kwargs: Any) -> Any:
            self.rules.add((step, place))
            return rule(*args, **kwargs)

        return called

    def note(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call":
            self.codes.add(frame.f_code)


def every_rule() -> Iterator[tuple[Primitive, int | str, Any]]:
    for step in set(DIFFERENTIABLE.values()):
        for place, rule in [*enumerate(step.rules), ("joint", step.joint)]:
            if ours(rule):
                yield step, place, rule


def run_all_cases() -> None:
    """The gradient of each case's gradient, by both doors."""
    for case in CASES.values():
        for dtype in [float, complex] if case.complex else [float]:
            for m in (np, kn):
                arrays = arguments(case, 0, dtype)
                everything = tuple(range(len(arrays)))

                def loss(*arrays: Any, case: Any = case, m: Any = m) -> Any:
                    y = case(m, *arrays)
                    return np.sum(np.real(y * y))

                def bent(*arrays: Any, loss: Any = loss, everything: Any = everything) -> Any:
                    return sum(np.sum(np.real(g * g)) for g in grad(loss, everything)(*arrays))

                grad(bent, everything)(*arrays)


@pytest.fixture(scope="module")
def passed() -> Iterator[Passed]:
    passed = Passed()
    before = {step: (step.rules, step.joint, step.saved) for step in set(DIFFERENTIABLE.values())}
    profiler = sys.getprofile()
    try:
        for step, (rules, joint, _) in before.items():
            step.rules = tuple(passed.spy(step, place, rule) for place, rule in enumerate(rules))
            step.joint = passed.spy(step, "joint", joint)
        sys.setprofile(passed.note)
        run_all_cases()
    finally:
        sys.setprofile(profiler)
        for step, (rules, joint, saved) in before.items():
            step.rules, step.joint, step.saved = rules, joint, saved
    return passed


def test_every_rule_is_exercised(passed: Passed) -> None:
    missing = [
        f"{step.name}, rule {place}"
        for step, place, _ in every_rule()
        if (step, place) not in passed.rules
    ]
    assert sorted(missing) == []


def test_every_composition_is_exercised(passed: Passed) -> None:
    missing = [
        name_of(function)
        for function, composition in COMPOSED.items()
        if ours(composition) and composition.__code__ not in passed.codes
    ]
    assert sorted(missing) == []


def is_named(function: str) -> bool:
    """Whether a case says that it covers a function.

    As ``linalg.inv`` or ``linalg inv det``; the last part will do if NumPy itself has none such.
    """
    parts = function.split(".")
    required = set(parts) if hasattr(np, parts[-1]) else {parts[-1]}
    words = [set(name.split()) for name in CASES]
    return any(function in each or required <= each for each in words)


def test_every_differentiable_function_is_named_by_a_case() -> None:
    names = [row.name for row in rows() if row.registry == REGISTRIES[0]]
    functions = [name.removeprefix("np.").removeprefix("ufunc ") for name in names]
    assert [function for function in functions if not is_named(function)] == []
