"""The derivative rules on a device's arrays: the cases of all families of NumPy's functions."""

from functools import partial
from typing import Any

import numpy as np
import pytest

from knetengine import grad
from knetengine.gpu import KnetArray
from tests.knetengine.autograd.rules.arguments import arguments
from tests.knetengine.autograd.rules.case import Case
from tests.knetengine.autograd.rules.families import CASES

REFUSED = ("meets a KnetArray", "is not on simulated", "is not on with a library", "is not one ")


def gradients(case: Case, place: Any, arrays: list[np.ndarray]) -> Any:
    """Those of a real number that each entry of the case's result has its own part in."""

    def loss(*arrays: Any) -> Any:
        y = case(np, *arrays)
        weights = place(np.cos(np.arange(np.size(y))).reshape(np.shape(y)))
        return np.sum(np.real(y * weights))

    return grad(loss, tuple(range(len(arrays))))(*map(place, arrays))


def agrees(name: str, device: str) -> bool:
    """Whether a case's gradients are NumPy's; False if it was refused, as it should be."""
    case = CASES[name]
    arrays = arguments(case, 2, np.float64)
    expected = gradients(case, lambda x: x, arrays)
    try:
        found = gradients(case, partial(KnetArray, device=device), arrays)
    except TypeError as error:
        if not any(word in str(error) for word in REFUSED):
            raise
        return False
    for gradient, array in zip(found, expected, strict=True):
        assert type(gradient) is KnetArray
        assert (gradient.shape, gradient.dtype) == (array.shape, array.dtype)
        np.testing.assert_allclose(np.asarray(gradient), array, 1e-9, 1e-9)
    return True


# How many cases of a family run on the CPU as a device, on the simulated one, and on that with a
# library. The others put an array of the host into what they differentiate (`np.eye` to make a
# matrix regular, the weights of an average), or call a function that the device has not; all of
# those are refused by name.
AGREE = {
    "complex_parts": (14, 4, 14),
    "elementwise": (267, 246, 267),
    "fft": (140, 5, 140),
    "filling": (16, 16, 16),
    "histograms": (6, 4, 6),
    "indexing": (62, 41, 61),
    "joining": (86, 71, 86),
    "linalg": (33, 14, 18),
    "linear": (86, 44, 77),
    "nan_reductions": (14, 9, 11),
    "polynomials": (5, 0, 5),
    "reductions": (47, 46, 47),
    "shaping": (99, 78, 96),
    "signals": (71, 9, 71),
    "statistics": (54, 15, 54),
}


@pytest.mark.parametrize("family", sorted({name.split(":")[0] for name in CASES}))
def test_gradients_on_a_device_are_numpys(family: str, device: str) -> None:
    assert agreeing(family, device) == AGREE[family][device != "cpu"]


@pytest.mark.parametrize("family", sorted(AGREE))
def test_gradients_by_a_library_are_numpys(family: str, with_library: str) -> None:
    assert agreeing(family, with_library) == AGREE[family][2]


def agreeing(family: str, device: str) -> int:
    names = [name for name in CASES if name.split(":")[0] == family]
    return sum(agrees(name, device) for name in names)
