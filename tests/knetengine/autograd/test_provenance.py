"""Each step knows the exact sub-expression that asked for it."""

from typing import Any

import numpy as np

import knetengine.numpy as kn
from knetengine import grad
from knetengine.autograd.provenance import Place, step_place

SPANS = "span"


def places(f: Any, *args: Any) -> list[tuple[str, Place | None]]:
    """The name and place of each step, parameters and marks left out."""
    entries: list[Any] = []

    def watched(*a: Any) -> Any:
        result = f(*a)
        entries.extend(result.tape)
        return result

    grad(watched)(*args)
    return [
        (entry[0].name, step_place(entries, position))
        for position, entry in enumerate(entries)
        if entry[0].name not in ("parameter", SPANS)
    ]


def expressions(f: Any, *args: Any) -> list[tuple[str, str]]:
    return [(name, place.expression if place else "") for name, place in places(f, *args)]


def test_equal_sub_expressions_on_one_line_are_told_apart() -> None:
    def f(x: Any, w: Any) -> Any:
        return np.sum((x @ w + 1.0) * (x @ w))

    x = np.ones((2, 2))
    found = places(f, x, x)
    assert [(n, p.expression) for n, p in found if p] == [
        ("np.matmul", "x @ w"),
        ("np.add", "x @ w + 1.0"),
        ("np.matmul", "x @ w"),
        ("np.multiply", "(x @ w + 1.0) * (x @ w)"),
        ("np.sum", "np.sum((x @ w + 1.0) * (x @ w))"),
    ]
    assert {(p.line, p.function, p.file) for _, p in found if p} == {
        (f.__code__.co_firstlineno + 1, "f", __file__)
    }


def test_every_door_leads_to_the_user() -> None:
    def f(x: Any) -> Any:
        a = np.exp(x) + kn.exp(x) + kn.maximum(x, 0.0) + (-x)
        return a.sum() + np.sum(a) + kn.sum(a) + 2.0 * x[0]

    assert expressions(f, np.ones(2)) == [
        ("np.exp", "np.exp(x)"),
        ("np.exp", "kn.exp(x)"),
        ("np.add", "np.exp(x) + kn.exp(x)"),
        ("np.maximum", "kn.maximum(x, 0.0)"),
        ("np.add", "np.exp(x) + kn.exp(x) + kn.maximum(x, 0.0)"),
        ("np.negative", "-x"),
        ("np.add", "np.exp(x) + kn.exp(x) + kn.maximum(x, 0.0) + (-x)"),
        ("np.sum", "a.sum()"),
        ("np.sum", "np.sum(a)"),
        ("np.add", "a.sum() + np.sum(a)"),
        ("np.sum", "kn.sum(a)"),
        ("np.add", "a.sum() + np.sum(a) + kn.sum(a)"),
        ("getitem", "x[0]"),
        ("np.multiply", "2.0 * x[0]"),
        ("np.add", "a.sum() + np.sum(a) + kn.sum(a) + 2.0 * x[0]"),
    ]


def test_a_composition_belongs_to_the_line_that_called_it() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.outer(x, x))

    assert {e for _, e in expressions(f, np.ones(2))} == {
        "np.outer(x, x)",
        "np.sum(np.outer(x, x))",
    }


def test_an_inner_gradient_belongs_to_the_steps_it_differentiates() -> None:
    def f(x: Any) -> Any:
        return np.sum(grad(lambda y: np.sum(np.sin(y) * y))(x))

    found = expressions(f, np.ones(2))
    assert {e for _, e in found} == {
        "np.sin(y)",
        "np.sin(y) * y",
        "np.sum(np.sin(y) * y)",
        "np.sum(grad(lambda y: np.sum(np.sin(y) * y))(x))",
    }
    of_the_sine = [name for name, e in found if e == "np.sin(y)"]
    assert of_the_sine[0] == "np.sin"
    assert "np.cos" in of_the_sine[1:]


def test_source_that_cannot_be_had_has_a_line_at_least() -> None:
    namespace: dict[str, Any] = {"np": np}
    exec(compile("def f(x):\n    return np.sum(x * x)", "<gone>", "exec"), namespace)
    ((_, first), _) = places(namespace["f"], np.ones(2))
    assert first == Place("<gone>", 2, "f", "")
    assert str(first) == "<gone>:2"
