"""OpenBLAS's threads sleep soon, whichever of NumPy and the engine is imported first."""

import os
import subprocess
import sys

import numpy as np
import pytest

from knetengine.cpu.blas_threads import CYCLES, VARIABLE

ASK = """
import numpy as np
from threadpoolctl import ThreadpoolController
blas = [one for one in ThreadpoolController().lib_controllers if one.internal_api == "openblas"]
try:
    print(blas[0].dynlib.openblas_thread_timeout(), blas[0].get_num_threads())
except (AttributeError, IndexError):
    print("hidden")
a = np.random.default_rng(1).standard_normal((300, 300))
assert np.allclose(a @ np.linalg.inv(a), np.eye(300))
"""


def told(program: str, **environment: str) -> str:
    """What a process of its own prints: OpenBLAS's time-out, and how many threads it has."""
    inherited = {name: value for name, value in os.environ.items() if name != VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", program + ASK],
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    if done.stdout.strip() == "hidden":
        pytest.skip("NumPy's BLAS is not an OpenBLAS that says how long it waits")
    return done.stdout.strip()


@pytest.mark.parametrize(
    "first",
    [
        "import knetengine\n",
        "import numpy, knetengine\n",
        "import numpy as np; np.ones((500, 500)) @ np.ones((500, 500)); import knetengine\n",
    ],
)
def test_waits_shortly_in_any_order_of_imports(first: str) -> None:
    threads = told("").split()[1]
    assert told(first) == f"{CYCLES} {threads}"


def test_keeps_what_the_environment_says() -> None:
    assert told("import numpy, knetengine\n", **{VARIABLE: "20"}).split()[0] == "20"


def test_leaves_threads_alone_that_may_be_in_a_product() -> None:
    program = """
import numpy, threading
done = threading.Event()
other = threading.Thread(target=done.wait); other.start()
import knetengine
done.set(); other.join()
"""
    assert told(program).split()[0] == "0"  # OpenBLAS's own


def test_keeps_a_limit_that_was_set_before() -> None:
    program = """
import numpy, threadpoolctl
threadpoolctl.threadpool_limits(1)
import knetengine
"""
    assert told(program) == f"{CYCLES} 1"


def test_products_after_a_new_start_are_those_before() -> None:
    from knetengine.cpu.blas_threads import _start_anew

    a = np.random.default_rng(2).standard_normal((400, 400))
    before = a @ a
    _start_anew()
    np.testing.assert_array_equal(a @ a, before)
