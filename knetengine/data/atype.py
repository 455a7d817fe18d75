"""The deck's names for kinds of arrays."""

from typing import Any

import numpy as np

_DTYPES = {
    "Array": np.float64,
    "Array{Float32}": np.float32,
    "Array{Float64}": np.float64,
}


def dtype_of(atype: str) -> Any:
    """The dtype of the deck's `--atype`: `Array{Float32}`, `Array{Float64}` or `Array`.

    Raises ValueError for another name, saying which there are.
    """
    try:
        return _DTYPES[atype]
    except KeyError:
        raise ValueError(f"--atype {atype} is not one of {', '.join(_DTYPES)}") from None
