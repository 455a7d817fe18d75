"""The derivative rules on a device's arrays: the cases of all families of NumPy's functions."""

from typing import Any

import numpy as np
import pytest

from knetengine import grad
from knetengine.gpu import KnetArray
from tests.knetengine.autograd.rules.arguments import arguments
from tests.knetengine.autograd.rules.case import Case
from tests.knetengine.autograd.rules.families import CASES


def on_cpu(array: Any) -> KnetArray:
    return KnetArray(array, device="cpu")


def gradients(case: Case, place: Any, arrays: list[np.ndarray]) -> Any:
    """Those of a real number that each entry of the case's result has its own part in."""

    def loss(*arrays: Any) -> Any:
        y = case(np, *arrays)
        weights = place(np.cos(np.arange(np.size(y))).reshape(np.shape(y)))
        return np.sum(np.real(y * weights))

    return grad(loss, tuple(range(len(arrays))))(*map(place, arrays))


def agrees(name: str) -> bool:
    """Whether a case's gradients are NumPy's; False if it was refused, as it should be."""
    case = CASES[name]
    arrays = arguments(case, 2, np.float64)
    expected = gradients(case, lambda x: x, arrays)
    try:
        found = gradients(case, on_cpu, arrays)
    except TypeError as error:  # a case of an array of the host, or of complex numbers
        if "meets a KnetArray" not in str(error) and "is not one that devices" not in str(error):
            raise
        return False
    for gradient, array in zip(found, expected, strict=True):
        assert type(gradient) is KnetArray
        assert (gradient.shape, gradient.dtype) == (array.shape, array.dtype)
        np.testing.assert_allclose(np.asarray(gradient), array, 1e-9, 1e-9)
    return True


# How many cases of a family run on a device. The others put an array of the host into what they
# differentiate (`np.eye` to make a matrix regular, the weights of an average), and are refused.
AGREE = {
    "complex_parts": 14,
    "elementwise": 267,
    "fft": 140,
    "filling": 1,
    "histograms": 6,
    "indexing": 62,
    "joining": 86,
    "linalg": 33,
    "linear": 86,
    "nan_reductions": 14,
    "polynomials": 5,
    "reductions": 47,
    "shaping": 99,
    "signals": 71,
    "statistics": 54,
}


@pytest.mark.parametrize("family", sorted({name.split(":")[0] for name in CASES}))
def test_gradients_on_a_device_are_numpys(family: str) -> None:
    agree = [name for name in CASES if name.split(":")[0] == family and agrees(name)]
    assert len(agree) == AGREE[family]
