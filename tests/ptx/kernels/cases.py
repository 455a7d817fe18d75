"""All launches whose counts are kept, by name."""

import numpy as np

from knetengine.gpu.kernels import elementwise
from knetengine.gpu.kernels.expressions import EXPRESSIONS
from tests.knetengine.gpu.kernels.board import Board
from tests.knetengine.gpu.kernels.test_elementwise import ready
from tests.ptx.kernels import typical, typical_layers
from tests.ptx.kernels.typical import Case


def in_float32() -> dict[str, elementwise.Variant]:
    """Of each function of the table, and each slope, the kernel for arrays in one piece."""
    found: dict[str, elementwise.Variant] = {}
    for name, row in EXPRESSIONS.items():
        for variant in elementwise.variants(name, "f" * len(row.variables)):
            if variant.flat:
                found[name] = variant
    return found


def every_expression(board: Board) -> None:
    """All of those on 1024 numbers between 0.1 and 0.9."""
    ready(board.driver, "f")
    generator = np.random.default_rng(0)
    given = [board.put(generator.uniform(0.1, 0.9, 1024).astype("f")) for _ in range(4)]
    for name, variant in in_float32().items():
        out = board.empty((1024,), variant.out)
        elementwise.apply(board.driver, name, given[: len(variant.stored)], out)


CASES: dict[str, Case] = {
    "every expression in float32": every_expression,
    **typical.cases(),
    **typical_layers.cases(),
}
