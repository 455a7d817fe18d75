"""Every derivative rule against differences, to first and to second order.

Walks the cases of all families; memory layouts, real or complex arguments and the door to the
function (`np` or `knetengine.numpy`) are drawn.
"""

import contextlib
import io
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

import knetengine.numpy as kn
from knetengine import gradcheck
from tests.knetengine.autograd.rules.arguments import LAYOUTS, arguments
from tests.knetengine.autograd.rules.families import CASES


def layouts(name: str) -> list[str]:
    """Those that a case is defined for."""
    if "A" in name.split():  # asks whether an array is contiguous; gradcheck's copies always are
        return ["C", "Fortran", "read-only"]
    if name == "filling: put_along_axis flat":  # NumPy cannot, in any other order than C
        return ["C", "strided", "reversed", "read-only"]
    return list(LAYOUTS)


@pytest.mark.parametrize("examples", [10, pytest.param(100, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", CASES)
def test_gradients_agree_with_differences(name: str, examples: int) -> None:
    case = CASES[name]
    drawn_layouts = st.tuples(*[st.sampled_from(layouts(name)) for _ in case.shapes])
    dtypes = st.sampled_from([np.float64, np.complex128] if case.complex else [np.float64])

    @seed(zlib.crc32(name.encode()))  # the same examples in each run, others for each case
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
    )
    @given(st.integers(0, 10_000), drawn_layouts, dtypes, st.sampled_from([np, kn]))
    def check(number: int, layouts: tuple[str, ...], dtype: Any, m: Any) -> None:
        drawn = arguments(case, number, dtype)
        arrays = [LAYOUTS[layout](x) for layout, x in zip(layouts, drawn, strict=True)]

        def bent(*arrays: Any) -> Any:
            """The gradient that comes back to the case depends on its result, as in a loss."""
            y = case(m, *arrays)
            return y + 0.5 * y * y

        report = io.StringIO()
        with contextlib.redirect_stdout(report):
            agrees = gradcheck(
                bent, *arrays, argnum=tuple(range(len(arrays))), samples=3, order=2, seed=number
            )
        assert agrees, report.getvalue()

    check()
