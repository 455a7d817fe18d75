"""CUDA C++ source to a shared library, by the system's C++ compiler.

The source is compiled as it is, with `shim/knet_host.h` before it and a table of its kernels behind
it. What waits, blocks and fibers, is the runtime, a library of its own that is never instrumented.
"""

import atexit
import functools
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs

from knetengine.gpu.drivers.interface import DriverError

HERE = Path(__file__).parent
SHIM = HERE / "shim"
SANITIZERS = ("address", "thread")

# Contraction and aliasing differ between compilers and processors; nvcc's alias analysis is that of
# __restrict__. -g1 gives the lines that reports name.
FLAGS = (
    *("-std=c++17", "-g1", "-fPIC", "-shared", "-fvisibility=hidden"),
    *("-fno-strict-aliasing", "-ffp-contract=off", "-fno-math-errno", "-fwrapv"),
)
VARIANTS = {
    None: ("-O1",),  # -O2 takes half as long again to compile and runs no test faster
    "address": ("-O0", "-fno-omit-frame-pointer", "-fsanitize=address", "-DKN_ADDRESS"),
    "thread": ("-O1", "-fno-omit-frame-pointer", "-fsanitize=thread", "-DKN_THREAD"),
}

KERNEL = re.compile(
    r"""extern \s* "C" \s* (?: __launch_bounds__ \s* \( (?P<early>[^()]*) \) \s* )?
        __global__ \s* (?: __launch_bounds__ \s* \( (?P<late>[^()]*) \) \s* )?
        void \s+ (?: __launch_bounds__ \s* \( (?P<last>[^()]*) \) \s* )?
        (?P<name>\w+) \s* \( (?P<parameters>[^()]*) \)""",
    re.VERBOSE,
)
MONTH = 30 * 24 * 3600
DEFINITION = re.compile(r"-D\w+(=.*)?", re.DOTALL)


class KernelText(NamedTuple):
    """What the source itself says of a kernel. bound: the first of ``__launch_bounds__``, or 0."""

    name: str
    parameters: tuple[str, ...]
    bound: str


class Compiled(NamedTuple):
    """A module on the disk, and the kernels that its source has."""

    library: Path
    kernels: tuple[KernelText, ...]


def find_compiler() -> list[str] | None:
    """The command of the system's C++ compiler: CXX, or the first of c++, g++ and clang++."""
    if os.environ.get("CXX"):
        return shlex.split(os.environ["CXX"])
    for name in ("c++", "g++", "clang++"):
        if shutil.which(name):
            return [name]
    return None


@functools.cache
def cache_folder() -> Path:
    """Where libraries are kept, named after what they are made of.

    KNET_HOST_CACHE, or a folder of the user's, or, where that cannot be written, one that goes when
    the process ends. What has not been used for a month goes too.
    """
    given = os.environ.get("KNET_HOST_CACHE")
    folder = Path(given) if given else platformdirs.user_cache_path("knet-host-driver")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return _own_folder()
    if not os.access(folder, os.W_OK):
        return _own_folder()
    for each in folder.iterdir():
        if each.stat().st_mtime < time.time() - MONTH:
            shutil.rmtree(each, ignore_errors=True)
    return folder


def compile_runtime(sanitizer: str | None, definitions: Sequence[str] = ()) -> Path:
    """The runtime, for modules of this variant. Raises DriverError if the compiler refuses it."""
    flags = [flag for flag in VARIANTS[sanitizer] if not flag.startswith("-fsanitize")]
    sources = sorted(str(path) for path in (HERE / "runtime").glob("*.cpp"))
    command = [*FLAGS, *flags, *definitions, "-U_FORTIFY_SOURCE", *sources]
    folder = cache_folder() / _digest("runtime", *command)
    return _build(folder / "runtime.so", command)


def compile_module(
    source: str, options: Sequence[str], sanitizer: str | None, runtime: Path
) -> Compiled:
    """A module of this variant, which stands on this runtime.

    Raises DriverError if the compiler refuses the source, or for an option that defines nothing.
    """
    for option in options:
        if not DEFINITION.fullmatch(option):
            raise DriverError(f"load: option {option!r} is no definition; write -DNAME=VALUE")
    flags = [*FLAGS, *VARIANTS[sanitizer]]
    folder = cache_folder() / _digest("module", source, str(runtime), *flags, *options)
    known, library = folder / "kernels.json", folder / "module.so"
    if known.exists() and library.exists():
        os.utime(folder)  # it is in use
        return Compiled(library, tuple(KernelText(n, tuple(p), b) for n, p, b in _read(known)))
    folder.mkdir(parents=True, exist_ok=True)
    text = folder / "kernels.cu"
    _write(text, source)
    kernels = find_kernels(_preprocess(text, options))
    if not kernels:
        raise DriverError('load: the source has no kernel; begin one with extern "C" __global__')
    unit = folder / "module.cpp"
    _write(unit, _unit(text, options, kernels))
    folders = [f"-I{_precompiled(sanitizer)}", f"-I{SHIM}"]
    _build(library, [*flags, *folders, str(unit), str(runtime)])
    _write(known, json.dumps(kernels))
    return Compiled(library, kernels)


