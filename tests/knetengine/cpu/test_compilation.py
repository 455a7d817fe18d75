"""Whether kernels can be compiled, and what is said while they are and where they cannot be."""

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from knetengine import grad, nn
from knetengine import numpy as kn
from knetengine.cpu import activations, compilation, kernel_files

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


def test_of_two_that_want_a_kernel_one_compiles_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    compiled: list[str] = []
    compile_apart = kernel_files._compile_apart

    def noted(function: Any, types: tuple[Any, ...]) -> bool:
        compiled.append(function.__qualname__)
        return compile_apart(function, types)

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(kernel_files, "_compile_apart", noted)
    dispatcher: Any = activations.relu
    vector = numba.float32[::1]
    wanted = (vector, vector, numba.int64)

    def load(_number: int) -> Any:
        files = kernel_files.KernelFiles(dispatcher.py_func)
        return files.load_overload(wanted, dispatcher.targetctx)

    with ThreadPoolExecutor(2) as threads:
        both = list(threads.map(load, range(2)))
    assert None not in both
    assert compiled == ["relu"]


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
