"""Kernels come from their files, also in the process that had them compiled."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

NOTE = "compiling kernels for this machine, once ...\n"
LOSSES = """
import sys
import numpy as np
from knetengine import value_and_grad, nn
sys.executable = sys.argv[1]
draw = np.random.default_rng(1)
scores, labels = draw.standard_normal((320, 84)).astype("f4"), draw.integers(84, size=320)
loss, gradient = value_and_grad(lambda x: nn.nll(x, labels))(scores)
print(float(loss), gradient.tobytes().hex())
"""


def run(folder: Path, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    """A loss and its gradient, with the compiled kernels in a folder."""
    return subprocess.run(
        [sys.executable, "-c", LOSSES, python],
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )


def test_the_process_that_compiles_computes_the_same_bytes_as_the_next(tmp_path: Path) -> None:
    first, again = run(tmp_path), run(tmp_path)
    assert (first.stderr, again.stderr) == (NOTE, "")
    assert first.stdout == again.stdout


def test_where_no_process_can_be_started_the_kernel_is_compiled_here(tmp_path: Path) -> None:
    first = run(tmp_path, "/nonexistent/python")
    assert first.stderr == NOTE
    again = run(tmp_path)
    assert again.stderr == ""
    losses = [float(done.stdout.split()[0]) for done in (first, again)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
