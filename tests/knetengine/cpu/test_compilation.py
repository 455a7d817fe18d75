"""Whether kernels can be compiled, and what is said while they are and where they cannot be."""

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from knetengine import grad, nn
from knetengine import numpy as kn
from knetengine.cpu import compilation

X = np.linspace(-1, 1, 5000, dtype=np.float32)


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    compilation.available.cache_clear()
    yield
    compilation.available.cache_clear()


def run_on_twins() -> list[str]:
    """What is said when layers run twice; they do run."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            assert float(np.sum(nn.relu(X))) == pytest.approx(1250.25, rel=1e-4)
            assert grad(lambda x: kn.sum(nn.sigm(x)))(X).shape == X.shape
    return [str(w.message) for w in caught]


@pytest.mark.parametrize("package", ["numba", "scipy"])
def test_without_a_package_the_twins_run_and_say_so_once(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compilation, "find_spec", lambda name: None if name == package else name)
    (said,) = run_on_twins()
    assert said.startswith(f"{package} is not installed: the layers of knetengine.nn run in plain")


def test_without_a_folder_the_twins_run_and_say_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/dev/null/kernels")
    (said,) = run_on_twins()
    assert said.startswith(
        "no folder for compiled kernels is writable (set NUMBA_CACHE_DIR to one)"
    )


def in_fresh_process(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )


def test_compiling_is_announced_and_happens_once(tmp_path: Path) -> None:
    program = (
        "import numpy as np; from knetengine import nn; "
        "print(nn.relu(np.ones((3, 2), np.float32)).sum())"
    )
    first = in_fresh_process(program, tmp_path)
    assert first.stdout == "6.0\n"
    assert first.stderr == "compiling kernels for this machine, once ...\n"
    again = in_fresh_process(program, tmp_path)
    assert (again.stdout, again.stderr) == ("6.0\n", "")


def test_the_blas_of_the_kernels_is_limited_before_its_first_call(tmp_path: Path) -> None:
    """Only what is loaded can be limited, and Numba loads SciPy's BLAS at the first product."""
    program = """
from knetengine.cpu.compilation import one_blas_thread
with one_blas_thread():
    from threadpoolctl import threadpool_info
    pools = [p for p in threadpool_info() if p["user_api"] == "blas"]
    print(any("scipy" in p["filepath"] for p in pools), {p["num_threads"] for p in pools})
"""
    assert in_fresh_process(program, tmp_path).stdout == "True {1}\n"


def test_importing_the_engine_and_its_layers_does_not_load_numba(tmp_path: Path) -> None:
    program = (
        "import sys; from knetengine import grad, nn, optim; nn.softmax; optim.Adam; "
        "print('numba' in sys.modules, 'scipy' in sys.modules)"
    )
    assert in_fresh_process(program, tmp_path).stdout == "False False\n"
