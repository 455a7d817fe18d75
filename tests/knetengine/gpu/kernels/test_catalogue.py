"""The catalogue has every kernel that the product can ask for."""

import re
from collections import Counter

import numpy as np

from knetengine.gpu.kernels import elementwise, modules
from knetengine.gpu.kernels.catalogue import LETTERS, elementwise_sources, file_sources
from knetengine.gpu.kernels.expressions import EXPRESSIONS

FOLDER = modules._FOLDER
TABLES = ("expressions.py",)  # which name functions of the .cuh files, not kernels

MADE = elementwise_sources()


def test_every_file_is_in_it() -> None:
    files = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.cu")}
    assert {source.name.split()[0] for source in file_sources()} == files


def test_every_kernel_that_is_launched_is_in_it() -> None:
    """By the names in the functions that launch them."""
    known = {kernel for source in file_sources() for kernel in source.kernels}
    text = "".join(path.read_text() for path in FOLDER.rglob("*.py") if path.name not in TABLES)
    named = set(re.findall(r'"(kn_\w+)"', text))
    assert len(named) > 30
    assert named <= known, named - known
    computed = {"kn_softmax", "kn_softmax_back", "kn_logsoftmax", "kn_logsoftmax_back"}
    computed |= {"kn_join", "kn_join_many", "kn_split", "kn_split_many"}
    assert known == named | computed


def test_every_function_is_in_it_in_every_dtype_that_it_computes_in() -> None:
    found = {re.sub("_of_.*", "", kernel) for source in MADE for kernel in source.kernels}
    assert {f"kn_{name}" for name in EXPRESSIONS} <= found
    kernels = {kernel for source in MADE for kernel in source.kernels}
    for letter in LETTERS:
        (flat, strided) = elementwise.variants("maximum", [letter, letter])
        assert {flat.kernel, strided.kernel} <= kernels


def test_no_source_comes_twice() -> None:
    names = Counter(source.name for source in (*MADE, *file_sources()))
    assert max(names.values()) == 1
    kernels = Counter(kernel for s in MADE for kernel in s.kernels)
    assert max(kernels.values()) == 1


def test_names_of_kernels_say_their_dtypes() -> None:
    d = np.dtype
    variant = elementwise.Variant(
        "add", (d("e"), None), (d("f"), d("f"), d("f")), d("d"), flat=False
    )
    assert variant.kernel == "kn_add_of_f16_by_value_in_f32_f32_f32_to_f64_strided"
