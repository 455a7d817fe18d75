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

REFUSED = ("meets a KnetArray", "is not on simulated", "is not one that ")


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


# How many cases of a family run on the CPU as a device, and on the simulated one. The others put an
# array of the host into what they differentiate (`np.eye` to make a matrix regular, the weights of
# an average), or call a function that the device has not; all of those are refused by name.
AGREE = {
    "complex_parts": (14, 2),
    "elementwise": (267, 246),
    "fft": (140, 5),
    "filling": (16, 16),
    "histograms": (6, 4),
    "indexing": (62, 41),
    "joining": (86, 71),
    "linalg": (33, 14),
    "linear": (86, 44),
    "nan_reductions": (14, 9),
    "polynomials": (5, 0),
    "reductions": (47, 46),
    "shaping": (99, 78),
    "signals": (71, 9),
    "statistics": (54, 15),
}


@pytest.mark.parametrize("family", sorted({name.split(":")[0] for name in CASES}))
def test_gradients_on_a_device_are_numpys(family: str, device: str) -> None:
    names = [name for name in CASES if name.split(":")[0] == family]
    agree = [name for name in names if agrees(name, device)]
    assert len(agree) == AGREE[family][device != "cpu"]
