"""How long the threads of OpenBLAS wait, spinning, for the next product before they sleep."""

import os
import sys
import threading
from typing import Any

VARIABLE = "OPENBLAS_THREAD_TIMEOUT"
CYCLES = "18"  # the power of two: 0.1 ms, where OpenBLAS's own choice is 26 ms


def rest_sooner() -> None:
    """Have them sleep after 0.1 ms, unless the environment says how long.

    The cores they spin on are those that kernels want: an LSTM's step takes 240 ms instead of 160,
    a LeNet's 24 instead of 13. OpenBLAS reads the variable when it is loaded; where NumPy came
    first, it reads it again, and its threads start anew, as they do after a fork.
    """
    if VARIABLE in os.environ:
        return
    os.environ[VARIABLE] = CYCLES
    if "numpy" in sys.modules and threading.active_count() == 1:  # none may be in a product
        _start_anew()


def _start_anew() -> None:
    """Have every OpenBLAS that is loaded, and has threads of its own, read its environment."""
    from threadpoolctl import ThreadpoolController

    for library in ThreadpoolController().lib_controllers:
        if library.internal_api != "openblas" or library.info()["threading_layer"] != "pthreads":
            continue
        functions: Any = library.dynlib
        try:
            read = functions.openblas_read_env
            stop = functions.blas_thread_shutdown_
            start = functions.blas_thread_init
        except AttributeError:  # a build that hides them
            continue
        threads = library.get_num_threads()
        read()
        stop()
        start()
        library.set_num_threads(threads)
