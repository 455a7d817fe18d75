"""A long sequence as parallel streams in short pieces, for training with truncated gradients."""

from typing import Any

import numpy as np

from knetengine.faults import Fault

Array = np.ndarray[Any, Any]


class TooShortError(Fault, ValueError):
    """A sequence is too short to be divided."""


def streams(
    numbers: Array, batchsize: int, seqlength: int, name: str = "the text"
) -> list[tuple[Array, Array]]:
    """Pieces (x, y) of `batchsize` streams, where y is what follows x.

    numbers: (N,), integers. It is cut into as many streams, one after the other; what is over at
        the end, and the last piece of each stream if it is shorter, are left out.
    name: what an error calls it, such as its file.
    x, y: (seqlength, batchsize), contiguous. The next pair goes on where this one ends, so that a
        recurrent state can be carried from one to the next.

    Raises TooShortError if there is not one pair, ValueError for sizes below 1.
    Source: the minibatches of Knet's charlm.
    """
    if batchsize < 1 or seqlength < 1:
        raise ValueError(f"streams: {batchsize} streams of {seqlength}; expected at least 1 each")
    length = len(numbers) // batchsize
    if length <= seqlength:
        raise TooShortError(
            f"{name} has {len(numbers)} symbols, too few for {batchsize} streams of "
            f"{seqlength} + 1; take a longer text, or fewer or shorter streams (options such as "
            "--batchsize and --seqlength)"
        )
    table = numbers[: length * batchsize].reshape(batchsize, length).T  # (length, B)
    starts = range(0, length - seqlength, seqlength)
    piece = np.ascontiguousarray
    return [
        (piece(table[i : i + seqlength]), piece(table[i + 1 : i + seqlength + 1])) for i in starts
    ]
