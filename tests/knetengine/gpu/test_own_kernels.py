"""The layers that a device has kernels of its own for, against those of NumPy's arrays.

A device that has the host's memory, the CPU, runs the same cases by the host's kernels.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from knetengine import grad, nn, value_and_grad, vjp
from knetengine.gpu import KnetArray
from tests.knetengine.gpu.layer_cases import CASES, EMPTY, LayerCase, uneven

TOLERANCE = {"f": (1e-4, 1e-5), "d": (1e-9, 1e-9)}  # as in test_layers and test_rules


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the layers that devices run."""
    names: list[str] = []
    call = KnetArray.call_layer

    def noted(self: KnetArray, name: str, *arguments: Any) -> Any:
        names.append(name)
        return call(self, name, *arguments)

    monkeypatch.setattr(KnetArray, "call_layer", noted)
    return names


def in_order(array: np.ndarray, number: int, device: str) -> KnetArray:
    return KnetArray(array, device=device)


def scattered(array: np.ndarray, number: int, device: str) -> KnetArray:
    """The same numbers with gaps between them, turned round, or in another order of axes."""
    if number % 3 == 0:
        wide = np.full((*array.shape[:-1], 2 * array.shape[-1] + 1), np.nan, array.dtype)
        wide[..., 1::2] = array
        return KnetArray(wide, device=device)[..., 1::2]
    if number % 3 == 1:
        return KnetArray(np.ascontiguousarray(array.T), device=device).T
    return KnetArray(np.ascontiguousarray(array[::-1]), device=device)[::-1]


def value_and_gradients(loss: Callable[..., Any], arguments: list[Any]) -> list[Any]:
    value, gradients = value_and_grad(loss, tuple(range(len(arguments))))(*arguments)
    return [value, *gradients]


def agree(found: list[Any], expected: list[Any], letter: str) -> None:
    for result, array in zip(found, expected, strict=True):
        assert type(result) is KnetArray
        assert (result.shape, result.dtype) == (np.shape(array), np.dtype(letter))
        np.testing.assert_allclose(np.asarray(result), array, *TOLERANCE[letter])


def check_ran(ran: list[str], case: LayerCase, arrays: list[Any]) -> None:
    """Not by the twin, whose results are the same."""
    if arrays[0].host is None:
        backward = f"{case.layer.removesuffix('_backward')}_backward"
        assert {case.layer, backward} <= set(ran)


@pytest.mark.parametrize("place", [in_order, scattered])
@pytest.mark.parametrize("letter", "fd")
@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_are_numpys(
    name: str, letter: str, place: Any, device: str, ran: list[str]
) -> None:
    case = CASES[name]
    arrays = case.arrays(letter)
    expected = value_and_gradients(case.loss, arrays)
    there = [place(array, number, device) for number, array in enumerate(arrays)]
    agree(value_and_gradients(case.loss, there), expected, letter)
    check_ran(ran, case, there)
    for array, before in zip(there, arrays, strict=True):  # no kernel wrote to what it was given
        np.testing.assert_array_equal(np.asarray(array), before)


@pytest.mark.parametrize("name", CASES)
def test_second_derivatives_are_numpys(name: str, device: str, ran: list[str]) -> None:
    case = CASES[name]
    arrays = case.arrays("d")
    every = tuple(range(len(arrays)))

    def along(*arguments: Any) -> Any:
        return sum(uneven(g) for g in grad(case.loss, every)(*arguments))

    with nn.reference(True):
        expected = grad(along, every)(*arrays)
    found = grad(along, every)(*(KnetArray(array, device=device) for array in arrays))
    agree(list(found), list(expected), "d")


@pytest.mark.parametrize("name", CASES)
def test_a_way_back_may_be_gone_twice(name: str, device: str) -> None:
    case = CASES[name]
    arrays = [KnetArray(array, device=device) for array in case.arrays("f")]
    value, pull = vjp(case.loss, *arrays)
    first, again = pull(value), pull(value)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


@pytest.mark.parametrize("name", CASES)
def test_without_a_gradient_the_value_is_the_same(name: str, device: str) -> None:
    case = CASES[name]
    arrays = [KnetArray(array, device=device) for array in case.arrays("f")]
    value = value_and_gradients(case.loss, arrays)[0]
    np.testing.assert_array_equal(np.asarray(case.loss(*arrays)), np.asarray(value))


@pytest.mark.parametrize("name", EMPTY)
def test_layers_of_nothing(name: str, device: str) -> None:
    loss, shapes = EMPTY[name]
    arrays = [np.ones(shape, np.float32) for shape in shapes]
    expected = value_and_gradients(loss, arrays)
    found = value_and_gradients(loss, [KnetArray(array, device=device) for array in arrays])
    agree(found, expected, "f")


def test_a_label_out_of_range_is_named_before_any_kernel(device: str) -> None:
    scores = KnetArray(np.zeros((2, 3), np.float32), device=device)
    with pytest.raises(ValueError, match=r"labels\[1\] is 3; expected -1 to 2"):
        nn.nll(scores, np.array([0, 3]))


def test_a_device_and_the_host_do_not_meet_in_a_layer(device: str) -> None:
    there = KnetArray(np.zeros((5, 3), np.float32), device=device)
    weights = [[np.zeros(shape, np.float32) for shape in ((3, 20), (5, 20), (20,))]]
    with pytest.raises(TypeError, match="meets a KnetArray on"):
        nn.rnn(np.zeros((2, 2), int), weights, table=there)
    with pytest.raises(TypeError, match="meets a KnetArray on"):
        nn.layernorm(there, np.ones(3, np.float32))
