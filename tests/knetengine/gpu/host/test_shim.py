"""CUDA's functions on the host, against SciPy, NumPy and the definitions in the manuals."""

from typing import Any

import numpy as np
import pytest
import scipy.special

from tests.knetengine.gpu.host.snippets import Bench


def evaluate(bench: Bench, call: str, out: Any, *arrays: np.ndarray) -> np.ndarray:
    """`call`, of x, y and z, for each entry of arrays."""
    kinds = {"f": "float", "d": "double", "i": "int", "I": "unsigned", "l": "long long",
             "L": "unsigned long long", "H": "unsigned short"}  # fmt: skip
    parameters = ", ".join(
        f"const {kinds[a.dtype.char]}* {v}s" for v, a in zip("xyz", arrays, strict=False)
    )
    loads = " ".join(f"const auto {v} = {v}s[i];" for v, _ in zip("xyz", arrays, strict=False))
    out = np.dtype(out)
    source = f"""
extern "C" __global__ void kn_test({kinds[out.char]}* out, int n, {parameters}) {{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {{ {loads} out[i] = {call}; }}
}}
"""
    there = bench.put(np.zeros(arrays[0].shape, out))
    n = arrays[0].size
    bench.launch(source, there, np.int32(n), *map(bench.put, arrays), grid=-(-n // 64), block=64)
    return bench.get(there)


X = np.concatenate([np.linspace(-4, 4, 201), [0.0, -0.0, 0.5, 1.0, -1.5]])

FUNCTIONS: dict[str, tuple[Any, np.ndarray]] = {
    "rsqrt": (lambda x: 1 / np.sqrt(x), np.abs(X) + 0.01),
    "rcbrt": (lambda x: 1 / np.cbrt(x), X + 0.013),
    "exp10": (lambda x: 10.0**x, X),
    "erfcx": (scipy.special.erfcx, np.concatenate([X, [10, 24.9, 25.1, 30, 1e3, 1e10]])),
    "erfinv": (scipy.special.erfinv, np.concatenate([X / 4.001, [0.999999, -1, 1]])),
    "erfcinv": (scipy.special.erfcinv, np.concatenate([X / 4.001 + 1, [1e-300, 1e-10, 0, 2]])),
    "normcdf": (scipy.special.ndtr, np.concatenate([3 * X, [-30, np.inf, -np.inf]])),
    "normcdfinv": (scipy.special.ndtri, np.concatenate([X / 8.01 + 0.5, [1e-20, 0, 1]])),
    "cyl_bessel_i0": (scipy.special.i0, X),
    "cyl_bessel_i1": (scipy.special.i1, X),
    "sinpi": (lambda x: np.sin(np.pi * np.fmod(x, 2)), X),
    "cospi": (lambda x: np.cos(np.pi * np.fmod(x, 2)), X),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_that_c_has_not(bench: Bench, name: str) -> None:
    meaning, x = FUNCTIONS[name]
    expected = meaning(x)
    found = evaluate(bench, f"{name}(x)", "d", x)
    np.testing.assert_allclose(found, expected, rtol=4e-14, atol=1e-15)
    few = x[: X.size].astype("f")
    single = evaluate(bench, f"{name}f(x) + 0 * {name}(x)", "f", few)
    np.testing.assert_allclose(single, meaning(few.astype("d")), rtol=1e-6, atol=1e-7)


def test_half_turns_are_exact(bench: Bench) -> None:
    x = np.array([0.0, 0.5, 1.0, 1.5, 2.0, -0.5, 1e15 + 0.5])
    np.testing.assert_array_equal(evaluate(bench, "sinpi(x)", "d", x), [0, 1, 0, -1, 0, -1, 1])
    np.testing.assert_array_equal(evaluate(bench, "fabs(cospi(x))", "d", x), [1, 0, 1, 0, 1, 0, 0])


WORDS = np.array([0, 1, 2, 3, 0x80000000, 0xFFFFFFFF, 0x12345678, 0x00FF00F0], "I")


def test_bits_are_counted_and_moved(bench: Bench) -> None:
    wide = WORDS.astype("L") << np.uint64(7)
    signed = WORDS.view("i")
    python = [int(w) for w in WORDS]
    for call, values, expected in (
        ("__popc(x)", WORDS, [w.bit_count() for w in python]),
        ("__clz(x)", signed, [32 - w.bit_length() for w in python]),
        ("__ffs(x)", signed, [(w & -w).bit_length() for w in python]),
        ("__popcll(x)", wide, [w.bit_count() for w in python]),
        ("__clzll(x)", wide.view("l"), [57 - w.bit_length() if w else 64 for w in python]),
        ("__ffsll(x)", wide.view("l"), [(w & -w).bit_length() + 7 if w else 0 for w in python]),
        ("__brev(x)", WORDS, [int(f"{w:032b}"[::-1], 2) for w in python]),
        ("__umulhi(x, 0x9E3779B9u)", WORDS, [w * 0x9E3779B9 >> 32 for w in python]),
        ("__byte_perm(x, 0xAABBCCDDu, 0x9735)", WORDS, [perm(w, 0x9735) for w in python]),
        ("__funnelshift_l(x, 0x0F0F0F0Fu, 9)", WORDS,
         [((0x0F0F0F0F << 32 | w) << 9 >> 32) & 0xFFFFFFFF for w in python]),
        ("__funnelshift_r(x, 0x0F0F0F0Fu, 9)", WORDS,
         [((0x0F0F0F0F << 32 | w) >> 9) & 0xFFFFFFFF for w in python]),
    ):  # fmt: skip
        found = evaluate(bench, call, "I", values)
        np.testing.assert_array_equal(found, expected, err_msg=call)


def perm(word: int, selectors: int) -> int:
    """``__byte_perm(word, 0xAABBCCDD, selectors)`` by the CUDA Math API manual."""
    every = word.to_bytes(4, "little") + (0xAABBCCDD).to_bytes(4, "little")
    result = 0
    for place in range(4):
        selector = selectors >> 4 * place & 15
        byte = every[selector & 7]
        if selector & 8:
            byte = 0xFF if byte & 0x80 else 0
        result |= byte << 8 * place
    return result


def test_bits_are_cast(bench: Bench) -> None:
    x = np.array([0.1, -0.0, 1e30], "f")
    np.testing.assert_array_equal(evaluate(bench, "__float_as_uint(x)", "I", x), x.view("I"))
    np.testing.assert_array_equal(evaluate(bench, "__int_as_float(x)", "f", x.view("i")), x)
    d = x.astype("d") * 1.1
    np.testing.assert_array_equal(evaluate(bench, "__double_as_longlong(x)", "l", d), d.view("l"))
    call = "__hiloint2double(__double2hiint(x), __double2loint(x))"
    np.testing.assert_array_equal(evaluate(bench, call, "d", d), d)


def test_conversions_saturate_and_round_as_they_say(bench: Bench) -> None:
    x = np.array([0.5, 1.5, -0.5, -1.7, 2.3, 1e20, -1e20, np.nan, np.inf], "f")
    low, high = -(2**31), 2**31 - 1
    for mode, expected in (
        ("rn", [0, 2, 0, -2, 2]), ("rz", [0, 1, 0, -1, 2]),
        ("ru", [1, 2, 0, -1, 3]), ("rd", [0, 1, -1, -2, 2]),
    ):  # fmt: skip
        found = evaluate(bench, f"__float2int_{mode}(x)", "i", x)
        np.testing.assert_array_equal(found, [*expected, high, low, 0, high])
    found = evaluate(bench, "__float2uint_rn(x)", "I", x)
    np.testing.assert_array_equal(found, [0, 2, 0, 0, 2, 2**32 - 1, 0, 0, 2**32 - 1])


def test_extremes_prefer_numbers_to_nan(bench: Bench) -> None:
    x, y = np.array([1.0, np.nan, 3.0]), np.array([2.0, 5.0, np.nan])
    np.testing.assert_array_equal(evaluate(bench, "max(x, y)", "d", x, y), np.fmax(x, y))
    np.testing.assert_array_equal(evaluate(bench, "min(x, y)", "d", x, y), np.fmin(x, y))
    a, b = np.array([-1, 7], "i"), np.array([3, 3], "I")
    np.testing.assert_array_equal(evaluate(bench, "max(x, y)", "I", a, b), [2**32 - 1, 7])


def test_vectors_have_cuda_s_sizes(bench: Bench) -> None:
    source = """
extern "C" __global__ void kn_test(int* out) {
    out[0] = sizeof(float4), out[1] = alignof(float4), out[2] = sizeof(double3);
    out[3] = alignof(uchar4), out[4] = alignof(longlong2), out[5] = sizeof(short3);
    const float4 v = make_float4(1, 2, 3, 4);
    out[6] = v.x + v.w;
}
"""
    assert bench.run(source, 7, np.int32).tolist() == [16, 16, 24, 4, 16, 6, 5]
