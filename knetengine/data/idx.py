"""The idx format of MNIST's files: a header that says the shape, then bytes."""

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def decode_idx(content: bytes, axes: int) -> Array:
    """The array, uint8, of an idx file of bytes with so many axes; it cannot be written to.

    Raises ValueError, saying what was found, if that is not what `content` is.
    Source: the description of the format at the foot of LeCun's page on MNIST.
    """
    magic = bytes((0, 0, 8, axes))  # 8: unsigned bytes
    if content[:4] != magic:
        raise ValueError(
            f"begins with {content[:4].hex() or 'nothing'}; an idx file of bytes with {axes} axes "
            f"begins with {magic.hex()}"
        )
    header = 4 + 4 * axes
    shape = [int.from_bytes(content[i : i + 4], "big") for i in range(4, header, 4)]
    size = header + math.prod(shape)
    if len(content) != size or size < header:
        raise ValueError(f"has {len(content):,} bytes, its header promises {size:,}")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)
