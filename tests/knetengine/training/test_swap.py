"""New code for the functions of a running program, and the old code when it fails."""

import linecache
from typing import Any

import numpy as np
import pytest

from knetengine.training.swap import TRIAL, Swap, SwapError

PATH = "model.py"
OLD = '''"""A model."""
import numpy as np
from knetengine import grad

SCALE = 2.0

def predict(w, x):
    return x * w

def loss(w, x, y, *, power=2):
    return np.sum((predict(w, x) - y) ** power)

class Layer:
    def __init__(self, w):
        self.w = w

    def apply(self, x):
        return self.w * x

def where():
    raise LookupError("here")

lossgradient = grad(loss)

if __name__ == "__main__":
    raise AssertionError("swapping starts no program")
'''


@pytest.fixture
def program() -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    body = OLD[: OLD.index("if __name__")]
    linecache.cache[PATH] = (len(OLD), None, OLD.splitlines(keepends=True), PATH)
    exec(compile(body, PATH, "exec"), namespace)
    return namespace


def swapped(program: dict[str, Any], old: str, new: str, source: str = OLD) -> Swap:
    assert old in source
    swap = Swap(program, PATH, source, source.replace(old, new))
    swap.install()
    return swap


def test_a_gradient_made_before_takes_the_new_code(program: dict[str, Any]) -> None:
    gradient, loss = program["lossgradient"], program["loss"]
    assert gradient(3.0, 1.0, 1.0) == 4.0
    swap = swapped(program, "return x * w", "return x * w * 10")
    assert swap.changed == ["predict"]
    assert gradient(3.0, 1.0, 1.0) == 2 * 29 * 10
    assert program["loss"] is loss
    assert swap.failure is None


def test_after_its_first_call_a_function_is_itself_again(program: dict[str, Any]) -> None:
    swapped(program, "power=2", "power=4")
    assert program["loss"](3.0, 1.0, 1.0) == 16.0
    assert program["loss"].__code__.co_varnames[:4] == ("w", "x", "y", "power")
    assert program["loss"].__kwdefaults__ == {"power": 4}


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("return x * w", "return x * wrong", NameError),
        ("return x * w", "return np.ones(3) @ np.ones(4)", ValueError),
        ("def predict(w, x):", "def predict(w, x, z):", TypeError),
    ],
)
def test_what_fails_is_taken_back_in_the_midst_of_the_step(
    program: dict[str, Any], old: str, new: str, error: type[Exception]
) -> None:
    swap = swapped(program, old, new)
    assert program["lossgradient"](3.0, 1.0, 1.0) == 4.0
    assert isinstance(swap.failure, error)
    assert TRIAL not in program
    assert linecache.getline(PATH, 8) == "    return x * w\n"
    assert program["lossgradient"](4.0, 1.0, 1.0) == 6.0


def test_functions_that_changed_together_go_back_together(program: dict[str, Any]) -> None:
    source = OLD.replace("predict(w, x):", "predict(w, x, scale):").replace(
        "x * w", "x * w * scale"
    )
    source = source.replace("predict(w, x) - y", "predict(w, x, 3.0) - y")
    swap = Swap(program, PATH, OLD, source)
    swap.install()
    assert program["lossgradient"](1.0, 1.0, 1.0) == 12.0
    assert swap.failure is None
    wrong = source.replace("predict(w, x, 3.0)", "predict(w, x, 3.0, 4.0)").replace(
        "w * scale", "w"
    )
    swap = Swap(program, PATH, source, wrong)
    swap.install()
    assert program["lossgradient"](1.0, 1.0, 1.0) == 12.0
    assert isinstance(swap.failure, TypeError)


def test_a_source_that_is_no_program_changes_nothing(program: dict[str, Any]) -> None:
    before = dict(program)
    with pytest.raises(SwapError) as caught:
        swapped(program, "return x * w", "return x * (w")
    assert isinstance(caught.value.__cause__, SyntaxError)
    assert caught.value.__cause__.lineno == 8
    assert program == before


def test_a_failure_at_the_top_changes_nothing(program: dict[str, Any]) -> None:
    before = dict(program)
    with pytest.raises(SwapError, match="no_such_module"):
        swapped(program, "SCALE = 2.0", "SCALE = 3.0\nimport no_such_module")
    assert program == before
    assert program["SCALE"] == 2.0


def test_constants_imports_and_new_functions_come_along(program: dict[str, Any]) -> None:
    source = OLD.replace(
        "SCALE = 2.0", "import math\nSCALE = 5.0\ndef twice(x):\n    return 2 * x\n"
    )
    source = source.replace("return x * w", "return twice(x) * w * SCALE * math.cos(0.0)")
    swap = Swap(program, PATH, OLD, source)
    swap.install()
    assert program["predict"](1.0, 1.0) == 10.0
    assert swap.changed == ["twice", "predict"]


def test_a_gradient_that_came_along_is_swapped_again(program: dict[str, Any]) -> None:
    second = OLD.replace("x * w", "x * w * 2").replace("grad(loss)", "grad(loss, 0)")
    Swap(program, PATH, OLD, second).install()
    third = second.replace("** power", "** power * 7")
    Swap(program, PATH, second, third).install()
    assert program["lossgradient"](1.0, 1.0, 1.0) == 7 * 2 * 1 * 2


def test_objects_of_a_class_get_its_new_methods(program: dict[str, Any]) -> None:
    layer = program["Layer"](np.ones(2))
    swapped(program, "return self.w * x", "return self.w * x + 1")
    assert layer.apply(2.0).tolist() == [3.0, 3.0]
    assert isinstance(layer, program["Layer"])


def test_functions_that_only_moved_tell_their_new_lines(program: dict[str, Any]) -> None:
    swapped(program, "SCALE = 2.0", "SCALE = 2.0\n# a line more\n# and another")
    with pytest.raises(LookupError) as caught:
        program["where"]()
    traceback = caught.tb
    assert traceback is not None
    assert traceback.tb_next is not None
    assert (
        traceback.tb_next.tb_lineno == OLD.splitlines().index('    raise LookupError("here")') + 3
    )


def test_rolling_back_by_hand_brings_everything_back(program: dict[str, Any]) -> None:
    names, layer = set(program), program["Layer"](np.ones(2))
    source = OLD.replace("return x * w", "return 0 * x").replace("self.w * x", "0 * x")
    swap = Swap(program, PATH, OLD, source + "\ndef more(): pass\n")
    swap.install()
    assert layer.apply(2.0) == 0
    swap.roll_back()
    assert program["predict"](2.0, 3.0) == 6.0
    assert layer.apply(2.0).tolist() == [2.0, 2.0]
    assert set(program) == names
