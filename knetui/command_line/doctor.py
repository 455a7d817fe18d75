"""What this installation has, for a report of a fault."""

import os
import platform
import sys
import textwrap
from importlib.metadata import version

import knetengine
from knetengine.autograd import compiled, coverage
from knetengine.cpu import compilation
from knetengine.gpu import devices
from knetengine.training.folder import all_runs
from knetengine.training.home import home
from knetui.byte_sizes import in_bytes
from knetui.models import example_names, examples_folder

LIBRARIES = ("textual", "prompt_toolkit", "numpy", "pillow", "safetensors", "msgspec")

PURE = "pure Python (KNET_PURE is set, or there was no C compiler when it was installed)"


def examine() -> int:
    """Print a line for each thing that is often the reason of a fault."""
    print(f"knet-tui     {knetengine.__version__}")
    print(f"python       {platform.python_version()} ({sys.executable})")
    print(f"system       {platform.platform()}")
    print("libraries    " + ", ".join(f"{name} {version(name)}" for name in LIBRARIES))
    print(f"engine       {'compiled core' if compiled.AVAILABLE else PURE}")
    print(f"kernels      {_kernels()}")
    for device in devices():
        memory = f"{in_bytes(device.free_bytes)} of {in_bytes(device.memory_bytes)} free"
        print(f"device       {device.name}: {device.description}, {memory}")
    if not any(device.name.startswith("cuda") for device in devices()):
        print("             no CUDA device that CuPy can use (pip install 'knet-tui[cuda13]')")
    size = os.get_terminal_size() if sys.stdout.isatty() else None
    terminal = f"{size.columns} x {size.lines}" if size else "none (output goes to a file or pipe)"
    colours = os.environ.get("COLORTERM") or "not announced"
    print(f"terminal     {terminal}, TERM={os.environ.get('TERM', '')}, 24-bit colour: {colours}")
    print(f"kept in      {home()} ({'writable' if _writable() else 'NOT WRITABLE'})")
    print(f"runs         {len(all_runs())}")
    print(f"examples     {', '.join(example_names())} in {examples_folder()}")
    return 0


def _kernels() -> str:
    reason = compilation.obstacle()
    if reason:
        return f"none, plain NumPy: {reason}"
    return (
        f"compiled by Numba {version('numba')} on first use, kept in {compilation.cache_folder()}"
    )


def show_coverage(name: str | None = None) -> int:
    """Print what becomes of each NumPy function in a gradient, or of the one that is named."""
    found = coverage.rows() if name is None else coverage.find(name)
    if not found:
        print(f"knet-tui: NumPy has no function {name} that a gradient can meet", file=sys.stderr)
        return 2
    if name is not None:
        for row in found:
            how = f" ({row.how})" if row.registry == "differentiable" else ""
            print(f"{row.name}: {row.registry}{how}" + (f"; {row.advice}" if row.advice else ""))
        return 0
    lines = [coverage.headline(found)]
    for registry in coverage.REGISTRIES:
        names = [row.name.removeprefix("np.") for row in found if row.registry == registry]
        if names:
            lines += ["", f"{registry} ({len(names)})"]
            lines += textwrap.wrap(" ".join(sorted(names)), 92)
    print("\n".join(lines))
    return 0


def _writable() -> bool:
    folder = home()
    while not folder.exists():
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK)
