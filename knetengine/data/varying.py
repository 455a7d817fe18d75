"""Pictures varied at random, so that no model sees one twice."""

from typing import Any

import numpy as np

REACH = 4  # pixels


def varied(x: Any, generator: np.random.Generator) -> Any:
    """Every picture moved by up to 4 pixels, its new edge 0; half of them mirrored.

    x: (N, C, H, W), of NumPy or on a device. The result is a copy of the same shape and dtype.
    Source: He, Zhang, Ren and Sun 2015, section 4.2.
    """
    size = x.shape[2:]
    x = np.pad(x, ((0, 0), (0, 0), (REACH, REACH), (REACH, REACH)))
    places: Any = np.lib.stride_tricks.sliding_window_view(x, size, (2, 3))  # (N, C, 9, 9, H, W)
    rows, columns = generator.integers(2 * REACH + 1, size=(2, len(x)))
    x = places[np.arange(len(x)), :, rows, columns]  # (N, C, H, W)
    mirrored = generator.random(len(x)) < 0.5
    x[mirrored] = x[mirrored, :, :, ::-1]
    return x
