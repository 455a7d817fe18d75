"""Single PTX instructions, put into a kernel by NVRTC and applied to arrays by the emulator."""

import functools
from typing import Any

import numpy as np
import pytest

from tests.ptx import nvrtc
from tests.ptx.emulator import Emulator

NEEDS_NVRTC = pytest.mark.skipif(bool(nvrtc.available()), reason=nvrtc.available())
WANTED = (75, 80, 90, 100, 120)
ARCHITECTURES = [a for a in WANTED if not nvrtc.available() and a in nvrtc.architectures()]
CTYPES = {
    "u1": "unsigned char",
    "i2": "short",
    "u2": "unsigned short",
    "i4": "int",
    "u4": "unsigned",
    "i8": "long long",
    "u8": "unsigned long long",
    "f4": "float",
    "f8": "double",
}
CONSTRAINTS = {"i2": "h", "u2": "h", "i4": "r", "u4": "r", "i8": "l", "u8": "l"}
CONSTRAINTS |= {"f4": "f", "f8": "d"}

every_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)


@functools.cache
def emulator(source: str, architecture: int, *options: str) -> Emulator:
    """A device with one module; it is kept, for compiling costs far more than launching."""
    return Emulator(source, architecture, options, total_bytes=16 << 20)


def code(dtype: Any) -> str:
    """``f4`` and the like."""
    return np.dtype(dtype).str[1:]


def assembled(text: str, results: tuple[str, ...], operands: tuple[str, ...]) -> str:
    """A kernel that executes PTX once a thread. In the text %0, %1 ... are results and operands."""
    names = "".join(f"const {CTYPES[k]}* a{n}, " for n, k in enumerate(operands))
    names += "".join(f"{CTYPES[k]}* y{n}, " for n, k in enumerate(results))
    outputs = ", ".join(f'"={CONSTRAINTS[k]}"(r{n})' for n, k in enumerate(results))
    inputs = ", ".join(f'"{CONSTRAINTS[k]}"(a{n}[t])' for n, k in enumerate(operands))
    declared = " ".join(f"{CTYPES[k]} r{n};" for n, k in enumerate(results))
    stores = " ".join(f"y{n}[t] = r{n};" for n in range(len(results)))
    return f"""extern "C" __global__ void apply({names}int n) {{
  int t = blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= n) return;
  {declared}
  asm volatile("{text}" : {outputs} : {inputs});
  {stores}
}}"""


def apply(text: str, results: Any, *operands: np.ndarray, architecture: int = 0) -> Any:
    """What PTX makes of arrays of one length. results: the dtype of it, or of each."""
    several = isinstance(results, tuple)
    kinds = tuple(code(r) for r in results) if several else (code(results),)
    source = assembled(text, kinds, tuple(code(o.dtype) for o in operands))
    return launch_elementwise(source, "apply", results, *operands, architecture=architecture)


def launch_elementwise(
    source: str, name: str, results: Any, *operands: np.ndarray, architecture: int = 0
) -> Any:
    """What a kernel (inputs, outputs, int n) makes of arrays of one length."""
    device = emulator(source, architecture or ARCHITECTURES[0])
    several = isinstance(results, tuple)
    n = len(operands[0])
    inputs = [device.put(operand) for operand in operands]
    dtypes = [np.dtype(r) for r in (results if several else (results,))]
    outputs = [device.allocate(max(n * dtype.itemsize, 1)) for dtype in dtypes]
    device.launch(name, -(-n // 128), 128, [*inputs, *outputs, np.int32(n)])
    found = [device.get(y, n, dtype) for y, dtype in zip(outputs, dtypes, strict=True)]
    for address in (*inputs, *outputs):
        device.release(address)
    return tuple(found) if several else found[0]


EDGES = {
    "i": (0, 1, -1, 2, 7, 31, 32, 33, 63, 64, 255, 256, -128, 127, 32767, -32768),
    "f": (0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, np.inf, -np.inf, np.nan, 1e-40, -1e-310, 3e38),
}


def numbers(dtype: Any, count: int, seed: int) -> np.ndarray:
    """Numbers of a dtype: some that are likely to be treated wrongly, the others any bits."""
    dtype = np.dtype(dtype)
    generator = np.random.default_rng(seed)
    bits = generator.integers(0, 256, count * dtype.itemsize, np.uint8).view(dtype)
    kind = "f" if dtype.kind == "f" else "i"
    with np.errstate(over="ignore"):
        edges = np.array(EDGES[kind], np.float64 if kind == "f" else np.int64).astype(dtype)
    if kind == "i":
        whole = np.iinfo(dtype)
        edges = np.concatenate((edges, np.array([whole.min, whole.max, whole.max - 1], dtype)))
    else:
        ordinary = generator.standard_normal(count) * 2.0 ** generator.integers(-20, 20, count)
        bits[::2] = ordinary.astype(dtype)[::2]
    chosen = generator.choice(edges, count)
    return np.where(generator.random(count) < 0.3, chosen, bits)


def line_of(source: str, mark: str = "// BUG") -> int:
    """The line of a source that a comment marks."""
    (line,) = [n for n, text in enumerate(source.splitlines(), 1) if mark in text]
    return line
