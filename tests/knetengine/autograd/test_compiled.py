"""The compiled core does what the Python code that it stands in for does.

The whole suite of the engine runs on both: `pytest`, and `KNET_PURE=1 pytest tests/knetengine`.
Here is what only the compiled core could get wrong.
"""

import gc
import inspect
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import knetengine.numpy as kn
from knetengine import defvjp, grad, primitive, trace
from knetengine.autograd import compiled
from knetengine.autograd.recorded import Recorded
from knetengine.autograd.tape import Tape

AUTOGRAD = Path(compiled.__file__).parent
needs_core = pytest.mark.skipif(not compiled.AVAILABLE, reason="the core is not compiled here")


def test_the_core_is_used_exactly_where_it_was_built_and_is_wanted() -> None:
    wanted = os.environ.get("KNET_PURE", "0") in ("", "0")
    built = (AUTOGRAD / f"_compiled{sysconfig.get_config_var('EXT_SUFFIX')}").exists()
    assert (wanted and built) == compiled.AVAILABLE


def test_the_environment_asks_for_pure_python() -> None:
    program = (
        "from knetengine import grad; from knetengine.autograd import compiled; "
        "print(compiled.AVAILABLE, grad(lambda x: x**3)(2.0))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "KNET_PURE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False 12.0\n"


def test_functions_look_like_functions() -> None:
    assert kn.exp.__name__ == "exp"
    assert "exp" in repr(kn.exp)
    assert inspect.isroutine(kn.exp)
    assert list(inspect.signature(Recorded.__add__).parameters) == ["self", "other"]
    assert Recorded(2.0, 0, Tape()).__add__(3.0) == 5.0


def references(run: Any, arrays: list[Any]) -> list[int]:
    """How many references each array gains in fifty runs."""

    def counts() -> list[int]:
        gc.collect()
        return [sys.getrefcount(array) for array in arrays]

    run()
    before = counts()
    for _ in range(50):
        run()
    return [after - count for after, count in zip(counts(), before, strict=True)]


def test_nothing_keeps_the_arrays_of_a_gradient() -> None:
    x, w, b = np.ones((3, 4)), np.ones((4, 2)), np.ones(2)

    def loss(p: Any) -> Any:
        h = kn.maximum(x @ p[0] + p[1], 0.5) * 2.0 - 1.0 / (2.0 + p[1])
        return kn.sum((-h) ** 2 + abs(h)[:, ::-1] + h[0]) / 2

    assert references(lambda: grad(loss)([w, b]), [x, w, b]) == [0, 0, 0]
    assert all(array.flags.writeable for array in (x, w, b))


def test_nothing_keeps_the_arrays_of_an_error() -> None:
    x, w = np.ones((3, 4)), np.ones((5, 2))

    def run() -> None:
        with pytest.raises(ValueError, match="matmul"):
            grad(lambda w: kn.sum(x @ w))(w)
        with pytest.raises(ValueError, match="broadcast"):
            grad(lambda w: kn.sum(kn.maximum(x, w)))(w)

    assert references(run, [x, w]) == [0, 0]
    assert x.flags.writeable


def test_views_are_protected_with_their_bases_and_released() -> None:
    base = np.ones((4, 4))
    view = base[1:]
    wide = np.broadcast_to(np.ones(4), (3, 4))

    def loss(x: Any) -> Any:
        y = x * view * wide
        assert not view.flags.writeable
        assert not base.flags.writeable
        return kn.sum(y)

    grad(loss)(np.ones((3, 4)))
    assert view.flags.writeable
    assert base.flags.writeable
    assert not wide.flags.writeable


def test_more_arguments_than_the_core_takes() -> None:
    @primitive
    def add_all(*terms: Any) -> Any:
        return sum(terms)

    defvjp(add_all, *[lambda g, y, *terms: g] * 20)
    assert grad(lambda x: add_all(*[x] * 20))(1.0) == 20.0


def test_rules_that_change_are_heeded() -> None:
    @primitive
    def double(x: Any, scale: Any) -> Any:
        return 2.0 * x

    scale = np.ones(3)
    defvjp(double, lambda g, y, x, scale: 2.0 * g, None)

    def loss(x: Any) -> Any:
        y = double(x, scale)
        return kn.sum(y), scale.flags.writeable

    assert grad(lambda x: loss(x)[0])(np.ones(3)).tolist() == [2.0, 2.0, 2.0]
    seen = []
    defvjp(double, lambda g, y, x, scale: g * scale, None)
    gradient = grad(lambda x: (seen.append(loss(x)[1]), loss(x)[0])[1])(np.ones(3))
    assert gradient.tolist() == [1.0, 1.0, 1.0]
    assert seen == [False]  # the new rule looks at it


def test_several_results_of_one_call() -> None:
    @primitive
    def halves(x: Any) -> Any:
        return x[: len(x) // 2], x[len(x) // 2 :]

    defvjp(halves, lambda g, y, x: np.concatenate(g))

    def loss(x: Any) -> Any:
        left, right = halves(x)
        return kn.sum(left) + 3 * kn.sum(right)

    assert grad(loss)(np.ones(4)).tolist() == [1.0, 1.0, 3.0, 3.0]


def test_places_are_those_of_the_users_expressions() -> None:
    def f(x: Any) -> Any:
        return kn.exp(-x) * x[0] + kn.sum(x)

    rows = trace(lambda x: kn.sum(f(x)))(np.ones(2)).rows
    expressions = [row.place.expression for row in rows if row.place is not None]
    for expression in ("-x", "kn.exp(-x)", "x[0]", "kn.exp(-x) * x[0]", "kn.sum(x)"):
        assert expression in expressions


@needs_core
def test_an_error_knows_its_operands() -> None:
    x = np.ones((3, 4))
    with pytest.raises(ValueError, match="matmul") as caught:
        grad(lambda w: kn.sum(x @ w))(np.ones((5, 2)))
    (note,) = caught.value.__notes__
    assert "x is (3, 4) float64, w is (5, 2) float64" in note
