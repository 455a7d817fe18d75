"""Automatic differentiation of plain Python and NumPy code, by recording what ran on a tape."""

from knetengine.autograd import rules  # registers the derivative rules
from knetengine.autograd.checking import gradcheck
from knetengine.autograd.primitives import defvjp
from knetengine.autograd.recorded import Recorded, primitive, stop_gradient
from knetengine.autograd.tape import TapeStatistics, last_tape, measure_next_tape
from knetengine.autograd.transforms import grad, value_and_grad

__all__ = [
    "Recorded",
    "TapeStatistics",
    "defvjp",
    "grad",
    "gradcheck",
    "last_tape",
    "measure_next_tape",
    "primitive",
    "rules",
    "stop_gradient",
    "value_and_grad",
]
