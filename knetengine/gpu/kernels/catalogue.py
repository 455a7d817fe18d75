"""Every kernel that the product can ask for, in a set that stands for all: for CI to compile.

Elementwise kernels are made on demand for any dtypes that meet in a call. Here each function is in
all dtypes that it computes in, arguments and result stored as they are computed; what differs in
other calls is a cast on the way in or out.
"""

import itertools
import re
from typing import NamedTuple

import numpy as np

from knetengine.gpu.kernels import elementwise, modules, reductions, scans
from knetengine.gpu.kernels.copying import WIDTHS
from knetengine.gpu.kernels.expressions import EXPRESSIONS
from knetengine.gpu.kernels.layers.activations import ACTIVATIONS
from knetengine.gpu.kernels.layers.activations import definitions as of_activation
from knetengine.gpu.kernels.layers.optimisers import RULES
from knetengine.gpu.kernels.promotion import TYPES, c_type, computing

LETTERS = "efdil?B"
_FLOATS = ("float", "double")


class Source(NamedTuple):
    """A source to compile, with the compiler's options."""

    name: str
    text: str
    options: tuple[str, ...]

    @property
    def kernels(self) -> list[str]:
        """The names of its kernels."""
        found = re.findall(r'extern "C" __global__ void (\w+)', self.text)
        return list(dict.fromkeys(found))  # some have two forms, of which a definition chooses


def all_sources() -> list[Source]:
    """All kernels: elementwise ones by dtype and function, the others by file and definitions."""
    return [*elementwise_sources(), *file_sources()]


def elementwise_sources(size: int = 16) -> list[Source]:
    """The table's functions, `size` of them to a source."""
    sources: list[Source] = []
    for letter in LETTERS:
        rows = [v for name in EXPRESSIONS if (v := _own(name, letter))]
        for number in range(0, len(rows), size):
            variants = list(itertools.chain.from_iterable(rows[number : number + size]))
            name = f"elementwise {TYPES[letter][0]} {number // size}"
            sources.append(Source(name, elementwise.source(variants), ()))
    casts = [
        elementwise.Variant(
            "positive", (np.dtype(a),), (np.dtype(a), np.dtype(a)), np.dtype(b), True
        )
        for a, b in itertools.permutations(LETTERS, 2)
    ]
    numbers = [
        elementwise.Variant("multiply", (np.dtype(a), None), (np.dtype(a),) * 3, np.dtype(a), flat)
        for a in LETTERS
        for flat in (True, False)
    ]
    sources.append(Source("elementwise casts and numbers", elementwise.source(casts + numbers), ()))
    return sources


def _own(name: str, letter: str) -> list[elementwise.Variant]:
    """The kernels of a function that compute in a dtype; none if it computes in a wider one."""
    variants = elementwise.variants(name, [letter] * len(EXPRESSIONS[name].variables))
    if not variants or np.dtype(letter) not in variants[0].loop[:-1]:
        return []
    return variants


def file_sources() -> list[Source]:
    """The .cu files, with all definitions that launches give them."""
    return [
        Source(
            " ".join((file, *(d.removeprefix("-DKN_") for d in definitions))),
            modules.source(file),
            definitions,
        )
        for file, definitions in _definitions()
    ]


def _definitions() -> list[tuple[str, tuple[str, ...]]]:
    options = modules.options
    found: list[tuple[str, tuple[str, ...]]] = [("sorting.cu", ())]
    for width in WIDTHS.values():
        found += [("copying.cu", options(T=width)), ("indexing.cu", options(T=width))]
    for letter in LETTERS:
        dtype = np.dtype(letter)
        stored = c_type(dtype)
        found.append(("selecting.cu", options(T=stored)))
        found.append(("arange.cu", options(T=stored, A="double" if dtype.kind == "f" else "i64")))
        for name in reductions.OPERATIONS:
            found.append(("reductions.cu", reductions.definitions(name, dtype)))
        for name in scans.OPERATIONS:
            found.append(("scans.cu", scans.definitions(name, dtype)))
        if dtype.kind in "fi":
            found.append(("segments.cu", options(T=stored, A=c_type(computing(dtype)))))
        if dtype.kind == "f":
            found += [("random.cu", options(T=stored, KIND=kind)) for kind in ("Uniform", "Normal")]
        elif dtype.kind in "iu":
            found.append(("random.cu", options(T=stored, KIND="Integers")))
    for stored, letter in zip(_FLOATS, "fd", strict=True):
        files = ("columns", "dropout", "normalization", "recurrent", "softmax")
        found += [(f"layers/{file}.cu", options(T=stored)) for file in files]
        found += [("layers/pooling.cu", options(T=stored, C=places)) for places in ("i8", "i32")]
        found += [("layers/activations.cu", of_activation(name, letter)) for name in ACTIVATIONS]
        found += [
            ("layers/optimisers.cu", options(T=stored, RULE=rule.functor))
            for rule in RULES.values()
        ]
    return found
