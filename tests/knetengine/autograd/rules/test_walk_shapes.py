"""Elementwise functions of arguments of any shapes that broadcast, empty and 0-d ones too."""

import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import BroadcastableShapes, mutually_broadcastable_shapes

import knetengine.numpy as kn
from knetengine import gradcheck
from tests.knetengine.autograd.rules.arguments import arguments
from tests.knetengine.autograd.rules.case import Case
from tests.knetengine.autograd.rules.cases_elementwise import BINARY, UNARY

FUNCTIONS = UNARY | BINARY


@pytest.mark.parametrize("examples", [25, pytest.param(300, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_of_broadcast_arguments(name: str, examples: int) -> None:
    low, high, complex_valued = FUNCTIONS[name]
    count = 1 if name in UNARY else 2
    shapes = mutually_broadcastable_shapes(num_shapes=count, min_side=0, max_side=3, max_dims=3)
    dtypes = st.sampled_from([np.float64, np.complex128] if complex_valued else [np.float64])

    @seed(zlib.crc32(name.encode()))
    @settings(max_examples=examples, deadline=None, database=None)
    @given(shapes, dtypes, st.sampled_from([np, kn]))
    def check(shapes: BroadcastableShapes, dtype: Any, m: Any) -> None:
        function = getattr(m, name)
        case = Case(function, shapes.input_shapes, (low, high), distinct=True)
        arrays = arguments(case, 0, dtype)

        def bent(*arrays: Any) -> Any:
            y = function(*arrays)
            assert np.shape(y) == shapes.result_shape
            return y + 0.5 * y * y

        assert gradcheck(bent, *arrays, argnum=(0, 1)[:count], samples=3, order=2)

    check()
