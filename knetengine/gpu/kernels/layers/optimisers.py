"""Optimiser updates of all parameters in one launch."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from knetengine.gpu.drivers.interface import Argument, Driver, Handle
from knetengine.gpu.kernels import geometry, modules
from knetengine.gpu.kernels.layers import checks
from knetengine.gpu.kernels.modules import Scratch
from knetengine.gpu.kernels.operand import Operand
from knetengine.gpu.kernels.promotion import c_type

FILE = "layers/optimisers.cu"

_FEW = 64  # KN_PARAMETERS of optimisers.cu: 2.5 of the 4 KB of arguments
_PARAMETER = np.dtype([("w", "<u8"), ("g", "<u8"), ("u", "<u8"), ("v", "<u8"), ("size", "<i8")])
_PARAMETERS = np.dtype([("parameter", _PARAMETER, (_FEW,))])
_CONSTANTS = np.dtype([("p", "<f8", (8,))])


class Rule(NamedTuple):
    """A rule: its struct, how many arrays of state it has, and how many constants."""

    functor: str
    slots: int
    constants: int


RULES: dict[str, Rule] = {
    "sgd": Rule("Sgd", 0, 2),
    "momentum": Rule("Momentum", 1, 3),
    "nesterov": Rule("Nesterov", 1, 3),
    "adagrad": Rule("Adagrad", 1, 3),
    "rmsprop": Rule("Rmsprop", 1, 4),
    "adadelta": Rule("Adadelta", 2, 4),
    "adam": Rule("Adam", 2, 8),
}
"""By the names that `knetengine.optim` has for them; AdamW is an "adam" with decay apart."""


def update(
    driver: Driver,
    rule: str,
    parameters: Sequence[Operand],
    gradients: Sequence[Operand],
    states: Sequence[Sequence[Operand]],
    constants: Sequence[float],
    *,
    scratch: Scratch,
    stream: Handle = 0,
) -> None:
    """Update arrays of one dtype, float32 or float64, in place.

    rule: a key of `RULES`.
    gradients: of the shapes of the parameters.
    states: for each parameter the arrays of its state, of its shape.
    constants: the learning rate, the weight decay, then the rule's, as `Optimiser` gives them.
    scratch: is asked for memory for more than 64 parameters.

    Raises KeyError for another rule, ValueError for arrays that don't fit or another number of
    constants.
    """
    row = RULES[rule]
    if len(constants) != row.constants:
        raise ValueError(
            f"update: {rule} takes {row.constants} constants, {len(constants)} were given"
        )
    entries: list[tuple[int, ...]] = []
    dtype: np.dtype[Any] | None = None
    for w, g, state in zip(parameters, gradients, states, strict=True):
        if len(state) != row.slots:
            raise ValueError(f"update: {rule} has {row.slots} arrays of state, not {len(state)}")
        named = {f"state {k}": s for k, s in enumerate(state)}
        found = checks.floats("update", w=w, g=g, **named)
        checks.shapes("update", g=(g, w.shape), **{n: (s, w.shape) for n, s in named.items()})
        if dtype is not None and found != dtype:
            raise ValueError(f"update: parameters are {dtype} and {found}; give one at a time")
        dtype = found
        addresses = [int(a.address) for a in (w, g, *state)]
        if w.size:
            entries.append((*addresses, *(0,) * (4 - len(addresses)), w.size))
    if not entries or dtype is None:
        return
    numbers = np.zeros((), _CONSTANTS)
    numbers["p"][: len(constants)] = constants
    where: Argument
    if len(entries) <= _FEW:
        table = np.zeros((), _PARAMETERS)
        table["parameter"][: len(entries)] = entries
        name, where = "kn_update", table
    else:
        table = np.array(entries, _PARAMETER)
        name, where = "kn_update_many", scratch(table.nbytes)
        driver.to_device(where, table, stream)
    grid, block = geometry.lists(len(entries), max(entry[-1] for entry in entries))
    definitions = modules.options(T=c_type(dtype), RULE=row.functor)
    driver.launch(
        modules.compiled(driver, name, FILE, definitions),
        grid,
        block,
        [where, np.int32(len(entries)), numbers],
        stream=stream,
    )
