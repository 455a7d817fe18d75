import weakref

import numpy as np
import pytest

from knetengine import grad
from knetengine.autograd import last_tape, measure_next_tape
from knetengine.autograd.recorded import Recorded
from knetengine.autograd.tape import recording


def test_entries_hold_positions_not_pointers() -> None:
    tapes = []

    def f(x: Recorded, y: Recorded) -> Recorded:
        z = (x + 2.0) * y
        tapes.append(list(z.tape))
        assert z.index == 3
        return z

    grad(f, (0, 1))(3.0, 4.0)
    described = [
        (step.name, indices, values, kwargs, output)
        for step, indices, values, kwargs, output, _, _ in tapes[0]
    ]
    assert described == [
        ("parameter", (), (), {}, 3.0),
        ("parameter", (), (), {}, 4.0),
        ("np.add", (0, -1), (3.0, 2.0), {}, 5.0),
        ("np.multiply", (2, 1), (5.0, 4.0), {}, 20.0),
    ]


def test_the_tape_is_open_only_while_the_function_runs() -> None:
    seen = []

    def f(x: Recorded) -> Recorded:
        seen.append((x.tape, recording.tape is x.tape))
        return x * x

    assert recording.tape is None
    grad(f)(1.0)
    assert recording.tape is None
    assert seen == [([], True)]


def test_nested_gradients_share_the_tape() -> None:
    seen = []

    def inner(y: Recorded) -> Recorded:
        seen.append(y)
        return y * y

    def outer(x: Recorded) -> Recorded:
        seen.append(x)
        return grad(inner)(x) + grad(inner)(2.0) * x

    grad(outer)(1.0)
    assert seen[0].tape is seen[1].tape is seen[2].tape


@pytest.fixture
def w() -> np.ndarray:
    return np.ones((10, 5), np.float32)


def test_statistics_count_entries_always_and_bytes_when_asked(w: np.ndarray) -> None:
    def loss(w: Recorded) -> Recorded:
        h = w.T.reshape(-1)[5:]  # views of w: no memory but the copy that reshape makes
        return np.sum(h * np.ones(45, np.float32))

    measure_next_tape()
    grad(loss)(w)
    # Buffers: w 200 bytes, the copy by reshape 200, the product 180. The sum is a scalar.
    assert last_tape() == (6, 580)
    grad(lambda w: np.sum(w))(w)
    assert last_tape() == (2, 580)
    assert last_tape().entries == 2


def test_nested_gradients_are_not_the_latest_tape(w: np.ndarray) -> None:
    grad(lambda w: np.sum(grad(np.sum)(w) * w))(w)
    entries = last_tape().entries
    grad(lambda w: np.sum(w * w))(w)
    # two parameters, inner sum, product, outer sum; then parameter, product, sum
    assert (entries, last_tape().entries) == (5, 3)


def test_a_failing_function_leaves_no_tape_behind() -> None:
    def broken(x: Recorded) -> Recorded:
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        grad(broken)(1.0)
    assert recording.tape is None


def test_whoever_measures_is_called_once_while_the_gradient_holds_what_it_keeps() -> None:
    hidden: list[weakref.ref[np.ndarray]] = []
    seen: list[int] = []

    def loss(w: Recorded) -> Recorded:
        h = np.tanh(w)
        hidden.append(weakref.ref(h.value))
        return np.sum(h**2)

    measure_next_tape(lambda: seen.append(sum(one() is not None for one in hidden)))
    for _ in range(3):
        grad(loss)(np.ones(1000))
    assert seen == [1]
    assert [one() for one in hidden] == [None] * 3
