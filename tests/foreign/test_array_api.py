"""The array API standard: its names, and its test suite on recorded values where there is a copy.

The suite (data-apis/array-api-tests) is not on the package index, so it has not been run against
this engine yet. With a checkout and its requirements installed:

    ARRAY_API_TESTS_DIR=/path/to/array-api-tests pytest -m array_api
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import knetengine.numpy as kn
from knetengine import grad

# The standard of December 2024: its functions, constants and dtypes
NAMES = [
    "abs",
    "acos",
    "acosh",
    "add",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "asarray",
    "asin",
    "asinh",
    "astype",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "bool",
    "broadcast_arrays",
    "broadcast_to",
    "can_cast",
    "ceil",
    "clip",
    "complex128",
    "complex64",
    "concat",
    "conj",
    "copysign",
    "cos",
    "cosh",
    "count_nonzero",
    "cumulative_prod",
    "cumulative_sum",
    "diff",
    "divide",
    "e",
    "empty",
    "empty_like",
    "equal",
    "exp",
    "expand_dims",
    "expm1",
    "eye",
    "finfo",
    "flip",
    "float32",
    "float64",
    "floor",
    "floor_divide",
    "from_dlpack",
    "full",
    "full_like",
    "greater",
    "greater_equal",
    "hypot",
    "iinfo",
    "imag",
    "inf",
    "int16",
    "int32",
    "int64",
    "int8",
    "isdtype",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "linspace",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "matmul",
    "matrix_transpose",
    "max",
    "maximum",
    "mean",
    "meshgrid",
    "min",
    "minimum",
    "moveaxis",
    "multiply",
    "nan",
    "negative",
    "newaxis",
    "nextafter",
    "nonzero",
    "not_equal",
    "ones",
    "ones_like",
    "permute_dims",
    "pi",
    "positive",
    "pow",
    "prod",
    "real",
    "reciprocal",
    "remainder",
    "repeat",
    "reshape",
    "result_type",
    "roll",
    "round",
    "searchsorted",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sort",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "subtract",
    "sum",
    "take",
    "take_along_axis",
    "tan",
    "tanh",
    "tensordot",
    "tile",
    "tril",
    "triu",
    "trunc",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
    "unstack",
    "var",
    "vecdot",
    "where",
    "zeros",
    "zeros_like",
    "linalg.cholesky",
    "linalg.cross",
    "linalg.det",
    "linalg.diagonal",
    "linalg.eigh",
    "linalg.eigvalsh",
    "linalg.inv",
    "linalg.matmul",
    "linalg.matrix_norm",
    "linalg.matrix_power",
    "linalg.matrix_rank",
    "linalg.matrix_transpose",
    "linalg.outer",
    "linalg.pinv",
    "linalg.qr",
    "linalg.slogdet",
    "linalg.solve",
    "linalg.svd",
    "linalg.svdvals",
    "linalg.tensordot",
    "linalg.trace",
    "linalg.vecdot",
    "linalg.vector_norm",
    "fft.fft",
    "fft.fftfreq",
    "fft.fftn",
    "fft.fftshift",
    "fft.hfft",
    "fft.ifft",
    "fft.ifftn",
    "fft.ifftshift",
    "fft.ihfft",
    "fft.irfft",
    "fft.irfftn",
    "fft.rfft",
    "fft.rfftfreq",
    "fft.rfftn",
]


@pytest.mark.parametrize("name", NAMES)
def test_the_namespace_has_every_name_of_the_standard(name: str) -> None:
    found: Any = kn
    for part in name.split("."):
        found = getattr(found, part)
    assert found is not None or name == "newaxis"


def test_a_recorded_value_names_its_namespace() -> None:
    seen: list[Any] = []
    grad(lambda x: seen.append(x.__array_namespace__()) or np.sum(x))(np.ones(2))
    assert seen == [kn]


@pytest.mark.array_api
def test_the_suite_of_the_standard_on_recorded_values() -> None:
    checkout = os.environ.get("ARRAY_API_TESTS_DIR")
    if not checkout:
        pytest.skip("ARRAY_API_TESTS_DIR is not set: no copy of array-api-tests")
    here = Path(__file__).parent
    environment = {
        **os.environ,
        "ARRAY_API_TESTS_MODULE": "recorded_arrays",
        "ARRAY_API_TESTS_VERSION": "2024.12",
        "PYTHONPATH": f"{here}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
    }
    failures = ["--xfails-file", str(here / "array_api_failures.txt")]
    command = [sys.executable, "-m", "pytest", "array_api_tests", *failures, "--max-examples", "3"]
    run = subprocess.run(command, cwd=checkout, env=environment, check=False)
    assert run.returncode == 0
