"""A bias and what squashes it, in one launch each way."""

from typing import NamedTuple

import numpy as np

from knetengine.gpu.drivers.interface import Driver, Handle
from knetengine.gpu.kernels import geometry, modules
from knetengine.gpu.kernels.layers import checks
from knetengine.gpu.kernels.operand import Operand
from knetengine.gpu.kernels.promotion import c_type

_FILE = "layers/activations.cu"


class Activation(NamedTuple):
    """An activation: its struct, and whether its slope is computed from its result."""

    functor: str
    by_result: bool


ACTIVATIONS: dict[str, Activation] = {
    "none": Activation("Linear", True),
    "relu": Activation("Relu", True),
    "sigm": Activation("Sigm", True),
    "tanh": Activation("Tanh", True),
    "elu": Activation("Elu", True),
    "selu": Activation("Selu", True),
    "gelu": Activation("Gelu", False),
    "gelu_tanh": Activation("GeluTanh", False),
    "swish": Activation("Swish", False),
}


def definitions(activation: str, dtype: object) -> tuple[str, ...]:
    """What a kernel of an activation is compiled with."""
    row = ACTIVATIONS[activation]
    found = modules.options(T=c_type(np.dtype(dtype)), ACT=row.functor)  # pyright: ignore
    return (*found, *modules.options(BY_RESULT="1")) if row.by_result else found


def forward(
    driver: Driver,
    activation: str,
    x: Operand,
    bias: Operand | None,
    y: Operand,
    *,
    stream: Handle = 0,
) -> None:
    """``y = activation(x + bias)``.

    activation: a key of `ACTIVATIONS`.
    x, y: (N, C, ...); one may be the other.
    bias: (C,), or None.

    Raises KeyError for another activation, ValueError for arrays that don't fit.
    """
    dtype = checks.floats("activations.forward", x=x, bias=bias, y=y)
    _, C, S = checks.channels("activations.forward", "x", x)
    checks.shapes("activations.forward", bias=(bias, (C,)), y=(y, x.shape))
    compiled = definitions(activation, dtype)
    if x.size == 0:
        return
    grid, block = geometry.entries(x.size)
    driver.launch(
        modules.compiled(driver, "kn_activate", _FILE, compiled),
        grid,
        block,
        [
            np.int64(x.size),
            np.int64(C),
            np.int64(S),
            x.address,
            checks.address(bias),
            y.address,
        ],
        stream=stream,
    )


def backward(
    driver: Driver,
    activation: str,
    g: Operand,
    saved: Operand,
    bias: Operand | None,
    dz: Operand,
    *,
    stream: Handle = 0,
) -> None:
    """The gradient of ``x + bias``; that of the bias is its sum over all axes but the second.

    saved: y where `by_result`, otherwise x, with the same bias as forward.
    dz: may be g.

    Raises as `forward`.
    """
    dtype = checks.floats("activations.backward", g=g, saved=saved, bias=bias, dz=dz)
    _, C, S = checks.channels("activations.backward", "g", g)
    checks.shapes(
        "activations.backward", saved=(saved, g.shape), bias=(bias, (C,)), dz=(dz, g.shape)
    )
    compiled = definitions(activation, dtype)
    if g.size == 0:
        return
    grid, block = geometry.entries(g.size)
    function = modules.compiled(driver, "kn_activate_back", _FILE, compiled)
    n = np.int64(g.size)
    if ACTIVATIONS[activation].by_result:
        arguments = [n, g.address, saved.address, dz.address]
    else:
        arguments = [
            n,
            np.int64(C),
            np.int64(S),
            g.address,
            saved.address,
            checks.address(bias),
            dz.address,
        ]
    driver.launch(function, grid, block, arguments, stream=stream)
