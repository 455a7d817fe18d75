"""Automatic differentiation of plain Python and NumPy code, by recording what ran on a tape."""

from knetengine.autograd import rules, ufunc_calls  # register the rules and the doors
from knetengine.autograd.calls import primitive, stop_gradient
from knetengine.autograd.checking import gradcheck
from knetengine.autograd.checkpointing import checkpoint
from knetengine.autograd.jacobians import hessian, hvp, jacobian, jvp, vjp
from knetengine.autograd.nonfinite import NonFiniteError, NonFiniteWarning, on_nonfinite
from knetengine.autograd.parameters import Param, diff, params
from knetengine.autograd.primitives import defvjp
from knetengine.autograd.recorded import Recorded
from knetengine.autograd.tape import TapeStatistics, last_tape, measure_next_tape
from knetengine.autograd.tracing import Trace, trace
from knetengine.autograd.transforms import grad, value_and_grad

__all__ = [
    "NonFiniteError",
    "NonFiniteWarning",
    "Param",
    "Recorded",
    "TapeStatistics",
    "Trace",
    "checkpoint",
    "defvjp",
    "diff",
    "grad",
    "gradcheck",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "last_tape",
    "measure_next_tape",
    "on_nonfinite",
    "params",
    "primitive",
    "rules",
    "stop_gradient",
    "trace",
    "ufunc_calls",
    "value_and_grad",
    "vjp",
]
