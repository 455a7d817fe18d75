"""Traces of the examples as they stand, recorded while a KnetArray on the CPU computes.

`benchmarks.memory` replays them beside those of benchmarks/allocations.py. The CPU's kernels need
less memory than a device's do: a convolution with its activation and its pooling has one result.
"""

import io
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

from examples import charlm, housing, lenet, mnist
from knetengine import data
from knetengine.gpu.backends import backend_named
from knetengine.gpu.host_backend import HostBackend
from knetengine.gpu.memory import Event

DEVICE: dict[str, Any] = {"seed": 1, "atype": "KnetArray{Float32}@cpu"}
CHARACTERS = 8 * 128 * 100 + 1
"""Of the text: eight steps."""


def read_a_text() -> None:
    """examples/charlm.py, whose LSTM is one fused function, for eight steps of 128 x 100."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text.txt"
        path.write_text(data.text("shakespeare")[:CHARACTERS], encoding="utf-8")
        charlm.main(datafiles=(str(path),), epochs=1, fast=True, **DEVICE)


EXAMPLES: dict[str, Callable[[], None]] = {
    "housing.py": partial(housing.main, epochs=20, **DEVICE),
    "mnist.py, softmax": partial(mnist.main, epochs=1, **DEVICE),
    "mnist.py, MLP": partial(mnist.main, epochs=1, hidden=(64,), **DEVICE),
    "lenet.py": partial(lenet.main, epochs=1, iters=30, **DEVICE),
    "charlm.py": read_a_text,
}


def recorded(example: Callable[[], None]) -> list[Event]:
    """What an example asks for; what it prints goes nowhere."""
    backend = backend_named("cpu")
    assert isinstance(backend, HostBackend)
    unread = io.StringIO()
    with backend.pool.record_trace() as trace, redirect_stdout(unread), redirect_stderr(unread):
        example()
    return trace
