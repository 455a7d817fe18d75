"""CUDA C++ to a binary by NVRTC, kept in files: what was compiled once is only read again.

CuPy's own way, ``RawModule``, is not taken: it compiles with ``-ftz=true``, which turns small
float32 numbers to 0.
"""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from knetengine.gpu.drivers.interface import DriverError

FLAGS = ("-std=c++17",)


def compiled(nvrtc: Any, source: str, options: Sequence[str], architecture: int) -> bytes:
    """The binary of a source for an architecture, from a file where there is one.

    nvrtc: CuPy's module of that name.
    architecture: of the device. One that this NVRTC does not know gets PTX of the newest that it
        does, which the device's own compiler takes up.

    Raises DriverError with the compiler's log for a source that it refuses.
    """
    known = [int(each) for each in nvrtc.getSupportedArchs() if int(each) <= architecture]
    if not known:
        raise DriverError(
            f"load: NVRTC {nvrtc.getVersion()} compiles for {nvrtc.getSupportedArchs()}, and the "
            f"device is of {architecture}; install another CuPy"
        )
    exact = architecture in known
    target = f"-arch=sm_{architecture}" if exact else f"-arch=compute_{max(known)}"
    flags = (*FLAGS, target, *options)
    path = _path(repr((nvrtc.getVersion(), flags, source)))
    if path is not None and path.exists():
        return path.read_bytes()
    binary = _compile(nvrtc, source, flags, exact)
    if path is not None:
        _keep(path, binary)
    return binary


def _compile(nvrtc: Any, source: str, flags: tuple[str, ...], exact: bool) -> bytes:
    program = nvrtc.createProgram(source, "kernels.cu", (), ())
    try:
        nvrtc.compileProgram(program, flags)
        return nvrtc.getCUBIN(program) if exact else nvrtc.getPTX(program)
    except nvrtc.NVRTCError as error:
        log = nvrtc.getProgramLog(program).strip()
        raise DriverError(f"load: {error}: {log}") from error
    finally:
        nvrtc.destroyProgram(program)


def _path(key: str) -> Path | None:
    """Where a binary is kept; None if no folder can be written."""
    from platformdirs import user_cache_path

    wanted = os.environ.get("KNET_KERNEL_CACHE")
    folder = Path(wanted) if wanted else user_cache_path("knet-tui") / "gpu-kernels"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    if not os.access(folder, os.W_OK | os.X_OK):
        return None
    return folder / f"{hashlib.sha256(key.encode()).hexdigest()[:40]}.bin"


def _keep(path: Path, binary: bytes) -> None:
    """Write a file at once or not at all: others may look for it at this moment."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(binary)
        os.replace(file.name, path)
    except OSError:
        return  # a full disk: it is compiled again next time
