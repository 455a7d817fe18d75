"""The list of devices: the CPU always; CUDA as far as CuPy has it, and never an error."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from knetengine.gpu import devices


def test_the_cpu_is_first_with_the_memory_of_this_machine() -> None:
    cpu = devices()[0]
    assert cpu.name == "cpu"
    assert cpu.memory_bytes == psutil.virtual_memory().total
    assert 0 < cpu.free_bytes <= cpu.memory_bytes


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="not on this system")
def test_cores_are_those_that_this_process_may_use() -> None:
    """A batch queue gives a job fewer cores than the machine has."""
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))});"
        "from knetengine.gpu import devices; print(devices()[0].description)"
    )
    assert printed(code).startswith("1 x ")


# What stands for CuPy where there is none. The real one differs in how it fails: without a
# driver in getDeviceCount, with the wrong CUDA libraries in the import.
WITHOUT_DRIVER = """
class runtime:
    def getDeviceCount():
        raise RuntimeError("cudaErrorInsufficientDriver")
class cuda:
    runtime = runtime
"""
BROKEN = "raise ImportError('libcublas.so.13: cannot open shared object file')"
TWO_DEVICES = """
class runtime:
    current = 1
    def getDeviceCount(): return 2
    def getDevice(): return runtime.current
    def setDevice(number): runtime.current = number
    def memGetInfo(): return (1000 + runtime.current, 8000)
    def getDeviceProperties(number): return {"name": b"Card %d" % number}
class cuda:
    runtime = runtime
"""


@pytest.mark.parametrize("cupy", [WITHOUT_DRIVER, BROKEN], ids=["no driver", "broken"])
def test_a_cupy_that_cannot_work_is_no_device(tmp_path: Path, cupy: str) -> None:
    (tmp_path / "cupy.py").write_text(cupy)
    code = "from knetengine.gpu import devices; print([d.name for d in devices()])"
    assert printed(code, tmp_path) == "['cpu']"


def test_cuda_devices_are_listed_and_the_current_one_stays(tmp_path: Path) -> None:
    (tmp_path / "cupy.py").write_text(TWO_DEVICES)
    code = (
        "import cupy; from knetengine.gpu import devices;"
        "print(*[tuple(d) for d in devices()[1:]], cupy.cuda.runtime.current)"
    )
    assert printed(code, tmp_path) == (
        "('cuda:0', 'Card 0', 8000, 1000) ('cuda:1', 'Card 1', 8000, 1001) 1"
    )


def printed(code: str, *folders: Path) -> str:
    """What a process of its own prints that finds modules in `folders` too."""
    paths = os.pathsep.join(map(str, folders))
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": paths},
    ).stdout.strip()
