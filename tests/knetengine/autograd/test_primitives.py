"""The door for one's own primitives."""

import math
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

from knetengine import grad, gradcheck
from knetengine.autograd import defvjp, primitive, stop_gradient
from knetengine.autograd.primitives import COMPOSED, DIFFERENTIABLE, NOT_DIFFERENTIABLE, REFUSED

Pair = namedtuple("Pair", "sine cosine")


@primitive
def halves(x: Any, *, at: int) -> tuple[Any, Any]:
    """The parts of a vector before and after `at`."""
    return x[:at] * 1.0, x[at:] * 1.0


defvjp(halves, lambda g, y, x, at: np.concatenate(g))


@primitive
def circle(x: Any, radius: Any) -> Pair:
    return Pair(radius * np.sin(x), radius * np.cos(x))


def circle_joint(wanted: tuple[bool, ...], g: Any, y: Any, x: Any, radius: Any) -> list[Any]:
    return [
        g[0] * y[1] - g[1] * y[0] if wanted[0] else None,
        (g[0] * y[0] + g[1] * y[1]) / radius if wanted[1] else None,
    ]


def test_a_primitive_with_several_results() -> None:
    x = np.arange(4.0)
    first = grad(lambda x: np.sum(halves(x, at=1)[1] ** 2))(x)
    np.testing.assert_array_equal(first, [0, 2, 4, 6])

    def bent(x: Any) -> Any:
        a, b = halves(x, at=2)
        return np.sum(a * b * b) + np.sum(a)

    assert gradcheck(bent, x)
    assert gradcheck(lambda x: np.sum(grad(bent)(x) ** 3), x)


def test_a_joint_rule_gets_told_what_is_wanted() -> None:
    asked: list[Any] = []

    def rule(wanted: Any, g: Any, y: Any, x: Any, radius: Any) -> Any:
        asked.append(wanted)
        y = (radius * np.sin(x), radius * np.cos(x))
        return circle_joint(wanted, g, y, x, radius)

    defvjp(circle, joint=rule)
    x = np.array([0.3, 0.4])

    def f(x: Any, radius: Any) -> Any:
        parts = circle(x, radius)
        assert type(parts) is Pair
        return np.sum(parts.sine * np.exp(parts.cosine))

    assert gradcheck(f, x, 2.0, argnum=(0, 1))
    assert gradcheck(lambda x: np.sum(grad(f)(x, 2.0) ** 2), x)
    grad(f)(x, 2.0)
    assert asked[0] == (True, True)
    assert asked[-1] == (True, False)


def test_a_primitive_without_a_rule_says_so() -> None:
    @primitive
    def mystery(x: Any) -> Any:
        return x

    assert mystery(2.0) == 2.0
    with pytest.raises(TypeError, match=r"mystery has no derivative rule yet; .*defvjp\(mystery, "):
        grad(mystery)(1.0)


def test_an_argument_without_a_rule_is_refused() -> None:
    @primitive
    def scaled(x: Any, factor: Any) -> Any:
        return x * factor

    defvjp(scaled, lambda g, y, x, factor: g * factor)
    assert grad(lambda x: scaled(x, 3.0))(1.0) == 3.0
    assert grad(lambda x: scaled(x, factor=3.0))(1.0) == 3.0
    assert grad(lambda x: scaled(factor=3.0, x=x))(1.0) == 3.0
    with pytest.raises(TypeError, match="rules for its first 1 argument"):
        grad(lambda x: scaled(2.0, x))(1.0)
    with pytest.raises(TypeError, match=r"factor=\.\.\.\) is a recorded value"):
        grad(lambda x: scaled(x, factor=x))(1.0)
    with pytest.raises(TypeError, match=r"no derivative rule for the option turbo=; it knows x, f"):
        grad(lambda x: scaled(x, turbo=1))(1.0)


def test_a_rule_for_a_universal_function_of_ones_own() -> None:
    erf = np.frompyfunc(math.erf, 1, 1)
    with pytest.raises(TypeError, match=r"np\.erf \(vectorized\) has no derivative rule"):
        grad(erf)(1.0)
    defvjp(erf, lambda g, y, x: g * (2.0 / math.sqrt(math.pi)) * np.exp(-x * x))
    try:
        assert gradcheck(erf, 0.7)
    finally:
        step = DIFFERENTIABLE[erf]
        for function in [f for f, known in DIFFERENTIABLE.items() if known is step]:
            del DIFFERENTIABLE[function]


def test_stop_gradient() -> None:
    assert grad(lambda x: x * stop_gradient(x))(3.0) == 3.0
    assert grad(lambda x: x * stop_gradient([x, (x, {"a": x})])[1][1]["a"])(3.0) == 3.0
    assert stop_gradient(2.0) == 2.0


def test_the_registries_do_not_overlap() -> None:
    kinds = [set(COMPOSED), set(DIFFERENTIABLE), NOT_DIFFERENTIABLE, set(REFUSED)]
    assert sum(map(len, kinds)) == len(set().union(*kinds))
