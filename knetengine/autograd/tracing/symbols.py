"""How steps and their derivatives are written down, as in a textbook.

A table for the reader's eye only: the numbers of a trace come from running the rules.
"""

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from knetengine.autograd.primitives import Primitive

# {0} and {1} are the operands, {y} is the result
EXPRESSIONS: dict[Any, str] = {
    np.add: "{0} + {1}",
    np.subtract: "{0} - {1}",
    np.multiply: "{0} * {1}",
    np.divide: "{0} / {1}",
    np.power: "{0} ** {1}",
    np.remainder: "{0} % {1}",
    np.matmul: "{0} @ {1}",
    np.negative: "-{0}",
    np.absolute: "|{0}|",
    np.log: "ln {0}",
    np.exp: "exp {0}",
    np.sin: "sin {0}",
    np.cos: "cos {0}",
    np.tan: "tan {0}",
    np.tanh: "tanh {0}",
    np.sqrt: "sqrt {0}",
    np.square: "{0} ** 2",
    np.transpose: "transpose {0}",
    np.sum: "sum {0}",
    np.mean: "mean {0}",
    operator.getitem: "{0}[{1}]",
}

# the derivative by each operand; "" where it is 1
SLOPES: dict[Any, tuple[str, ...]] = {
    np.add: ("", ""),
    np.subtract: ("", "(-1)"),
    np.multiply: ("{1}", "{0}"),
    np.divide: ("1/{1}", "(-{y}/{1})"),
    np.power: ("{1} {0}**({1} - 1)", "{y} ln {0}"),
    np.negative: ("(-1)",),
    np.absolute: ("sign {0}",),
    np.log: ("1/{0}",),
    np.exp: ("{y}",),
    np.sin: ("cos {0}",),
    np.cos: ("(-sin {0})",),
    np.tan: ("(1 + {y}**2)",),
    np.tanh: ("(1 - {y}**2)",),
    np.sqrt: ("1/(2 {y})",),
    np.square: ("2 {0}",),
    np.sum: ("",),
    np.maximum: ("[{0} is larger]", "[{1} is larger]"),
    np.minimum: ("[{0} is smaller]", "[{1} is smaller]"),
}


def expression_of(primitive: Primitive, operands: Sequence[str]) -> str:
    """A step in terms of its operands: ``v-1 * v0``, ``maximum(v3, 0)``."""
    written = EXPRESSIONS.get(_function(primitive))
    if written is not None:
        return written.format(*operands)
    return f"{primitive.name.removeprefix('np.')}({', '.join(operands)})"


def contribution_of(
    primitive: Primitive, number: int, adjoint: str, operands: Sequence[str], result: str
) -> str:
    """What a step passes back to one operand: its adjoint times the derivative."""
    function = _function(primitive)
    if function is np.matmul:
        other = f"{operands[1 - number]}.T"
        return f"{adjoint} @ {other}" if number == 0 else f"{other} @ {adjoint}"
    slopes = SLOPES.get(function)
    if slopes is None or number >= len(slopes):
        return f"rule {number} of {primitive.name}({adjoint})"
    slope = slopes[number].format(*operands, y=result)
    return f"{adjoint} * {slope}" if slope else adjoint


def _function(primitive: Primitive) -> Any:
    """The NumPy function that a primitive is; some compute it by a faster one of their own."""
    return _BY_NAME.get(primitive.name, primitive.function)


_BY_NAME = {"np.sum": np.sum, "np.mean": np.mean, "np.transpose": np.transpose}
