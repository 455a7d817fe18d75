"""Activations: what squashes the units of a layer.

Each is one step of the tape, and its derivative is computed from its result where that can be: the
argument may then be forgotten. They take arrays of any shape, and numbers. A NaN stays a NaN.

At a kink: `relu` has slope 0 at 0, `selu` the slope from the left, 1.758; `elu` has none.
"""

import math
from typing import Any

import numpy as np

from knetengine.autograd import defvjp, primitive
from knetengine.autograd.recorded import Recorded
from knetengine.device_arrays import DeviceArray
from knetengine.nn.reference import compute, device_takes, kernels_take


def _floating(x: Any) -> Any:
    """A plain array or number; integers become floats."""
    return (
        x if getattr(getattr(x, "dtype", None), "kind", "i") in "fc" else np.asarray(x, float)[()]
    )


def _device_has(layer: str, *arrays: Any) -> bool:
    """Whether these are plain arrays of a device that has a kernel for them, of all one size.

    Ask first whether it is NumPy's array: that takes 0.03 us, and this 0.2.
    """
    for array in arrays:
        if not isinstance(array, DeviceArray) or array.shape != arrays[0].shape:
            return False
    return device_takes(layer, *arrays)


# The rectifier, and the logistic function


@primitive
def relu(x: Any) -> Any:
    """The rectifier: x where it is positive, else 0.

    Source: Nair and Hinton 2010; Knet's relu.
    """
    if kernels_take(x) and x.ndim:
        from knetengine.cpu import activations

        return compute(activations.apply, activations.relu, x)
    return np.maximum(x, 0)


def _relu(g: Any, y: Any, x: Any) -> Any:
    if type(g) is type(y) is not Recorded and kernels_take(g, y) and y.ndim:
        from knetengine.cpu import activations

        return compute(activations.apply, activations.relu_backward, g, y)
    if type(g) is not np.ndarray and _device_has("relu_backward", g, y):
        return g.call_layer("relu_backward", g, y)
    return np.where(y <= 0, 0, g)


defvjp(relu, _relu)


@primitive
def sigm(x: Any) -> Any:
    """The logistic function 1 / (1 + exp(-x)), to full relative precision for any x.

    Source: Knet's sigm.
    """
    if kernels_take(x) and x.ndim:
        from knetengine.cpu import activations

        return compute(activations.apply, activations.sigm, x)
    if type(x) is not np.ndarray and _device_has("sigm", x):
        return x.call_layer("sigm", x)
    e = np.exp(-np.abs(_floating(x)))
    return np.where(np.less(x, 0), e, 1)[()] / (1 + e)


def _sigm(g: Any, y: Any, x: Any) -> Any:
    if type(g) is type(y) is not Recorded and kernels_take(g, y) and y.ndim:
        from knetengine.cpu import activations

        return compute(activations.apply, activations.sigm_backward, g, y)
    if type(g) is not np.ndarray and _device_has("sigm_backward", g, y):
        return g.call_layer("sigm_backward", g, y)
    return g * y * (1 - y)


defvjp(sigm, _sigm)


@primitive
def invx(x: Any) -> Any:
    """The reciprocal 1 / x.

    Source: Knet's invx.
    """
    return np.divide(1.0, x)


defvjp(invx, lambda g, y, x: -g * y * y)

# Linear to the right, exponential to the left

_SELU_SCALE = 1.0507009873554805
_SELU_DEPTH = 1.7580993408473766  # _SELU_SCALE times the alpha of the paper, 1.6732632423543772


@primitive
def elu(x: Any) -> Any:
    """The exponential linear unit: x where it is positive, else exp(x) - 1.

    Source: Clevert et al. 2015 (alpha = 1); Knet's elu.
    """
    if type(x) is not np.ndarray and _device_has("elu", x):
        return x.call_layer("elu", x)
    return np.maximum(x, 0) + np.expm1(np.minimum(x, 0))


