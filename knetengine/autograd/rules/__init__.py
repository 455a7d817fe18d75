"""The derivative rules, one a line, by family; importing this registers them all."""

from knetengine.autograd.rules import (
    constants,
    elementwise,
    indexing,
    joining,
    linear,
    reductions,
    shaping,
)

__all__ = [
    "constants",
    "elementwise",
    "indexing",
    "joining",
    "linear",
    "reductions",
    "shaping",
]
