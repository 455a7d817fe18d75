"""The optimisers on arrays of a device."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from knetengine import optim
from knetengine.gpu import KnetArray
from knetengine.training.state import captured, restore

RULES = (
    optim.SGD, optim.Momentum, optim.Nesterov, optim.Adagrad, optim.Adadelta, optim.RMSprop,
    optim.Adam, optim.AdamW,
)  # fmt: skip


def arrays() -> list[np.ndarray]:
    draw = np.random.default_rng(1)
    shapes = ((300, 500), (7,), ())  # the kernels take the first, NumPy's functions the others
    return [np.asarray(draw.standard_normal(shape), np.float32) for shape in shapes]


@pytest.fixture
def placed(device: str) -> Callable[[list[np.ndarray]], list[KnetArray]]:
    return lambda arrays: [KnetArray(array, device=device) for array in arrays]


def take_steps(rule: Any, w: list[Any], place: Any, count: int = 3) -> list[Any]:
    for step in range(count):
        g = place([np.sin(step + np.asarray(array)) for array in w])
        w = rule.update(w, optim.gclip(g, 50.0))
    return w


@pytest.mark.parametrize("rule", RULES)
def test_updates_on_a_device_are_those_of_the_host(rule: Any, placed: Any) -> None:
    expected = take_steps(rule(decay=0.01, gclip=20.0), arrays(), lambda g: g)
    w = placed(arrays())
    found = take_steps(rule(decay=0.01, gclip=20.0), list(w), placed)
    for array, was, host in zip(found, w, expected, strict=True):
        assert array is was  # changed in place
        assert array.dtype == np.float32
        np.testing.assert_allclose(np.asarray(array), host, 1e-6, 1e-7)


def test_a_state_from_a_file_goes_to_the_device(placed: Any) -> None:
    straight = optim.Adam()
    w = take_steps(straight, placed(arrays()), placed, 4)
    first, second = optim.Adam(), optim.Adam()
    halfway = take_steps(first, placed(arrays()), placed, 2)
    saved = captured({"w": halfway, "optimiser": first})
    assert {type(array) for array in saved["w"]} == {np.ndarray}
    again = {"w": placed(arrays()), "optimiser": second}
    restore(again, saved)
    resumed = again["w"]
    for step in (2, 3):
        g = placed([np.sin(step + np.asarray(array)) for array in resumed])
        second.update(resumed, optim.gclip(g, 50.0))
    for array, host in zip(resumed, w, strict=True):
        np.testing.assert_array_equal(np.asarray(array), np.asarray(host))
