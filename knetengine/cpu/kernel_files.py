"""The files of compiled kernels: those that are missing are compiled by a process of their own.

A kernel that this process compiled differs from the same kernel read from its file, by the last
bit of a sum: LLVM keeps the first definition it sees of a function that others call, and that one
was optimised once, the one in the file twice. A run that compiled its kernels, was killed and went
on would not end with the bytes of the run that was not killed. So kernels always come from files.

The process takes 0.3 s beside the 0.5 to 12 s of a compilation. Where none can be started, or it
fails, Numba compiles here. Of several programs that want a kernel at a time, one compiles it.
"""

import contextlib
import functools
import importlib
import os
import pickle
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import filelock
from numba.core.caching import FunctionCache

_ROOT = Path(__file__).parents[2]  # from where `knetengine` can be imported


class KernelFiles(FunctionCache):
    """The files of one kernel, a compiled one for each signature."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The kernel compiled for a signature, from its file; None if there is none even now."""
        loaded = super().load_overload(sig, target_context)
        if loaded is None:
            with self._alone():  # another program may compile it, and then it is there
                loaded = super().load_overload(sig, target_context)
                if loaded is None and _compile_apart(self._py_func, sig):
                    loaded = super().load_overload(sig, target_context)
        return loaded

    @contextlib.contextmanager
    def _alone(self) -> Generator[None]:
        """Hold the lock of this kernel's files; go on without where none can be made."""
        folder = Path(self.cache_path)
        with contextlib.ExitStack() as held:
            with contextlib.suppress(OSError, NotImplementedError):
                folder.mkdir(parents=True, exist_ok=True)
                held.enter_context(filelock.FileLock(folder / f"{self._py_func.__qualname__}.lock"))
            yield


def _compile_apart(function: Any, types: tuple[Any, ...]) -> bool:
    """Have another process compile a kernel into its file; whether it did."""
    _announce()
    paths = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__, function.__module__, function.__qualname__],
            input=pickle.dumps(types),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0


@functools.cache
def _announce() -> None:
    """Say once that kernels are compiled: the first steps of a program wait for it."""
    sys.stderr.write("compiling kernels for this machine, once ...\n")
    sys.stderr.flush()


def _compile(module: str, name: str, types: tuple[Any, ...]) -> None:
    kernel = getattr(importlib.import_module(module), name)
    kernel.enable_caching()  # Numba's own files: this process is the one that compiles
    kernel.compile(types)


if __name__ == "__main__":
    _compile(sys.argv[1], sys.argv[2], pickle.load(sys.stdin.buffer))
