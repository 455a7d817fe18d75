"""Parts of complex numbers, and `np.emath`."""

from typing import Any

import numpy as np
import pytest

from knetengine import grad
from knetengine.autograd.recorded import Recorded


def test_the_angle_has_slope_zero_at_the_origin() -> None:
    assert grad(np.angle)(0j) == 0


def test_parts_of_real_numbers() -> None:
    x = np.array([1.0, -2.0])
    assert grad(lambda x: np.sum(np.real(x)))(x).tolist() == [1.0, 1.0]
    assert grad(lambda x: np.sum(np.imag(x)))(x).tolist() == [0.0, 0.0]
    assert grad(lambda x: np.sum(np.angle(x)))(x).tolist() == [0.0, 0.0]


def test_the_convention_for_complex_numbers() -> None:
    """``dL/dx - i dL/dy``, so that a holomorphic function has the gradient f'(z)."""
    z = 1.5 - 0.5j
    assert grad(lambda z: np.real(z * z))(z) == 2 * z
    assert grad(lambda z: np.absolute(z) ** 2)(z) == pytest.approx(2 * np.conj(z))
    assert grad(lambda z: np.imag(z))(z) == -1j


@pytest.mark.parametrize("name", ["sqrt", "log", "log2", "log10", "arccos", "arcsin", "arctanh"])
def test_emath_stays_real_where_it_can(name: str) -> None:
    function: Any = getattr(np.emath, name)
    kinds: list[str] = []

    def f(x: Any) -> Any:
        y = function(x)
        assert type(y) is Recorded
        kinds.append(y.dtype.kind)
        return np.sum(np.real(y))

    grad(f)(np.array([0.3, 0.6]))
    grad(f)(np.array([0.3, -1.6]))
    assert kinds == ["f", "c"]