def _elu(g: Any, y: Any, x: Any) -> Any:
    if type(g) is not np.ndarray and _device_has("elu_backward", g, y):
        return g.call_layer("elu_backward", g, y)
    return g * np.where(y > 0, 1, y + 1)


defvjp(elu, _elu)


@primitive
def selu(x: Any) -> Any:
    """The scaled exponential linear unit, which keeps mean 0 and variance 1.

    Source: Klambauer et al. 2017; Knet's selu.
    """
    if type(x) is not np.ndarray and _device_has("selu", x):
        return x.call_layer("selu", x)
    return _SELU_SCALE * np.maximum(x, 0) + _SELU_DEPTH * np.expm1(np.minimum(x, 0))


def _selu(g: Any, y: Any, x: Any) -> Any:
    if type(g) is not np.ndarray and _device_has("selu_backward", g, y):
        return g.call_layer("selu_backward", g, y)
    return g * np.where(y > 0, _SELU_SCALE, y + _SELU_DEPTH)


defvjp(selu, _selu)

# The normal distribution


@primitive
def erf(x: Any) -> Any:
    """The error function: twice the integral of the normal density of variance 1/2 from 0 to x."""
    from scipy.special import erf as compute

    return compute(x)


defvjp(erf, lambda g, y, x: g * (2.0 / math.sqrt(math.pi) * np.exp(-x * x)))


@primitive
def _gelu(x: Any) -> Any:
    if type(x) is not np.ndarray and _device_has("gelu", x):
        return x.call_layer("gelu", x)
    return x * (0.5 + 0.5 * erf(x * math.sqrt(0.5)))


def _gelu_slope(x: Any) -> Any:
    """The chance that a normal variable is below x, plus x times its density at x."""
    return (
        0.5
        + 0.5 * erf(x * math.sqrt(0.5))
        + x * (np.exp(x * x * -0.5) * (1.0 / math.sqrt(2.0 * math.pi)))
    )


def _pull_gelu(g: Any, y: Any, x: Any) -> Any:
    if type(g) is not np.ndarray and _device_has("gelu_backward", g, x):
        return g.call_layer("gelu_backward", g, x)
    return g * _gelu_slope(x)


defvjp(_gelu, _pull_gelu)

_TANH_INNER, _TANH_CUBE = math.sqrt(2.0 / math.pi), 0.044715


@primitive
def _gelu_tanh(x: Any) -> Any:
    if type(x) is not np.ndarray and _device_has("gelu_tanh", x):
        return x.call_layer("gelu_tanh", x)
    t = np.tanh(x * (_TANH_INNER + _TANH_INNER * _TANH_CUBE * (x * x)))
    return x * (0.5 + 0.5 * t)


def _gelu_tanh_slope(x: Any) -> Any:
    t = np.tanh(x * (_TANH_INNER + _TANH_INNER * _TANH_CUBE * (x * x)))
    inner_slope = _TANH_INNER + 3.0 * _TANH_INNER * _TANH_CUBE * (x * x)
    return 0.5 + 0.5 * t + x * (0.5 - 0.5 * t * t) * inner_slope


def _pull_gelu_tanh(g: Any, y: Any, x: Any) -> Any:
    if type(g) is not np.ndarray and _device_has("gelu_tanh_backward", g, x):
        return g.call_layer("gelu_tanh_backward", g, x)
    return g * _gelu_tanh_slope(x)


defvjp(_gelu_tanh, _pull_gelu_tanh)


def gelu(x: Any, approximate: str = "none") -> Any:
    """The Gaussian error linear unit: x times the chance that a normal variable is below x.

    approximate: "none" for the error function, "tanh" for the paper's approximation, which is
        within 0.0005 of it.

    Raises ValueError for another `approximate`. Source: Hendrycks and Gimpel 2016; Knet's gelu.
    """
    if approximate == "none":
        return _gelu(x)
    if approximate == "tanh":
        return _gelu_tanh(x)
    raise ValueError(f"gelu: approximate is {approximate!r}; expected 'none' or 'tanh'")
