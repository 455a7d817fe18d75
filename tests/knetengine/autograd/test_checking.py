from typing import Any

import numpy as np
import pytest

from knetengine import gradcheck
from knetengine.autograd import defvjp, primitive


@primitive
def swapped(x: Any) -> Any:
    """sin, whose rule forgets the cosine at large arguments."""
    return np.sin(x)


defvjp(swapped, lambda g, y, x: g * np.where(x > 1, 1.0, np.cos(x)))


def test_a_wrong_rule_is_found_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    w = {"a": np.array([0.1, 0.2]), "b": [np.array([[0.3, 2.0]], np.float32)]}

    def f(w: Any) -> Any:
        return np.sum(swapped(w["a"])) + np.sum(swapped(w["b"][0]))

    assert gradcheck(f, w) is False
    assert capsys.readouterr().out == ""
    assert gradcheck(f, w, verbose=True) is False
    agrees, differs = capsys.readouterr().out.splitlines()
    assert agrees.startswith("agrees (the worst entry) argument 0['a'][")
    # cos(2) = -0.416146837
    assert differs == (
        "DIFFERS (the worst entry) argument 0['b'][0][0, 1]: gradient 1, difference -0.416146837"
    )


def test_arrays_of_results_other_arguments_and_keywords() -> None:
    def f(x: Any, y: Any, *, power: int) -> Any:
        return x**power * y

    x, y = np.array([1.0, 2.0]), np.array([[3.0], [4.0]])
    assert gradcheck(f, x, y, argnum=(0, 1), power=3) is True
    assert gradcheck(f, x, y, argnum=1, power=3, seed=1) is True


def test_numbers_constants_and_float32_parameters() -> None:
    def f(w: Any) -> Any:
        return np.sum(w[0] * w[1]) * w[2] if w[3] == "x" else None

    assert gradcheck(f, [2.0, np.ones(3, np.float32), 3, "x"]) is True


def test_a_nan_does_not_agree() -> None:
    with np.errstate(invalid="ignore"):
        assert gradcheck(np.sqrt, -1.0) is False