def find_kernels(preprocessed: str) -> tuple[KernelText, ...]:
    """The kernels of a source whose macros have been expanded, each once."""
    found: dict[str, KernelText] = {}
    for match in KERNEL.finditer(preprocessed):
        bounds = match["early"] or match["late"] or match["last"] or "0"
        parameters = [text for text in match["parameters"].split(",") if text.strip()]
        names = tuple(re.findall(r"\w+", text)[-1] for text in parameters)
        found[match["name"]] = KernelText(match["name"], names, bounds.split(",")[0].strip())
    return tuple(found.values())


def sanitizer_runtime(sanitizer: str) -> Path | None:
    """The library to preload into a process that loads modules of this variant."""
    command = find_compiler()
    assert command is not None
    short = {"address": "asan", "thread": "tsan"}[sanitizer]
    machine = os.uname().machine
    for name in (f"lib{short}.so", f"libclang_rt.{short}-{machine}.so", f"libclang_rt.{short}.so"):
        found = Path(_ask([*command, f"-print-file-name={name}"]).strip())
        if found.is_absolute() and found.exists():
            return found.resolve()
    return None


def _precompiled(sanitizer: str | None) -> Path:
    """A folder with the shim's header as GCC takes it in at once: half of what most modules cost.

    Another compiler finds nothing that it would take for a header there.
    """
    flags = [*FLAGS, *VARIANTS[sanitizer]]
    folder = cache_folder() / _digest("header", *flags)
    header = ["-x", "c++-header", str(SHIM / "knet_host.h")]
    return _build(folder / "knet_host.h.gch", [*flags, *header]).parent


def _unit(source: Path, options: Sequence[str], kernels: Sequence[KernelText]) -> str:
    """What the compiler is given; definitions hold for the source, not for what is around it."""
    definitions = [option.removeprefix("-D").partition("=") for option in options]
    begun = "\n".join(f"#define {name} {value if sign else 1}" for name, sign, value in definitions)
    ended = "\n".join(f"#undef {name}" for name, _, _ in definitions)
    entries = "\n".join(
        f'      kn::Trampoline<{each.name}>::entry("{each.name}", {each.bound}),'
        for each in kernels
    )
    return f"""#include "knet_host.h"
{begun}
#include "{source}"
{ended}
#include "trampolines.h"
KN_EXPORTED const kn::Kernel* kn_kernels(unsigned* count) {{
  static constexpr kn::Kernel all[] = {{
{entries}
  }};
  *count = {len(kernels)};
  return all;
}}
"""


def _preprocess(source: Path, options: Sequence[str]) -> str:
    return _run(["-E", "-P", "-x", "c++", "-DKNET_HOST=1", *options, str(source)])


def _build(library: Path, arguments: Sequence[str]) -> Path:
    """Compile to a library, unless it is there."""
    if library.exists():
        os.utime(library.parent)
    else:
        library.parent.mkdir(parents=True, exist_ok=True)
        unfinished = library.with_suffix(f".{os.getpid()}")
        _run([*arguments, "-o", str(unfinished)])
        unfinished.replace(library)
    return library


def _run(arguments: Sequence[str]) -> str:
    command = find_compiler()
    if command is None:
        raise DriverError("load: there is no C++ compiler; install one, or set CXX to its command")
    done = subprocess.run(
        [*command, *arguments], capture_output=True, text=True, env=_environment(), check=False
    )
    if done.returncode:
        raise DriverError(f"load: {command[0]} refuses the source: {done.stderr.strip()}")
    return done.stdout


def _environment() -> dict[str, str]:
    """This process's, without the sanitizer that was loaded into it: the compiler needs none."""
    hidden = ("LD_PRELOAD", "ASAN_OPTIONS", "TSAN_OPTIONS")
    return {name: value for name, value in os.environ.items() if name not in hidden}


def _read(path: Path) -> Any:
    return json.loads(path.read_text())


def _write(path: Path, text: str) -> None:
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_text(text)
    unfinished.replace(path)


def _digest(*parts: str) -> str:
    """A name for what is made of these parts, our own files and this compiler."""
    digest = hashlib.sha256(repr((parts, _compiler_version(), _own_files())).encode())
    return digest.hexdigest()[:24]


@functools.cache
def _own_files() -> tuple[str, ...]:
    sources = sorted(path for folder in (SHIM, HERE / "runtime") for path in folder.iterdir())
    return tuple(path.read_text() for path in (Path(__file__), *sources))


def _compiler_version() -> str:
    command = find_compiler()
    return "" if command is None else _ask([*command, "--version"])


@functools.cache
def _ask_once(command: tuple[str, ...]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=_environment(), check=False)
    return done.stdout


def _ask(command: Sequence[str]) -> str:
    return _ask_once(tuple(command))


@functools.cache
def _own_folder() -> Path:
    folder = tempfile.mkdtemp(prefix="knet-host-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
