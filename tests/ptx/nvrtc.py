"""NVIDIA's compiler as a library: CUDA C++ to PTX or to a cubin, on a machine without a GPU.

The library is the one of the wheel ``nvidia-cuda-nvrtc-cu12`` (or ``nvidia-cuda-nvrtc``, CUDA 13).
Source: the NVRTC reference, docs.nvidia.com/cuda/nvrtc.
"""

import ctypes
import functools
import importlib.metadata
from collections.abc import Sequence
from pathlib import Path

from knetengine.gpu.drivers.interface import DriverError
from tests.ptx import kept

WHEELS = ("nvidia-cuda-nvrtc-cu12", "nvidia-cuda-nvrtc")

FLAGS = ("--std=c++17", "--disable-warnings")


class CompilationError(DriverError):
    """NVRTC refused a source; the message is its log."""


def available() -> str:
    """Why NVRTC cannot be used; nothing if it can: ``skipif(available(), reason=available())``."""
    try:
        _library()
    except (FileNotFoundError, OSError) as fault:
        return str(fault)
    return ""


def version() -> tuple[int, int]:
    """The version of CUDA that the library belongs to."""
    major, minor = ctypes.c_int(), ctypes.c_int()
    _check(_library().nvrtcVersion(ctypes.byref(major), ctypes.byref(minor)))
    return major.value, minor.value


def version_text() -> str:
    """Such as "12.9"."""
    return ".".join(map(str, version()))


@functools.cache
def architectures() -> tuple[int, ...]:
    """Those that this NVRTC compiles for, as ten times the compute capability."""
    count = ctypes.c_int()
    _check(_library().nvrtcGetNumSupportedArchs(ctypes.byref(count)))
    found = (ctypes.c_int * count.value)()
    _check(_library().nvrtcGetSupportedArchs(found))
    return tuple(found)


def ptx(source: str, architecture: int, options: Sequence[str] = ()) -> str:
    """The PTX of a source, with the lines of the source in it.

    architecture: ten times the compute capability, such as 90.
    options: further options, such as ``-DNAME=VALUE``.

    Raises CompilationError with the compiler's log.
    """
    flags = (f"--gpu-architecture=compute_{architecture}", "-lineinfo", *options)
    return _kept(source, flags, "PTX").decode().rstrip("\0")


def cubin(source: str, architecture: int, options: Sequence[str] = ()) -> bytes:
    """The machine code for one architecture, as `ptx` takes it; ``ptxas`` is inside NVRTC."""
    return _kept(source, (f"--gpu-architecture=sm_{architecture}", *options), "CUBIN")


def ptxas_log(source: str, architecture: int, options: Sequence[str] = ()) -> str:
    """What ``ptxas`` says of the machine code of each kernel; arguments as of `ptx`."""
    flags = (f"--gpu-architecture=sm_{architecture}", "--ptxas-options=-v", *options)
    return _kept(source, flags, "ProgramLog").decode().rstrip("\0")


@functools.cache
def _library() -> ctypes.CDLL:
    for wheel in WHEELS:
        try:
            files = importlib.metadata.files(wheel) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        for file in files:
            # libnvrtc-builtins is loaded by the library itself, from beside it
            if file.name.startswith("libnvrtc.so") or file.name.startswith("nvrtc64"):
                return ctypes.CDLL(str(Path(str(file.locate())).resolve()))
    raise FileNotFoundError(f"NVRTC is not installed: pip install {WHEELS[0]}")


def _check(code: int) -> None:
    if code:
        words = _library().nvrtcGetErrorString
        words.restype = ctypes.c_char_p
        raise CompilationError(f"NVRTC: {words(code).decode()}")


@functools.lru_cache(64)
def _kept(source: str, options: tuple[str, ...], kind: str) -> bytes:
    """A result of this run, of an earlier one, or of the compiler."""
    key = (kind, *map(str, version()), *FLAGS, *options, source)
    return kept.remembered(key, lambda: _compile(source, options, kind))


def _compile(source: str, options: tuple[str, ...], kind: str) -> bytes:
    library = _library()
    program = ctypes.c_void_p()
    _check(
        library.nvrtcCreateProgram(
            ctypes.byref(program), source.encode(), b"source.cu", 0, None, None
        )
    )
    try:
        flags = [flag.encode() for flag in (*FLAGS, *options)]
        code = library.nvrtcCompileProgram(
            program, len(flags), (ctypes.c_char_p * len(flags))(*flags)
        )
        if code:
            log = _result(library, program, "ProgramLog").decode().rstrip("\0\n")
            raise CompilationError(f"NVRTC {' '.join(options)}: {log}")
        return _result(library, program, kind)
    finally:
        library.nvrtcDestroyProgram(ctypes.byref(program))


def _result(library: ctypes.CDLL, program: ctypes.c_void_p, kind: str) -> bytes:
    """What NVRTC gives by a pair of functions, one for the size and one for the bytes."""
    size = ctypes.c_size_t()
    _check(getattr(library, f"nvrtcGet{kind}Size")(program, ctypes.byref(size)))
    text = ctypes.create_string_buffer(size.value)
    _check(getattr(library, f"nvrtcGet{kind}")(program, text))
    return text.raw
