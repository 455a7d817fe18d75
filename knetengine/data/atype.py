"""The deck's names for kinds of arrays: what `--atype` says."""

import re
from typing import Any

import numpy as np

from knetengine.autograd.containers import flatten

_NAMES = "Array, Array{Float32}, Array{Float64}, KnetArray, KnetArray{Float32}, KnetArray{Float64}"
_FORM = re.compile(r"(Knet)?Array(?:\{(Float32|Float64)\})?(?:@(cpu|cuda:\d+))?")


class ArrayType:
    """Where arrays live, and the dtype of their floats.

    dtype: np.float32 or np.float64.
    device: None for NumPy arrays; else that of KnetArrays, "" for the first CUDA device or the CPU.
    """

    def __init__(self, dtype: Any, device: str | None) -> None:
        self.dtype = dtype
        self.device = device

    def __call__(self, nest: Any) -> Any:
        """Containers of arrays, with the arrays of this type; what is no array stays as it is."""
        leaves, rebuild = flatten(nest)
        return rebuild(iter([self._placed(leaf) for leaf in leaves]))

    def _placed(self, leaf: Any) -> Any:
        if not isinstance(leaf, np.ndarray):
            return leaf
        array = leaf.astype(self.dtype, copy=False) if leaf.dtype.kind == "f" else leaf
        if self.device is None:
            return array
        from knetengine.gpu import KnetArray

        return KnetArray(array, device=self.device or None)


def array_type(atype: str) -> ArrayType:
    """What `--atype` names: `Array{Float32}`, `KnetArray{Float32}`, `KnetArray{Float32}@cpu` ...

    `Array` alone is of Float64, as in Julia, and `KnetArray` of Float32, as devices like it. A
    KnetArray is on the first CUDA device, or else on the CPU, unless `@cpu` or `@cuda:1` says
    where.

    Raises ValueError for another name, saying which there are.
    """
    form = _FORM.fullmatch(atype)
    if form is None or (form[3] and not form[1]):
        raise ValueError(f"--atype {atype} is not one of {_NAMES}")
    dtype = np.dtype((form[2] or ("Float32" if form[1] else "Float64")).lower()).type
    return ArrayType(dtype, (form[3] or "") if form[1] else None)
