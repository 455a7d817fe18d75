"""Windows of an image as the columns of a matrix, and back: convolutions become matrix products.

An image is (C, D, H, W); a convolution along fewer axes has unit axes in front. Its columns are
(C * K, positions), K being the size of the kernel: row (c, i, j, k) holds what entry (i, j, k) of
the kernel sees of channel c at each position.

The loops go over flat arrays with unsigned indices: with views of lines they take eight times as
long, 40 us for LeNet's second layer, whose product takes 30.
"""

from typing import Any

import numpy as np

from knetengine.cpu.compilation import inline


@inline
def padded(image: Any, padding: Any, buffer: Any) -> Any:
    """The image, or `buffer` with the image in it, whose border must be zero."""
    d, h, w = padding
    if d == 0 and h == 0 and w == 0:
        return image
    C, D, H, W = image.shape
    for c in range(C):
        for e in range(D):
            for a in range(H):
                for q in range(W):
                    buffer[c, d + e, h + a, w + q] = image[c, e, a, q]
    return buffer


@inline
def unpadded(buffer: Any, padding: Any, image: Any) -> None:
    """The opposite of `padded`, for a gradient."""
    d, h, w = padding
    C, D, H, W = image.shape
    for c in range(C):
        for e in range(D):
            for a in range(H):
                for q in range(W):
                    image[c, e, a, q] = buffer[c, d + e, h + a, w + q]


@inline
def gather(image: Any, kernel: Any, stride: Any, dilation: Any, out: Any, S: Any, at: int) -> None:
    """Write the columns of an image into ``S[:, at : at + positions]``."""
    C, D, H, W = image.shape
    KD, KH, KW = kernel
    OD, OH, OW = out
    entries, columns = image.reshape(-1), S.reshape(-1)
    step = stride[2]
    row = at
    for c in range(C):
        for i in range(KD):
            for j in range(KH):
                for k in range(KW):
                    to = row
                    row += S.shape[1]
                    for e in range(OD):
                        depth = c * D + e * stride[0] + i * dilation[0]
                        for a in range(OH):
                            line = depth * H + a * stride[1] + j * dilation[1]
                            start = line * W + k * dilation[2]
                            if step == 1:
                                for q in range(OW):
                                    columns[np.uint64(to + q)] = entries[np.uint64(start + q)]
                            else:
                                for q in range(OW):
                                    columns[np.uint64(to + q)] = entries[
                                        np.uint64(start + q * step)
                                    ]
                            to += OW


@inline
def scatter(S: Any, at: int, kernel: Any, stride: Any, dilation: Any, out: Any, image: Any) -> None:
    """Add ``S[:, at : at + positions]`` to the entries of the image that the columns came from."""
    C, D, H, W = image.shape
    KD, KH, KW = kernel
    OD, OH, OW = out
    entries, columns = image.reshape(-1), S.reshape(-1)
    step = stride[2]
    row = at
    for c in range(C):
        for i in range(KD):
            for j in range(KH):
                for k in range(KW):
                    come = row
                    row += S.shape[1]
                    for e in range(OD):
                        depth = c * D + e * stride[0] + i * dilation[0]
                        for a in range(OH):
                            line = depth * H + a * stride[1] + j * dilation[1]
                            start = line * W + k * dilation[2]
                            if step == 1:
                                for q in range(OW):
                                    entries[np.uint64(start + q)] += columns[np.uint64(come + q)]
                            else:
                                for q in range(OW):
                                    entries[np.uint64(start + q * step)] += columns[
                                        np.uint64(come + q)
                                    ]
                            come += OW
