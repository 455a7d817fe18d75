"""Compiling kernels: how, whether it is possible here, and with how many threads they run.

Numba keeps what it compiled in files, so that it happens once on a machine. Where it cannot (Numba
is not installed, no folder for the files is writable) `available` says so once, and the plain
twins of `knetengine.nn` run instead.
"""

import functools
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

Function: TypeAlias = Callable[..., Any]

# Everything that `fastmath` allows except to assume that there are no NaNs and infinities: a NaN
# that goes in must come out.
FAST = {"nsz", "arcp", "contract", "afn", "reassoc"}


class KernelsUnavailableWarning(UserWarning):
    """The kernels cannot be compiled here: the plain twins run, with the same results."""


def kernel(function: Function) -> Function:
    """A function that Numba compiles on its first call, in parallel over ``prange``."""
    from numba import njit

    from knetengine.cpu.kernel_files import KernelFiles

    compiled: Any = njit(parallel=True, fastmath=FAST, error_model="numpy")(function)
    compiled._cache = KernelFiles(function)  # as `cache=True` does with Numba's own
    return compiled


def inline(function: Function) -> Function:
    """A small function that kernels call; LLVM inlines it into them."""
    from numba import njit

    return njit(fastmath=FAST, error_model="numpy")(function)


@functools.cache
def available() -> bool:
    """Whether kernels can be compiled and kept here; says why not, once."""
    reason = obstacle()
    if reason:
        import warnings

        warnings.warn(
            f"{reason}: the layers of knetengine.nn run in plain NumPy, slower but the same",
            KernelsUnavailableWarning,
            stacklevel=3,
        )
    return not reason


def obstacle() -> str:
    """Why kernels cannot be compiled here; "" if they can."""
    for package in ("numba", "scipy"):
        if find_spec(package) is None:
            return f"{package} is not installed"
    folder = cache_folder()
    if folder is None:
        return "no folder for compiled kernels is writable (set NUMBA_CACHE_DIR to one)"
    os.environ.setdefault("NUMBA_CACHE_DIR", str(folder))
    # Threads that wait between two kernels must not keep the cores from BLAS: with OpenMP's own
    # choice, spinning for long, a step of the char-LM takes 300 ms instead of 230. Not to spin at
    # all costs every kernel 30 us to wake them; docs/decisions/threads.md has the figures.
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    return ""


def cache_folder() -> Path | None:
    """Where compiled kernels are kept: NUMBA_CACHE_DIR, or the user's cache; None if not writable.

    Raises nothing: a folder that cannot be made is one that is not writable.
    """
    from platformdirs import user_cache_path

    wanted = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(wanted) if wanted else user_cache_path("knet-tui") / "kernels"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK | os.X_OK) else None


@functools.cache
def _controller() -> Any:
    import scipy.linalg.cython_blas as _kernels_blas  # only what is loaded can be limited
    from threadpoolctl import ThreadpoolController

    del _kernels_blas

    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[Any]:
    """A context in which every BLAS runs on one thread: inside ``prange``, and for small products.

    Entering and leaving takes about 20 us.
    """
    return _controller().limit(limits=1, user_api="blas")


@functools.cache
def threads() -> int:
    """How many threads the kernels use."""
    from numba import get_num_threads

    return get_num_threads()
