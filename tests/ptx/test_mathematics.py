"""CUDA's mathematical functions: NVRTC's own code for them, executed, against 40 digits.

The bounds are those of the CUDA C++ Programming Guide, "Mathematical Functions", in units in the
last place, from the correctly rounded result. They hold on hardware; that they hold here says
what a hundred kinds of instructions do together, tables and local memory included.
"""

from typing import Any

import mpmath
import numpy as np
import pytest

from tests.ptx.snippets import NEEDS_NVRTC, emulator, every_architecture, launch_elementwise

pytestmark = NEEDS_NVRTC
COUNT = 300

ONE = [  # name, reference, from, to, bounds for float and double
    ("exp", mpmath.exp, -80, 80, 2, 1),
    ("exp2", lambda x: mpmath.mpf(2) ** x, -80, 80, 2, 1),
    ("expm1", mpmath.expm1, -5, 5, 1, 1),
    ("log", mpmath.log, 1e-30, 1e30, 1, 1),
    ("log1p", lambda x: mpmath.log1p(x), -0.9, 100, 1, 1),
    ("tanh", mpmath.tanh, -6, 6, 2, 2),
    ("sin", mpmath.sin, -100, 100, 2, 2),
    ("cos", mpmath.cos, -100, 100, 2, 2),
    ("tan", mpmath.tan, -1.5, 1.5, 4, 2),
    ("atan", mpmath.atan, -50, 50, 2, 2),
    ("erf", mpmath.erf, -4, 4, 2, 2),
    ("erfc", mpmath.erfc, -2, 5, 4, 5),
    ("sqrt", mpmath.sqrt, 0, 1e30, 0, 0),
    ("rsqrt", lambda x: 1 / mpmath.sqrt(x), 1e-30, 1e30, 2, 1),
    ("cbrt", mpmath.cbrt, 0, 1e30, 1, 1),
    ("lgamma", mpmath.loggamma, 3, 1e5, 6, 4),
]
TYPES = {"f4": "float", "f8": "double"}


def ulps(found: np.ndarray, exact: list[Any]) -> float:
    """The largest distance from the exact value rounded, in units in the last place of that."""
    rounded = np.array([float(value) for value in exact]).astype(found.dtype)
    units = np.spacing(np.abs(rounded)).astype("f8")
    return float(np.max(np.abs(found.astype("f8") - rounded) / units))


def source(name: str, kind: str, operands: int) -> str:
    suffix = "f" if kind == "f4" else ""
    inputs = [f"x{n}" for n in range(operands)]
    names = ", ".join(f"const {TYPES[kind]}* {x}" for x in inputs)
    values = ", ".join(f"{x}[t]" for x in inputs)
    return f"""extern "C" __global__ void apply({names}, {TYPES[kind]}* y, int n) {{
  int t = blockIdx.x * blockDim.x + threadIdx.x;
  if (t < n) y[t] = {name}{suffix}({values});
}}"""


@every_architecture
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("case", ONE, ids=[case[0] for case in ONE])
def test_functions_of_one_number(case: Any, kind: str, architecture: int) -> None:
    name, reference, low, high, *bounds = case
    x = np.random.default_rng(0).uniform(low, high, COUNT)
    if low > 0:
        x = np.exp(np.random.default_rng(0).uniform(np.log(low), np.log(high), COUNT))
    x = x.astype(kind)
    found = launch_elementwise(source(name, kind, 1), "apply", kind, x, architecture=architecture)
    with mpmath.workdps(40):
        exact = [reference(mpmath.mpf(float(v))) for v in x]
        assert ulps(found, exact) <= bounds[kind == "f8"]


@every_architecture
@pytest.mark.parametrize(("kind", "bound"), [("f4", 4), ("f8", 2)])
def test_powers(kind: str, bound: float, architecture: int) -> None:
    generator = np.random.default_rng(0)
    x, y = generator.uniform(0.01, 50, COUNT), generator.uniform(-8, 8, COUNT)
    x, y = x.astype(kind), y.astype(kind)
    found = launch_elementwise(
        source("pow", kind, 2), "apply", kind, x, y, architecture=architecture
    )
    with mpmath.workdps(40):
        exact = [mpmath.mpf(float(a)) ** mpmath.mpf(float(b)) for a, b in zip(x, y, strict=True)]
        assert ulps(found, exact) <= bound


@every_architecture
@pytest.mark.parametrize("name", ["sin", "cos"])
@pytest.mark.parametrize("kind", TYPES)
def test_large_angles_take_the_slow_path(kind: str, name: str, architecture: int) -> None:
    """Payne and Hanek's reduction: 2/pi in a table, products in .local memory, carries."""
    x = (10.0 ** np.random.default_rng(0).uniform(5.5, 30, COUNT)).astype(kind)
    x[::2] *= -1
    found = launch_elementwise(source(name, kind, 1), "apply", kind, x, architecture=architecture)
    with mpmath.workdps(80):
        exact = [getattr(mpmath, name)(mpmath.mpf(float(v))) for v in x]
        assert ulps(found, exact) <= 2


@pytest.mark.parametrize("kind", TYPES)
def test_the_ends_of_functions(kind: str) -> None:
    inf, nan = np.inf, np.nan
    x = np.array([0.0, -0.0, inf, -inf, nan, -1.0, 1e-40, 1000.0], kind)
    with np.errstate(all="ignore"):
        for name, reference in (
            ("exp", np.exp),
            ("log", np.log),
            ("tanh", np.tanh),
            ("sin", np.sin),
            ("sqrt", np.sqrt),
            ("cbrt", np.cbrt),
        ):
            found = launch_elementwise(source(name, kind, 1), "apply", kind, x)
            expected = reference(x.astype("f8")).astype(kind)
            np.testing.assert_allclose(found, expected, rtol=1e-6 if kind == "f4" else 1e-15)
            np.testing.assert_array_equal(np.signbit(found[:2]), np.signbit(expected[:2]))
        x, y = (
            np.array([0, 0, -2, -2, 1, inf, 2, nan], kind),
            np.array([0, -1, 3, 0.5, nan, -1, inf, 0], kind),
        )
        found = launch_elementwise(source("pow", kind, 2), "apply", kind, x, y)
        np.testing.assert_array_equal(found, np.power(x, y))


def test_fast_mathematics_is_less_exact() -> None:
    """``--use_fast_math``: .ftz and .approx in the place of NVRTC's own code."""
    x = np.random.default_rng(0).uniform(-3, 3, COUNT).astype("f4")
    for name, reference in (("sin", np.sin), ("exp", np.exp), ("tanh", np.tanh)):
        device = emulator(source(name, "f4", 1), 75, "--use_fast_math")
        addresses = device.put(x), device.allocate(x.nbytes)
        device.launch("apply", -(-COUNT // 128), 128, [*addresses, np.int32(COUNT)])
        found = device.get(addresses[1], COUNT, "f4")
        np.testing.assert_allclose(found, reference(x), rtol=1e-5, atol=2e-6)
