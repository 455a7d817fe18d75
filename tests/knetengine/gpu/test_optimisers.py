"""The optimisers on arrays of a device."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from knetengine import optim
from knetengine.gpu import KnetArray
from knetengine.gpu.backends import backend_named
from knetengine.training.state import captured, restore
from tests.knetengine.gpu.conftest import SIMULATED

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


def of_dtype(letter: str, count: int = 3) -> list[np.ndarray]:
    draw = np.random.default_rng(2)
    shapes = [(3, 7), (5,), (), (0, 4), (2, 3, 5)]
    return [np.asarray(draw.standard_normal(shapes[n % len(shapes)]), letter) for n in range(count)]


@pytest.mark.parametrize("count", [5, 70])  # more than 64 go by memory, not by value
@pytest.mark.parametrize("letter", "fd")
@pytest.mark.parametrize("rule", RULES)
def test_parameters_and_states_are_those_of_the_definition(
    rule: Any, letter: str, count: int, placed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule, "least", 1 << 60)  # NumPy's equations
    straight, there = rule(decay=0.01), rule(decay=0.01)
    expected = take_steps(straight, of_dtype(letter, count), lambda g: g)
    found = take_steps(there, placed(of_dtype(letter, count)), placed)
    # float32: 1 - 0.999 of Adam is rounded as in the host's kernels, 1.3e-5 off
    tolerance = (2e-5, 2e-7) if letter == "f" else (1e-13, 1e-14)
    for n, array in enumerate(found):
        np.testing.assert_allclose(np.asarray(array), expected[n], *tolerance)
        assert len(there.state[n]) == rule.slots
        for kept, host in zip(there.state[n], straight.state[n], strict=True):
            assert (type(kept), kept.dtype) == (KnetArray, np.dtype(letter))
            np.testing.assert_allclose(np.asarray(kept), host, *tolerance)


def test_parameters_with_gaps_are_changed_where_they_are(device: str) -> None:
    host = np.arange(24.0, dtype=np.float32).reshape(4, 6)
    whole = KnetArray(host, device=device)
    views = [whole[:, ::2], whole[:, 1::2].T]  # which lie within each other
    expected = [host[:, ::2], host[:, 1::2].T]
    for w, rule in ((views, optim.Momentum()), (expected, optim.Momentum())):
        for _ in range(2):
            rule.update(w, [np.sin(w[0]), np.cos(w[1])])
    np.testing.assert_allclose(np.asarray(whole), host, 1e-6)


@pytest.fixture
def backward(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the simulated device run the last blocks first, as a real one may."""
    if device == SIMULATED:
        driver: Any = backend_named(device).driver  # pyright: ignore
        monkeypatch.setattr(driver, "order", "backward")


@pytest.mark.usefixtures("backward")
@pytest.mark.parametrize("rule", [optim.SGD, optim.Adam])
def test_a_parameter_that_stands_twice_is_changed_twice(rule: Any, device: str) -> None:
    host, g = np.ones(50), np.linspace(-1, 1, 50)
    w, there = KnetArray(host, device=device), KnetArray(g, device=device)
    rule(lr=0.1, decay=0.3).update([w, w], [there, 2 * there])
    rule(lr=0.1, decay=0.3).update([host, host], [g, 2 * g])
    np.testing.assert_allclose(np.asarray(w), host, 1e-13)


@pytest.mark.usefixtures("backward")
def test_gradients_that_are_parameters_are_looked_at_in_turn(device: str) -> None:
    """The gradient of w @ v by w may be v itself; and a view of w that lies otherwise."""

    def steps(a: Any, b: Any) -> None:
        rule = optim.SGD(lr=0.5)
        rule.update([a[:6], b], [b, a[:6]])
        rule.update([a[1:]], [a[:-1]])

    a, b = np.arange(7.0), np.linspace(0, 1, 6)
    x, y = KnetArray(a, device=device), KnetArray(b, device=device)
    steps(x, y)
    steps(a, b)
    np.testing.assert_allclose(np.asarray(x), a, 1e-13)
    np.testing.assert_allclose(np.asarray(y), b, 1e-13)


def test_dtypes_go_apart_and_numbers_stay_on_the_host(device: str) -> None:
    single, double = np.ones(5, np.float32), np.ones((2, 3))
    w = [KnetArray(single, device=device), 2.0, KnetArray(double, device=device), double.copy()]
    g = [KnetArray(single, device=device), 1.0, KnetArray(double, device=device), double]
    found = optim.SGD(lr=0.5).update(w, g)
    assert found[1] == 1.5
    for array in (found[0], found[2], found[3]):
        np.testing.assert_array_equal(np.asarray(array), np.full(array.shape, 0.5))
