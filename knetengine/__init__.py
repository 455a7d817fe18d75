"""Differentiate plain Python and NumPy code, as Knet.jl did for Julia.

The public names are loaded on first use, so that a program that only reads run folders
(the workbench) starts without importing NumPy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from knetengine.cpu.blas_threads import rest_sooner

rest_sooner()

if TYPE_CHECKING:
    from knetengine import data as data
    from knetengine import gpu as gpu
    from knetengine import init as init
    from knetengine import nn as nn
    from knetengine import numpy as numpy
    from knetengine import optim as optim
    from knetengine import pretrained as pretrained
    from knetengine import search as search
    from knetengine import training as training
    from knetengine.autograd import NonFiniteError as NonFiniteError
    from knetengine.autograd import NonFiniteWarning as NonFiniteWarning
    from knetengine.autograd import Param as Param
    from knetengine.autograd import checkpoint as checkpoint
    from knetengine.autograd import defvjp as defvjp
    from knetengine.autograd import diff as diff
    from knetengine.autograd import grad as grad
    from knetengine.autograd import gradcheck as gradcheck
    from knetengine.autograd import hessian as hessian
    from knetengine.autograd import hvp as hvp
    from knetengine.autograd import jacobian as jacobian
    from knetengine.autograd import jvp as jvp
    from knetengine.autograd import on_nonfinite as on_nonfinite
    from knetengine.autograd import params as params
    from knetengine.autograd import primitive as primitive
    from knetengine.autograd import stop_gradient as stop_gradient
    from knetengine.autograd import trace as trace
    from knetengine.autograd import value_and_grad as value_and_grad
    from knetengine.autograd import vjp as vjp

__version__ = "0.1.0"

_AUTOGRAD = (
    "NonFiniteError",
    "NonFiniteWarning",
    "Param",
    "checkpoint",
    "defvjp",
    "diff",
    "grad",
    "gradcheck",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "on_nonfinite",
    "params",
    "primitive",
    "stop_gradient",
    "trace",
    "value_and_grad",
    "vjp",
)
_ROOMS = ("data", "gpu", "init", "nn", "numpy", "optim", "pretrained", "search", "training")

__all__ = ["__version__", *sorted((*_AUTOGRAD, *_ROOMS))]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"knetengine.{name}")
    if name in _AUTOGRAD:
        value = getattr(import_module("knetengine.autograd"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'knetengine' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
