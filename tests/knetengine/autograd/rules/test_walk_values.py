"""What a gradient leaves alone, for the cases of all families: values, dtypes, memory."""

from typing import Any

import numpy as np
import pytest

import knetengine.numpy as kn
from knetengine import grad, stop_gradient
from tests.knetengine.autograd.rules.arguments import arguments
from tests.knetengine.autograd.rules.case import Case
from tests.knetengine.autograd.rules.families import CASES

DOORS = [np, kn]
DTYPES = {
    np.float32: np.float64,
    np.float64: np.float64,
    np.complex64: np.complex128,
    np.complex128: np.complex128,
}


def dtypes(case: Case) -> list[Any]:
    return [d for d in DTYPES if case.complex or np.dtype(d).kind == "f"]


def recorded(case: Case, m: Any, arrays: list[Any]) -> Any:
    """The case's result while a gradient is taken."""
    seen: list[Any] = []

    def zero(*arrays: Any) -> float:
        seen.append(stop_gradient(case(m, *arrays)))
        return 0.0

    grad(zero, tuple(range(len(arrays))))(*arrays)
    return seen[0]


def gradients(case: Case, m: Any, arrays: list[Any]) -> tuple[Any, ...]:
    """Those of a real number that each entry of the case's result has its own part in."""

    def loss(*arrays: Any) -> Any:
        y = case(m, *arrays)
        weights = np.cos(np.arange(np.size(y))).reshape(np.shape(y))
        return np.sum(np.real(y * weights)) + np.sum(np.imag(y * weights))

    return grad(loss, tuple(range(len(arrays))))(*arrays)


@pytest.mark.parametrize("name", CASES)
def test_the_recorded_value_is_numpys(name: str) -> None:
    case = CASES[name]
    for dtype in dtypes(case):
        arrays = arguments(case, 1, dtype)
        expected = np.asarray(case(np, *arrays))
        tolerance = 64 * np.finfo(dtype).eps
        largest = np.max(np.abs(expected), initial=0.0, where=np.isfinite(expected))
        for m in DOORS:
            value = np.asarray(recorded(case, m, arrays))
            assert (value.dtype, value.shape) == (expected.dtype, expected.shape)
            np.testing.assert_allclose(value, expected, tolerance, tolerance * largest)


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_fresh_arrays_of_their_parameters_kind(name: str) -> None:
    case = CASES[name]
    for dtype in dtypes(case):
        arrays = arguments(case, 2, dtype)
        for m in DOORS:
            found = gradients(case, m, arrays)
            for gradient, array in zip(found, arrays, strict=True):
                assert type(gradient) is np.ndarray
                assert (gradient.dtype, gradient.shape) == (array.dtype, array.shape)
                assert gradient.flags.writeable
                assert not any(np.shares_memory(gradient, other) for other in arrays)


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_the_same_by_both_doors_and_in_both_precisions(name: str) -> None:
    case = CASES[name]
    for dtype in dtypes(case):
        arrays = arguments(case, 3, dtype)
        by_protocol, by_namespace = (gradients(case, m, arrays) for m in DOORS)
        precise = gradients(case, np, [x.astype(DTYPES[dtype]) for x in arrays])
        for left, right, reference in zip(by_protocol, by_namespace, precise, strict=True):
            np.testing.assert_array_equal(left, right)
            tolerance = 1e-3 if left.dtype != reference.dtype else 0.0
            largest = np.max(np.abs(reference), initial=0.0)
            np.testing.assert_allclose(left, reference, tolerance, tolerance * largest)
