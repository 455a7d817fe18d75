"""What the rules' own compositions compute is what NumPy computes: value, shape and dtype."""

from typing import Any

import numpy as np
import pytest

import knetengine.numpy as kn
from knetengine import grad
from tests.knetengine.autograd.rules import (
    cases_complex_parts,
    cases_elementwise,
    cases_nan_reductions,
    cases_polynomials,
    cases_reductions,
    cases_signals,
    cases_statistics,
)
from tests.knetengine.autograd.rules.case import Case

FAMILIES = (
    cases_complex_parts,
    cases_elementwise,
    cases_nan_reductions,
    cases_polynomials,
    cases_reductions,
    cases_signals,
    cases_statistics,
)
CASES: dict[str, Case] = {name: case for family in FAMILIES for name, case in family.CASES.items()}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", CASES)
def test_the_recorded_value_is_numpys(name: str, dtype: Any) -> None:
    case = CASES[name]
    generator = np.random.default_rng(7)
    arguments = [generator.uniform(*case.domain, shape).astype(dtype) for shape in case.shapes]
    for namespace in (np, kn):
        seen: list[Any] = []

        def function(*arrays: Any, m: Any = namespace, seen: list[Any] = seen) -> Any:
            result = case(m, *arrays)
            seen.append(result)
            return m.sum(m.real(result))

        grad(function, tuple(range(len(arguments))))(*arguments)
        function(*arguments)
        recorded, expected = seen[0].value, seen[1]
        assert recorded.dtype == expected.dtype
        rounding = 64 * np.finfo(dtype).eps
        size = np.max(np.abs(expected), initial=0)
        np.testing.assert_allclose(recorded, expected, rtol=rounding, atol=rounding * size)
