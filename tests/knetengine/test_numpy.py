"""knetengine.numpy: NumPy's namespace with a fast path for recorded values."""

import ast
import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import knetengine.numpy as kn
from knetengine import grad
from knetengine.autograd import Recorded
from knetengine.autograd.primitives import COMPOSED, DIFFERENTIABLE, NOT_DIFFERENTIABLE


def test_everything_else_is_numpys_own() -> None:
    assert kn.pi == math.pi
    assert kn.float32 is np.float32
    assert kn.linalg is np.linalg
    assert kn.arange(3).tolist() == [0, 1, 2]
    assert {"exp", "linalg", "newaxis", "array"} <= set(dir(kn))
    with pytest.raises(AttributeError, match="nonesuch"):
        _ = kn.nonesuch


def test_functions_resolve_once_and_keep_their_names_and_help() -> None:
    assert kn.exp is kn.exp
    assert kn.exp.__name__ == "exp"
    assert "exponential" in kn.exp.__doc__


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")
def test_every_known_function_takes_plain_arrays_as_numpy_does() -> None:
    names = {f.__name__ for f in (*DIFFERENTIABLE, *COMPOSED, *NOT_DIFFERENTIABLE)}
    x = np.array([[0.25, 0.75], [0.5, 0.125]])
    tried = 0
    for name in sorted((names & set(dir(np))) - {"empty_like"}):
        with np.errstate(all="ignore"):
            try:
                expected = getattr(np, name)(x)
            except (TypeError, ValueError, AttributeError):  # takes other arguments than one array
                continue
            got = getattr(kn, name)(x)
        tried += 1
        for g, e in zip(as_tuple(got), as_tuple(expected), strict=True):
            np.testing.assert_array_equal(g, e)
    assert tried > 80


def as_tuple(results: Any) -> tuple[Any, ...]:
    return results if isinstance(results, tuple) else (results,)


def test_arrays_of_recorded_values() -> None:
    def f(x: Any) -> Any:
        assert kn.asarray(x) is x
        table = kn.array([[x[0], 2.0], [x[1] * x[0], x[2]]])
        assert type(table) is Recorded
        return kn.sum(table * np.array([[1.0, 1.0], [3.0, 5.0]]))

    np.testing.assert_array_equal(grad(f)(np.array([1.0, 2.0, 3.0])), [7.0, 3.0, 5.0])
    assert kn.array([1, 2], dtype=np.float32).dtype == np.float32
    assert kn.asarray([1.0]).tolist() == [1.0]


def test_the_engine_imports_numpy_and_nothing_else() -> None:
    code = (
        "import sys; from knetengine import grad; print(grad(lambda x: x * x)(3.0)); "
        "print(sorted({m.split('.')[0] for m in sys.modules} - set(sys.stdlib_module_names)))"
    )
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    gradient, modules = run.stdout.splitlines()
    assert gradient == "6.0"
    foreign = {m for m in ast.literal_eval(modules) if "cython" not in m}  # made by NumPy
    assert foreign == {"__main__", "knetengine", "numpy"}
