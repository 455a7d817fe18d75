"""The binary records of CIFAR-10: a label, then the red, green and blue plane of a picture."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

SHAPE = (3, 32, 32)
RECORD = 1 + 3 * 32 * 32


def decode_records(content: bytes, count: int) -> tuple[Array, Array]:
    """Pictures (count, 3, 32, 32) and labels (count,), uint8; they cannot be written to.

    Raises ValueError, saying what was found, unless `content` is so many records.
    Source: https://www.cs.toronto.edu/~kriz/cifar.html, the binary version.
    """
    if len(content) != count * RECORD:
        raise ValueError(
            f"has {len(content):,} bytes; {count:,} records of {RECORD:,} have {count * RECORD:,}"
        )
    table = np.frombuffer(content, np.uint8).reshape(count, RECORD)  # (N, 3073)
    return table[:, 1:].reshape(count, *SHAPE), table[:, 0]
