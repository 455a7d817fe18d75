"""Dropout, with the mask that `knetengine.cpu.dropout` makes of the same key."""

import numpy as np

from knetengine.gpu.drivers.interface import Driver, Handle
from knetengine.gpu.kernels import geometry, modules
from knetengine.gpu.kernels.layers import checks
from knetengine.gpu.kernels.operand import Operand
from knetengine.gpu.kernels.promotion import c_type

FILE = "layers/dropout.cu"


def dropout(
    driver: Driver,
    x: Operand,
    key: int,
    threshold: int,
    scale: float,
    y: Operand,
    *,
    stream: Handle = 0,
) -> None:
    """Entry i times `scale` where number i of the generator is at least `threshold`, else times 0.

    key, threshold: less than 2**64.
    y: of the shape of x; it may be x.

    Raises ValueError for arrays that don't fit.
    """
    dtype = checks.floats("dropout", x=x, y=y)
    checks.shapes("dropout", y=(y, x.shape))
    if x.size == 0:
        return
    grid, block = geometry.entries(x.size)
    driver.launch(
        modules.compiled(driver, "kn_dropout", FILE, modules.options(T=c_type(dtype))),
        grid,
        block,
        [
            np.int64(x.size),
            x.address,
            np.uint64(key),
            np.uint64(threshold),
            dtype.type(scale),
            y.address,
        ],
        stream=stream,
    )
