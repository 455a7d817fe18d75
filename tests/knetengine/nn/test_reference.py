"""The switch between kernels and twins."""

import os
import subprocess
import sys

import numpy as np
import pytest

from knetengine import nn
from knetengine.nn.reference import kernels_take


def test_is_undone_at_the_end_of_a_context() -> None:
    x = np.ones((2, 3))
    before = kernels_take(x)
    with nn.reference(True):
        assert not kernels_take(x)
        with nn.reference(False):
            assert kernels_take(x) == before
        assert not kernels_take(x)
    assert kernels_take(x) == before


@pytest.mark.parametrize(("value", "reference"), [("1", True), ("0", False), ("", False)])
def test_the_environment_chooses_for_a_process(value: str, reference: bool) -> None:
    program = "from knetengine.nn.reference import _state; print(_state.reference)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"KNET_REFERENCE": value},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{reference}\n"
