"""NVIDIA's compiler as a command, where it is installed: a second opinion on the same sources."""

import functools
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.ptx import kept
from tests.ptx.nvrtc import CompilationError


def command() -> str | None:
    """Where it is: on the path, or in CUDA_HOME."""
    home = os.environ.get("CUDA_HOME")
    return shutil.which("nvcc") or (shutil.which("nvcc", path=f"{home}/bin") if home else None)


def available() -> str:
    """Why it cannot be used; nothing if it can."""
    return "" if command() else "nvcc is not installed"


@functools.cache
def version() -> str:
    """Such as "13.0"; nothing if there is none."""
    if available():
        return ""
    text = subprocess.run([str(command()), "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"release (\d+\.\d+)", text.stdout)
    return found[1] if found else "?"


def ptxas_log(source: str, architectures: Sequence[int], options: Sequence[str] = ()) -> str:
    """What ``ptxas`` says of each kernel, for all architectures one after the other.

    Raises CompilationError with what the compiler says.
    """
    flags = ("-std=c++17", "-w", "-Xptxas", "-v", *options)
    for number in architectures:
        flags += ("-gencode", f"arch=compute_{number},code=sm_{number}")
    key = ("nvcc", version(), *flags, source)
    return kept.remembered(key, lambda: _compile(source, flags)).decode()


def _compile(source: str, flags: Sequence[str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "source.cu")
        text.write_text(source)
        made = str(Path(folder, "source.fatbin"))
        done = subprocess.run(
            [str(command()), *flags, "-fatbin", "-o", made, str(text)],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise CompilationError(f"nvcc {' '.join(flags)}: {done.stderr.strip()}")
    return (done.stdout + done.stderr).encode()
